"""The certificate that a robot was wiped, on paper."""

from dataclasses import dataclass
from datetime import datetime

from app.robots.dataduties import label_of
from app.robots.duty_models import DataRecord
from app.robots.queries import RobotRow
from app.stores.models import Store
from app.web.printing import pdf_document


@dataclass(frozen=True, slots=True)
class Wiper:
    """Who wiped, as the head of a document names the one who issues it."""

    name: str
    address: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WipeCertificate:
    """All that stands on it; texts that people typed stay in their language."""

    language: str
    zone: str
    issued_at: datetime
    number: str
    store: str
    seller: Wiper
    maker: str
    model: str
    serial: str
    scope: str
    method: str
    person: str
    reference: str
    by: str


def certificate_pdf(record: DataRecord, row: RobotRow, store: Store, *, language: str) -> bytes:
    """A record of a wipe as PDF/A in a language of the house."""
    content = WipeCertificate(
        language=language,
        zone=store.zone,
        issued_at=record.at,
        number=label_of(record),
        store=store.name,
        seller=Wiper(
            store.legal_name,
            tuple(
                part for part in (store.street, f"{store.postcode} {store.city}".strip()) if part
            ),
        ),
        maker=row.maker.name,
        model=row.model.name,
        serial=row.unit.serial,
        scope=record.scope,
        method=record.method,
        person=record.person,
        reference=record.reference,
        by=record.by,
    )
    return pdf_document("documents/wipe.html", content)
