"""The chain of certificates: what is changed or missing is found, on the shelf and in a file."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from lxml import etree
from signxml.exceptions import InvalidDigest
from signxml.verifier import SignatureConfiguration, XMLVerifier
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from app.calibration import certificates, verifying
from app.calibration.certificate_models import CertificateKind
from app.calibration.corrections import Correction
from app.calibration.dccsigning import SigningKey, key_of
from app.calibration.drawingup import House
from app.kernel.canonical import sha256_hex
from app.kernel.errors import Refused
from tests.kernel.tables import drop_triggers
from tests.makers.calibration import Lab
from tests.makers.certificates import HOUSE, a_certificate, dcc_schema, needs_schema
from tests.makers.identity import PIN


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE calibration_certificates SET snapshot = '{}'",
        "UPDATE calibration_certificates SET sha256 = 'x'",
        "DELETE FROM calibration_certificates",
    ],
)
def test_nobody_changes_an_issued_certificate_by_sql(
    session: Session, lab: Lab, statement: str
) -> None:
    a_certificate(session, lab)
    session.commit()

    with pytest.raises(DatabaseError):
        session.execute(text(statement))
    session.rollback()


@pytest.mark.only_on("sqlite")
def test_a_paper_rewritten_with_its_digest_breaks_the_chain(session: Session, lab: Lab) -> None:
    first = a_certificate(session, lab)
    a_certificate(session, lab)
    drop_triggers(session)
    forged = first.pdf + b" "
    session.execute(
        text("UPDATE calibration_certificates SET pdf = :pdf, pdf_sha256 = :sha WHERE id = :id"),
        {"pdf": forged, "sha": sha256_hex(forged), "id": first.id},
    )
    session.expire_all()

    assert list(verifying.breaches(session)) == [
        f"certificate {first.number[:-1]}2: does not follow the one before it in the chain"
    ]


@pytest.mark.only_on("sqlite")
def test_a_changed_byte_and_a_gap_are_found(session: Session, lab: Lab) -> None:
    """Whoever owns the file can drop the triggers; the digests and the chain still tell."""
    a_certificate(session, lab)
    a_certificate(session, lab)
    drop_triggers(session)
    changes = {
        "snapshot": "replace(snapshot, 'passed', 'failed')",
        "pdf": "CAST(pdf || x'20' AS BLOB)",
        "dcc": "CAST(dcc || x'20' AS BLOB)",
    }
    table = "calibration_certificates"
    for column, change in changes.items():
        found = after(session, f"UPDATE {table} SET {column} = {change} WHERE sequence = 1")
        assert found
        assert all("-00001: " in line for line in found)

    found = after(session, f"DELETE FROM {table} WHERE sequence = 1")
    assert any(line.endswith("-00002: number 1 of the chain is missing") for line in found)


def after(session: Session, statement: str) -> list[str]:
    """What `verify` says after a statement, which is then taken back."""
    with session.begin_nested() as tried:
        session.execute(text(statement))
        session.expire_all()
        found = list(verifying.breaches(session))
        tried.rollback()
    session.expire_all()
    return found


def test_an_exported_file_is_known_by_its_bytes(session: Session, lab: Lab) -> None:
    made = a_certificate(session, lab)

    assert verifying.name_of(session, made.pdf) == (made.number, "pdf")
    assert verifying.name_of(session, made.dcc) == (made.number, "xml")
    assert verifying.name_of(session, made.snapshot.encode()) == (made.number, "json")
    assert verifying.name_of(session, made.pdf + b" ") is None


@needs_schema
@pytest.mark.only_on("sqlite")
def test_amended_and_adjusted_ones_are_valid_too_and_lacking_ones_are_not(
    session: Session, lab: Lab
) -> None:
    first = a_certificate(session, lab)
    second = certificates.correct(
        session,
        lab.metrologist,
        first,
        Correction(deviations="Two of five cycles left out"),
        kind=CertificateKind.REPLACEMENT,
        reason="Forgotten",
        house=HOUSE,
        pin=PIN,
    )
    root = etree.fromstring(second.dcc)
    checked = dcc_schema()

    assert checked.validate(root), checked.error_log
    identifier = root.find(".//{https://ptb.de/dcc}uniqueIdentifier")
    assert identifier is not None
    identifier.getparent().remove(identifier)
    assert not checked.validate(root)


@needs_schema
@pytest.mark.only_on("sqlite")
def test_a_signed_one_is_valid_and_a_changed_value_is_found(session: Session, lab: Lab) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test laboratory")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2090, 1, 1, tzinfo=UTC))
        .sign(key, hashes.SHA256())
        .public_bytes(serialization.Encoding.PEM)
    )
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    house = House("https://x.example", signing=SigningKey(pem, certificate))

    made = a_certificate(session, lab, house=house)

    checked = dcc_schema()
    assert checked.validate(etree.fromstring(made.dcc)), checked.error_log
    assert list(verifying.changed(made)) == []
    expected = SignatureConfiguration(require_x509=True)
    verified = XMLVerifier()
    verified.verify(made.dcc, x509_cert=certificate.decode(), expect_config=expected)
    with pytest.raises(InvalidDigest):
        verified.verify(
            made.dcc.replace(b"<si:unit>", b"<si:unit> ", 1),
            x509_cert=certificate.decode(),
            expect_config=expected,
        )


@pytest.mark.only_on("sqlite")
def test_what_is_no_key_is_refused_with_a_sentence(tmp_path: Path) -> None:
    nonsense = tmp_path / "key.pem"
    nonsense.write_text("no key")

    assert key_of(None, None) is None
    for key in (nonsense, tmp_path / "nowhere.pem"):
        with pytest.raises(Refused, match="cannot be read"):
            key_of(key, nonsense)
