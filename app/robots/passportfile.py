"""The robot's passport as a file that stands on its own: signed, and checked without this store.

One JSON document in the canonical writing of `app.kernel.canonical`:

    {"format": "quatrefoil-passport", "version": 1,
     "passport": {"maker": ..., "serial": ..., ...},
     "timeline": [{"entry": {...}, "hash": hex}, ...], "head": hex,
     "signature": {"algorithm": ..., "key": ..., "value": Base64}}

Each hash is SHA-256 over the hash before it, a line feed, and the entry's canonical bytes; the
first link is the hash of format, maker and serial, so that no timeline fits another robot. The
signature is over SIGNED_AS and the canonical bytes of the document without `signature`; spaces
and order of keys in the file therefore do not matter. An unsigned file has no `signature`.
"""

import base64
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NoReturn, Protocol

from app.kernel.canonical import canonical, sha256_hex
from app.kernel.errors import Refused
from app.kernel.text import Text, msg

FORMAT, VERSION = "quatrefoil-passport", 1
SIGNED_AS = b"quatrefoil-passport 1\n"
MAX_BYTES = 20_000_000

_UNSIGNED_FIELDS = frozenset({"format", "version", "passport", "timeline", "head"})


class Signer(Protocol):
    """A private key. `algorithm` is its public name (Ed25519), `key` tells keys apart."""

    @property
    def algorithm(self) -> str: ...
    @property
    def key(self) -> str: ...
    def sign(self, message: bytes) -> bytes: ...


class PublicKey(Protocol):
    """What anybody may hold to check a signature; `is_valid` never raises."""

    @property
    def algorithm(self) -> str: ...
    @property
    def key(self) -> str: ...
    def is_valid(self, message: bytes, signature: bytes) -> bool: ...


class Signature(StrEnum):
    VALID = "valid"
    INVALID = "invalid"
    OTHER_KEY = "other_key"
    NOT_CHECKED = "not_checked"
    ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class Problem:
    """What does not fit, and where in the document (`timeline[3]`)."""

    where: str
    sentence: Text


@dataclass(frozen=True, slots=True)
class Findings:
    """`passport` and `entries` are what the file says, for showing; trust them only if `sound`."""

    signature: Signature
    problems: tuple[Problem, ...]
    passport: Mapping[str, object]
    entries: tuple[object, ...]
    head: str

    @property
    def chain_holds(self) -> bool:
        return not self.problems

    @property
    def sound(self) -> bool:
        """Nobody changed the file since the holder of the key signed it."""
        return self.chain_holds and self.signature is Signature.VALID


def build(passport: Mapping[str, object], signer: Signer | None) -> bytes:
    """The file for a passport; its `timeline`, oldest first, becomes the chain.

    Refuses a passport without maker, serial or timeline. Floats raise TypeError: a number that
    must be exact is an integer or a text.
    """
    rest = {name: value for name, value in passport.items() if name != "timeline"}
    timeline = passport.get("timeline")
    if not isinstance(timeline, list | tuple) or _first_link(rest) is None:
        raise Refused(msg("A passport needs a maker, a serial number and a timeline."))
    links = list(_links(_first_link(rest) or "", timeline))
    document = {
        "format": FORMAT,
        "version": VERSION,
        "passport": rest,
        "timeline": [
            {"entry": entry, "hash": link} for entry, link in zip(timeline, links, strict=True)
        ],
        "head": links[-1] if links else _first_link(rest),
    }
    if signer is not None:
        value = signer.sign(_message(document))
        document["signature"] = {
            "algorithm": signer.algorithm,
            "key": signer.key,
            "value": base64.b64encode(value).decode("ascii"),
        }
    return canonical(document)


def verify(data: bytes, public_key: PublicKey | None) -> Findings:
    """What is wrong with a file, if anything; never raises, whatever the bytes."""
    try:
        document = _read(data)
    except (ValueError, RecursionError):
        return _unreadable(msg("This is not a passport file that can be read."))
    unknown = sorted(document.keys() - _UNSIGNED_FIELDS - {"signature"})
    if document.get("format") != FORMAT or document.get("version") != VERSION or unknown:
        return _unreadable(msg("This is not a passport file of a kind known here."))
    passport, timeline = document.get("passport"), document.get("timeline")
    if not isinstance(passport, dict) or not isinstance(timeline, list):
        return _unreadable(msg("The file has no passport or no timeline."))
    head = document.get("head")
    return Findings(
        signature=_signature(document, public_key),
        problems=tuple(_problems(passport, timeline, head)),
        passport=passport,
        entries=tuple(item.get("entry") for item in timeline if isinstance(item, dict)),
        head=head if isinstance(head, str) else "",
    )


def _first_link(passport: Mapping[str, object]) -> str | None:
    maker, serial = passport.get("maker"), passport.get("serial")
    if not isinstance(maker, str) or not isinstance(serial, str) or not maker or not serial:
        return None
    return sha256_hex(canonical({"format": FORMAT, "maker": maker, "serial": serial}))


def _links(first: str, entries: Iterable[object]) -> Iterator[str]:
    link = first
    for entry in entries:
        link = _link(link, entry)
        yield link


def _link(before: str, entry: object) -> str:
    return sha256_hex(before.encode() + b"\n" + canonical(entry))


def _message(document: Mapping[str, object]) -> bytes:
    return SIGNED_AS + canonical(
        {name: value for name, value in document.items() if name != "signature"}
    )


def _read(data: bytes) -> dict[str, object]:
    """The document, or ValueError: too large, not JSON, a key twice, a float, a half character."""
    if len(data) > MAX_BYTES:
        raise ValueError("too large")
    document = json.loads(
        data.decode("utf-8"),
        object_pairs_hook=_once,
        parse_float=_refuse_number,
        parse_constant=_refuse_number,
    )
    if not isinstance(document, dict):
        raise ValueError("not an object")  # noqa: TRY004 - a fault of the file, not of its caller
    canonical(document)  # raises for surrogates that no UTF-8 can hold
    return document


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Readers differ in which of two equal keys they show: a file with such is none."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key stands twice")
    return found


def _refuse_number(number: str) -> NoReturn:
    raise ValueError(f"{number} is not a whole number")


def _unreadable(sentence: Text) -> Findings:
    return Findings(Signature.NOT_CHECKED, (Problem("", sentence),), {}, (), "")


def _problems(
    passport: Mapping[str, object], timeline: list[object], head: object
) -> Iterator[Problem]:
    """Every entry that does not fit the one before it, then the head."""
    link = _first_link(passport)
    if link is None:
        yield Problem("passport", msg("The passport names no maker or no serial number."))
        return
    for position, item in enumerate(timeline):
        where = f"timeline[{position}]"
        if not isinstance(item, dict) or item.keys() != {"entry", "hash"}:
            yield Problem(where, msg("Entry {number} is not whole.", number=position + 1))
            continue
        expected, said = _link(link, item["entry"]), item["hash"]
        if said != expected:
            yield Problem(
                where, msg("Entry {number} was changed, moved or put in.", number=position + 1)
            )
        # Go on from what the file says, so that each bad entry is named and the good ones are not.
        link = said if isinstance(said, str) else expected
    if head != link:
        yield Problem("head", msg("The end of the timeline is missing or was changed."))


def _signature(document: Mapping[str, object], public_key: PublicKey | None) -> Signature:
    said = document.get("signature")
    if said is None:
        return Signature.ABSENT
    if public_key is None:
        return Signature.NOT_CHECKED
    match said:
        case {"algorithm": str(algorithm), "key": str(key), "value": str(value), **rest} if (
            not rest
        ):
            pass
        case _:
            return Signature.INVALID
    if (algorithm, key) != (public_key.algorithm, public_key.key):
        return Signature.OTHER_KEY
    try:
        signature = base64.b64decode(value, validate=True)
    except ValueError:
        return Signature.INVALID
    # Base64 has several writings of some bytes; only the one that `build` uses counts.
    one_writing = base64.b64encode(signature).decode("ascii") == value
    valid = one_writing and public_key.is_valid(_message(document), signature)
    return Signature.VALID if valid else Signature.INVALID
