"""The house's key pair for passports, and the check of a signed file by anybody, without a network.

Ed25519 (RFC 8032). The private key is one file of the data folder that only the service may read,
made at first use; every file names the public one, which the house also shows at `/r/key`.

A PDF is signed over all its bytes; the signature is a comment line after its end, where readers of
PDF do not look:

    %quatrefoil-passport {"algorithm":"Ed25519","key":…,"public_key":Base64,"value":Base64}
"""

import base64
import json
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from app.kernel.canonical import canonical, sha256_hex
from app.kernel.errors import Refused
from app.kernel.text import Text, msg
from app.robots import passportfile
from app.robots.passportfile import Signature

ALGORITHM = "Ed25519"
_FILE = "passport-key.pem"
_PDF_SIGNED_AS = b"quatrefoil-passport-pdf 1\n"
_PDF_MARK = b"\n%quatrefoil-passport "


@dataclass(frozen=True, slots=True)
class HousePublicKey:
    """What anybody may hold: 32 bytes, and the name that tells it from others."""

    raw: bytes

    @classmethod
    def from_text(cls, text: str) -> Self:
        """From its Base64; raises Refused for anything else."""
        try:
            raw = base64.b64decode(text.strip(), validate=True)
            Ed25519PublicKey.from_public_bytes(raw)
        except ValueError:
            raise Refused(msg("This is no public key of a passport.")) from None
        return cls(raw)

    @property
    def algorithm(self) -> str:
        return ALGORITHM

    @property
    def key(self) -> str:
        return sha256_hex(self.raw)[:32]

    @property
    def text(self) -> str:
        return base64.b64encode(self.raw).decode("ascii")

    def is_valid(self, message: bytes, signature: bytes) -> bool:
        try:
            Ed25519PublicKey.from_public_bytes(self.raw).verify(signature, message)
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True, slots=True)
class HouseKey:
    """The private key of this installation."""

    private: Ed25519PrivateKey

    @property
    def public(self) -> HousePublicKey:
        return HousePublicKey(self.private.public_key().public_bytes_raw())

    @property
    def algorithm(self) -> str:
        return ALGORITHM

    @property
    def key(self) -> str:
        return self.public.key

    def sign(self, message: bytes) -> bytes:
        return self.private.sign(message)


def house_key(folder: Path) -> HouseKey:
    """The key pair in the data folder; made by whoever comes first."""
    file = folder / _FILE
    if not file.exists():
        _make(file)
    loaded = serialization.load_pem_private_key(file.read_bytes(), password=None)
    if not isinstance(loaded, Ed25519PrivateKey):
        raise Refused(msg("{file} holds no key for passports.", file=str(file)))
    return HouseKey(loaded)


def known_key(folder: Path) -> HousePublicKey | None:
    """This installation's public key, if it ever signed anything."""
    return house_key(folder).public if (folder / _FILE).exists() else None


def _make(file: Path) -> None:
    """Write a new key beside its place and link it there: the first of several workers wins."""
    pem = Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    file.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=".passport-key-")  # 0600
    try:
        with os.fdopen(handle, "wb") as draft:
            draft.write(pem)
            draft.flush()
            os.fsync(draft.fileno())
        try:
            file.hardlink_to(name)
        except FileExistsError:
            return
    finally:
        Path(name).unlink()


def sign_pdf(pdf: bytes, key: HouseKey) -> bytes:
    """The PDF with its signature behind its end."""
    return pdf + _trailer(key.public, key.sign(_PDF_SIGNED_AS + pdf))


def _trailer(public: HousePublicKey, signature: bytes) -> bytes:
    said = {
        "algorithm": ALGORITHM,
        "key": public.key,
        "public_key": public.text,
        "value": base64.b64encode(signature).decode("ascii"),
    }
    return _PDF_MARK + canonical(said) + b"\n"


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check found. Without problems not a byte has changed since `key` signed the file.

    `is_ours`: the key is the one that was expected, and not just the one that the file brings.
    """

    maker: str
    serial: str
    key: str
    is_ours: bool
    problems: tuple[Text, ...]


def check(data: bytes, expected: HousePublicKey | None) -> Checked:
    """Check a passport, JSON or PDF; never raises, whatever the bytes."""
    return _check_pdf(data, expected) if data.startswith(b"%PDF-") else _check_json(data, expected)


def _check_json(data: bytes, expected: HousePublicKey | None) -> Checked:
    read = passportfile.verify(data, None)
    brought = _brought(read.passport.get("public_key"))
    public = expected if expected and (brought is None or brought.key == expected.key) else brought
    findings = passportfile.verify(data, public)
    problems = [problem.sentence for problem in findings.problems]
    if not problems and findings.signature is not Signature.VALID:
        problems.append(_SIGNATURES[findings.signature])
    if not problems and canonical(json.loads(data)) != data:
        problems.append(msg("The file is written otherwise than it was signed."))
    return Checked(
        maker=str(findings.passport.get("maker", "")),
        serial=str(findings.passport.get("serial", "")),
        key=public.key if public else "",
        is_ours=public is not None and public == expected,
        problems=tuple(problems),
    )


_SIGNATURES: dict[Signature, Text] = {
    Signature.INVALID: msg("The file was changed after it was signed."),
    Signature.OTHER_KEY: msg("The file was signed with another key."),
    Signature.NOT_CHECKED: msg("The file brings no key, and none is known here."),
    Signature.ABSENT: msg("The file is not signed."),
}


def _check_pdf(data: bytes, expected: HousePublicKey | None) -> Checked:
    body, mark, said = data.rpartition(_PDF_MARK)
    if not mark:
        return Checked("", "", "", is_ours=False, problems=(_SIGNATURES[Signature.ABSENT],))
    public, signature = _read_trailer(said)
    valid = (
        public is not None
        and _trailer(public, signature) == mark + said
        and public.is_valid(_PDF_SIGNED_AS + body, signature)
    )
    return Checked(
        maker="",
        serial="",
        key=public.key if public else "",
        is_ours=public is not None and public == expected,
        problems=() if valid else (_SIGNATURES[Signature.INVALID],),
    )


def _read_trailer(said: bytes) -> tuple[HousePublicKey | None, bytes]:
    try:
        read = json.loads(said)
        signature = base64.b64decode(read["value"], validate=True)
    except (ValueError, KeyError, TypeError, RecursionError):
        return None, b""
    return _brought(read.get("public_key")), signature


def _brought(text: object) -> HousePublicKey | None:
    try:
        return HousePublicKey.from_text(text) if isinstance(text, str) else None
    except Refused:
        return None
