"""The statement of a data voucher on paper, in its customer's language."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from app.customers.models import Customer
from app.kernel import clock
from app.kernel.text import Text
from app.payments import entitlements, invoiceparts, issuing
from app.payments.documents import Fact, Party
from app.payments.entitlement_models import Entitlement
from app.payments.entitlementlists import KIND_LABELS, EntitlementRow
from app.payments.measured import Measured
from app.stores import desk
from app.web.i18n import speech
from app.web.printing import pdf_document

_TEMPLATE = "documents/entitlement.html"


@dataclass(frozen=True, slots=True)
class StatementLine:
    """One move, in words of the paper's language."""

    day: date
    what: Text
    about: str
    amount: Text
    left: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    number: str
    issued_at: datetime
    language: str
    zone: str
    store: str
    seller: Party
    buyer: Party
    name: str
    serial: str
    expires_on: date | None
    left: Text
    lines: tuple[StatementLine, ...]
    footer: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    references: tuple[Fact, ...] = ()


def statement(session: Session, row: EntitlementRow) -> bytes:
    """The PDF of today: the moves, and what can be used."""
    return pdf_document(_TEMPLATE, _content(session, row))


def _content(session: Session, row: EntitlementRow) -> Statement:
    one = row.entitlement
    store = desk.store_of(session, one.store_id)
    customer: Customer = row.customer
    return Statement(
        number=str(one.number),
        issued_at=clock.now(),
        language=speech(customer.language or issuing.language_of(store), store.zone).language,
        zone=store.zone,
        store=store.name,
        seller=issuing.seller_of(store),
        buyer=invoiceparts.buyer(customer),
        name=one.name,
        serial=row.serial,
        expires_on=one.expires_on,
        left=row.left.usable.said,
        lines=tuple(_lines(session, one)),
        footer=tuple(store.receipt_footer.splitlines()),
    )


def _lines(session: Session, one: Entitlement) -> list[StatementLine]:
    return [
        StatementLine(
            day=move.day,
            what=KIND_LABELS[move.kind],
            about=" · ".join(part for part in (move.reference, move.note) if part),
            amount=Measured(move.amount_milli, one.unit).said,
            left=Measured(move.balance_milli, one.unit).said,
        )
        for move in entitlements.moves_of(session, one)
    ]
