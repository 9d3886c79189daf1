"""The day over all tills on paper, in the store's language, as its books have it now."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from app.kernel import clock
from app.payments import issuing
from app.payments.dayreport import DayReport
from app.payments.documents import Party
from app.payments.till_reports import TENDER_LABELS
from app.stores import desk
from app.web.i18n import speech
from app.web.printing import pdf_document

_TEMPLATE = "documents/day.html"


@dataclass(frozen=True, slots=True, kw_only=True)
class DayPaper:
    issued_at: datetime
    language: str
    zone: str
    store: str
    seller: Party
    report: DayReport
    labels: dict[str, str]
    number: str = ""
    footer: tuple[str, ...] = ()


def pdf(session: Session, store_id: int, report: DayReport) -> bytes:
    """The report as PDF; it is no document of a series, and may be printed again at any time."""
    store = desk.store_of(session, store_id)
    said = speech(issuing.language_of(store), store.zone)
    content = DayPaper(
        issued_at=clock.now(),
        language=said.language,
        zone=store.zone,
        store=store.name,
        seller=issuing.seller_of(store),
        report=report,
        labels={tender.value: said.say(label) for tender, label in TENDER_LABELS.items()},
    )
    session.rollback()  # a PDF takes a second
    return pdf_document(_TEMPLATE, content)
