"""The three forms of a certificate, as bytes: snapshot, paper, digital certificate.

Drawing the paper takes about a second. It is done ahead, before the store's turn to write begins,
with the number that is next; in the turn the snapshot is gathered anew, and only where it comes
out byte by byte as it was drawn are the drawn forms the certificate's.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.calibration import certificatesheet, dcc, dccsigning
from app.calibration.dccsigning import SigningKey
from app.calibration.snapshot import Snapshot
from app.kernel.frozen import freeze
from app.kernel.numbers import DocumentSeries
from app.robots.models import new_passport_code
from app.stores import desk

SERIES = "certificate"


@dataclass(frozen=True, slots=True)
class Named:
    """What a certificate is called: its place in the store's chain, its code, its moment."""

    sequence: int
    code: str
    issued_at: datetime


@dataclass(frozen=True, slots=True)
class Forms:
    """A certificate's bytes with what it is called."""

    named: Named
    snapshot: bytes
    pdf: bytes
    xml: bytes


def named(
    session: Session, store_id: int, shot: Snapshot, name: Named, public_url: str
) -> Snapshot:
    """The snapshot with its number and the address at which it is checked."""
    year = desk.business_day_of(desk.store_of(session, store_id), name.issued_at).year
    return replace(
        shot,
        number=f"C-{year}-{name.sequence:05}",
        check_address=f"{public_url.rstrip('/')}/c/{name.code}",
        issued_at=name.issued_at,
    )


def made_of(shot: Snapshot, name: Named, signing: SigningKey | None) -> Forms:
    """Everything drawn."""
    xml = dcc.written(shot)
    return Forms(
        named=name,
        snapshot=freeze(shot),
        pdf=certificatesheet.pdf(shot),
        xml=dccsigning.signed(xml, signing) if signing else xml,
    )


def next_name(session: Session, store_id: int, at: datetime) -> Named:
    """What the next certificate will be called, if nobody is faster; nothing is taken."""
    last = session.scalar(
        select(DocumentSeries.last_number).where(
            DocumentSeries.store_id == store_id, DocumentSeries.series == SERIES
        )
    )
    return Named((last or 0) + 1, new_passport_code(), at)
