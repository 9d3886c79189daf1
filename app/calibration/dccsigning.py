"""The signature of a digital certificate, with the key that the store has set up (XML-DSig)."""

from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from lxml import etree
from signxml import methods
from signxml.signer import XMLSigner

from app.kernel.errors import Refused
from app.kernel.text import msg

_NAMESPACE = "http://www.w3.org/2000/09/xmldsig#"


@dataclass(frozen=True, slots=True)
class SigningKey:
    """Private key and certificate in PEM; an elliptic curve, or RSA."""

    key: bytes
    certificate: bytes

    @property
    def algorithm(self) -> str:
        loaded = load_pem_private_key(self.key, None)
        return "ecdsa-sha256" if isinstance(loaded, EllipticCurvePrivateKey) else "rsa-sha256"


def key_of(key: Path | None, certificate: Path | None) -> SigningKey | None:
    """From two files of the settings; None without them. Raises Refused for what is no key."""
    if key is None or certificate is None:
        return None
    try:
        found = SigningKey(key.read_bytes(), certificate.read_bytes())
        load_pem_private_key(found.key, None)
    except (OSError, TypeError, ValueError) as error:
        raise Refused(msg("The key for digital certificates cannot be read.")) from error
    return found


def signed(xml: bytes, key: SigningKey) -> bytes:
    """The certificate with its signature as the last element, as its schema wants it."""
    root = etree.fromstring(xml, etree.XMLParser(resolve_entities=False, no_network=True))
    signer = XMLSigner(method=methods.enveloped, signature_algorithm=key.algorithm)
    signer.namespaces = {"ds": _NAMESPACE}
    made = signer.sign(root, key=key.key, cert=key.certificate.decode())
    return bytes(etree.tostring(made, xml_declaration=True, encoding="UTF-8"))
