"""Whether certificates are still the bytes that were issued: in the database, or as a file."""

from collections.abc import Iterator

from lxml import etree
from sqlalchemy import select
from sqlalchemy.orm import Session, undefer

from app.calibration import dcc
from app.calibration.certificate_models import CalibrationCertificate
from app.calibration.certificates import FIRST_LINK, link_after
from app.calibration.dccsignature import SignatureState, signature_of
from app.calibration.snapshot import Snapshot
from app.kernel.canonical import sha256_hex
from app.kernel.frozen import freeze, thaw


def breaches(session: Session) -> Iterator[str]:
    """One line per certificate that is not what it was, or that breaks its store's chain."""
    links: dict[int, tuple[int, str]] = {}
    rows = session.scalars(
        select(CalibrationCertificate)
        .options(undefer(CalibrationCertificate.pdf), undefer(CalibrationCertificate.dcc))
        .order_by(CalibrationCertificate.store_id, CalibrationCertificate.sequence)
        .execution_options(yield_per=50)
    )
    for one in rows:
        yield from (f"certificate {one.number}: {what}" for what in changed(one))
        sequence, link = links.get(one.store_id, (0, FIRST_LINK))
        if one.sequence != sequence + 1:
            yield f"certificate {one.number}: number {sequence + 1} of the chain is missing"
        if one.previous_sha256 != link:
            yield f"certificate {one.number}: does not follow the one before it in the chain"
        links[one.store_id] = (one.sequence, link_after(one))


def changed(one: CalibrationCertificate) -> Iterator[str]:
    """What of a certificate's three forms differs from what was issued."""
    snapshot = one.snapshot.encode()
    if sha256_hex(snapshot) != one.sha256:
        yield "the snapshot was changed"
    if sha256_hex(one.pdf) != one.pdf_sha256:
        yield "the PDF was changed"
    if sha256_hex(one.dcc) != one.dcc_sha256:
        yield "the XML was changed"
    try:
        shot = thaw(Snapshot, snapshot)
    except ValueError:
        yield "the snapshot is no certificate"
        return
    if freeze(shot) != snapshot or shot.number != one.number:
        yield "the snapshot says something else than its row"
    if one.is_signed_xml:
        if not _is_signed(one.dcc):
            yield "the signature of the XML is broken"
    elif sha256_hex(dcc.written(shot)) != one.dcc_sha256:
        yield "the XML does not come out of the snapshot"


def name_of(session: Session, content: bytes) -> tuple[str, str] | None:
    """Number and form (`pdf`, `xml`, `json`) of an exported file that is unchanged; else None."""
    digest = sha256_hex(content)
    for column, form in (
        (CalibrationCertificate.pdf_sha256, "pdf"),
        (CalibrationCertificate.dcc_sha256, "xml"),
        (CalibrationCertificate.sha256, "json"),
    ):
        number = session.scalar(
            select(CalibrationCertificate.number).where(column == digest).limit(1)
        )
        if number is not None:
            return number, form
    return None


def _is_signed(xml: bytes) -> bool:
    try:
        root = etree.fromstring(xml, etree.XMLParser(resolve_entities=False, no_network=True))
    except etree.XMLSyntaxError:
        return False
    return signature_of(xml, root).state is SignatureState.VALID
