"""The slip of cash that goes back without a credit note: what was held of a sale, a deposit.

The customer signs it and it stays in the drawer; it is no document of a series.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from app.kernel import outbox
from app.kernel.db import Database
from app.kernel.money import Money
from app.payments import issuing
from app.payments.models import Bill, Tender, TillSession
from app.payments.refund_models import Refund
from app.stores import desk
from app.stores.models import Till
from app.web.escpos import ReceiptPrinter, Slip, Style
from app.web.i18n import Speech, speech
from app.web.printing import send_to_printer

SLIP = "print.refund"


@dataclass(frozen=True, slots=True, kw_only=True)
class _GivenBack:
    """What stands on the slip."""

    store: str
    sale: str
    number: int
    at: datetime
    by: str
    reason: str
    cash: Money


def post(session: Session, refund: Refund) -> None:
    """Print it at its till after the commit: only of cash, and only where a printer stands."""
    if refund.tender is not Tender.CASH or refund.till_session_id is None:
        return
    till_session = session.get_one(TillSession, refund.till_session_id)
    if session.get_one(Till, till_session.till_id).printer:
        outbox.post(
            session,
            store_id=refund.store_id,
            kind=SLIP,
            payload={"refund_id": refund.id, "till_id": till_session.till_id},
        )


def deliver(database: Database, payload: dict[str, object]) -> None:
    """Print what was posted. Raises Unavailable while the printer does not take it."""
    with database.reading() as session:
        till = session.get_one(Till, payload["till_id"])
        refund = session.get_one(Refund, payload["refund_id"])
        store = desk.store_of(session, refund.store_id)
        said = speech(issuing.language_of(store), store.zone)
        told = _told(session, store.name, refund)
    if till.printer:
        send_to_printer(till.printer, _slip(told, said))


def _slip(told: _GivenBack, said: Speech) -> bytes:
    _ = said.gettext
    slip = Slip(ReceiptPrinter())
    slip.text(told.store, style=Style.LARGE, centred=True)
    slip.rule()
    slip.pair(_("Paid back"), said.datetime(told.at))
    slip.pair(_("Sale"), f"{told.sale} / {told.number}")
    slip.pair(_("Served by"), told.by)
    slip.text(told.reason)
    slip.pair(_("Cash"), said.money(told.cash), style=Style.TALL)
    slip.rule()
    slip.text(_("Received, signature:"))
    for _line in range(3):  # room for it
        slip.text(" ")
    slip.rule()
    slip.cut()
    return slip.data


def _told(session: Session, store: str, refund: Refund) -> _GivenBack:
    kind, _, number = session.get_one(Bill, refund.bill_id).reference.partition(":")
    return _GivenBack(
        store=store,
        sale=f"S-{number}" if kind == "order" else number,
        number=refund.number,
        at=refund.started_at,
        by=refund.started_by,
        reason=refund.reason,
        cash=Money(refund.amount_minor + refund.rounding_minor, refund.currency),
    )
