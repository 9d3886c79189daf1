"""Whether a digital certificate is still what its laboratory signed."""

import base64
import binascii
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree
from signxml.exceptions import InvalidInput, SignXMLException
from signxml.verifier import SignatureConfiguration, XMLVerifier

from app.kernel.text import Text, msg

_SIGNATURE = "{http://www.w3.org/2000/09/xmldsig#}Signature"
_CERTIFICATE = "{http://www.w3.org/2000/09/xmldsig#}X509Certificate"
_REVOKED = "{*}EncapsulatedCRLValue"
_UNREADABLE = (ValueError, binascii.Error)


class SignatureState(StrEnum):
    ABSENT = "absent"
    VALID = "valid"
    BROKEN = "broken"
    REVOKED = "revoked"


SIGNATURE_LABELS: dict[SignatureState, Text] = {
    SignatureState.ABSENT: msg("Not signed"),
    SignatureState.VALID: msg("Unchanged since it was signed"),
    SignatureState.BROKEN: msg("Changed since it was signed"),
    SignatureState.REVOKED: msg("The signer's certificate was revoked"),
}
SIGNATURE_TONES: dict[SignatureState, str] = {
    SignatureState.ABSENT: "plain",
    SignatureState.VALID: "ok",
    SignatureState.BROKEN: "bad",
    SignatureState.REVOKED: "bad",
}


@dataclass(frozen=True, slots=True)
class Signature:
    """`until` is when the signer's certificate ran out or will.

    Who the signer is nobody vouches for here: the certificate comes with the file.
    """

    state: SignatureState
    signer: str = ""
    until: datetime | None = None


def signature_of(data: bytes, root: etree._Element) -> Signature:
    """How a certificate's signature stands; `data` was read safely before, as `root`."""
    if root.find(f".//{_SIGNATURE}") is None:
        return Signature(SignatureState.ABSENT)
    try:
        signer = next(_certificates(root))
    except (StopIteration, *_UNREADABLE):
        return Signature(SignatureState.BROKEN)
    name, until = signer.subject.rfc4514_string()[:200], signer.not_valid_after_utc
    try:
        found = XMLVerifier().verify(
            data,
            x509_cert=signer.public_bytes(Encoding.PEM).decode(),
            expect_config=SignatureConfiguration(
                expect_references=True, verification_time=signer.not_valid_before_utc
            ),
        )
    except (SignXMLException, InvalidInput, *_UNREADABLE):
        return Signature(SignatureState.BROKEN, name, until)
    parts = found if isinstance(found, list) else [found]
    signed = {etree.QName(one.signed_xml).localname for one in parts if one.signed_xml is not None}
    if etree.QName(root).localname not in signed:  # something else in it was signed
        return Signature(SignatureState.BROKEN, name, until)
    if _is_revoked(root, signer):
        return Signature(SignatureState.REVOKED, name, until)
    return Signature(SignatureState.VALID, name, until)


def _certificates(root: etree._Element) -> Iterator[x509.Certificate]:
    for one in root.iter(_CERTIFICATE):
        yield x509.load_der_x509_certificate(_bytes(one))


def _is_revoked(root: etree._Element, signer: x509.Certificate) -> bool:
    """By the lists of its own issuer that the file carries."""
    for one in root.iter(_REVOKED):
        try:
            listed = x509.load_der_x509_crl(_bytes(one))
        except _UNREADABLE:
            continue
        if listed.issuer == signer.issuer and listed.get_revoked_certificate_by_serial_number(
            signer.serial_number
        ):
            return True
    return False


def _bytes(element: etree._Element) -> bytes:
    return base64.b64decode("".join((element.text or "").split()))
