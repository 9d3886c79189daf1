"""The drawer besides its sales: cash into the safe in a sealed bag, and opening it for no sale."""

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.kernel import audit, clock, outbox
from app.kernel.actor import Actor
from app.kernel.db import Database
from app.kernel.errors import Conflict, Refused
from app.kernel.money import Money
from app.kernel.searchkeys import clean
from app.kernel.text import msg
from app.payments import tills
from app.payments.events import RefundPaidOut
from app.payments.models import CashMovement, Tender, TillSession
from app.payments.refund_models import Refund
from app.payments.till_models import DrawerOpening, SafeDrop
from app.stores.models import Till
from app.web.escpos import ReceiptPrinter, Slip
from app.web.printing import send_to_printer

KICK = "drawer.kick"
_LONGEST_BAG, _LONGEST_REASON = 64, 200


def drop_to_safe(
    session: Session, actor: Actor, till_session: TillSession, amount: Money, *, bag: str
) -> CashMovement:
    """Take cash out of the drawer into the safe; `bag` is what is printed on the sealed bag.

    Raises Refused for more than the drawer holds, Conflict for a bag that was used before.
    """
    bag = clean(bag)
    if not bag or len(bag) > _LONGEST_BAG:
        raise Refused(msg("Write the number of the bag, up to 64 characters."), field="bag")
    if amount.minor <= 0:
        raise Refused(msg("Into the safe goes more than nothing."), field="safe_amount")
    if _bag_is_known(session, actor.store_id, bag):
        raise _used_before(bag)
    movement = tills.move_cash(session, actor, till_session, -amount, bag)
    session.add(SafeDrop(store_id=actor.store_id, movement_id=movement.id, bag=bag))
    try:
        session.flush()
    except IntegrityError as somebody_was_faster:
        raise _used_before(bag) from somebody_was_faster
    return movement


def open_without_sale(
    session: Session, actor: Actor, till_session: TillSession, *, reason: str
) -> DrawerOpening:
    """Let the printer open the drawer after the commit; who and why stays on record.

    Raises Refused at a till without a printer: its drawer has a key.
    """
    actor.require("till.drawer")
    tills.require_taking(actor, till_session, till_session.currency)
    reason = clean(reason)
    if not reason or len(reason) > _LONGEST_REASON:
        raise Refused(msg("Say why, in up to 200 characters."), field="drawer_reason")
    if not session.get_one(Till, till_session.till_id).printer:
        raise Refused(
            msg("The printer opens the drawer, and this till has none. Use the drawer's key."),
            field="drawer_reason",
        )
    opening = DrawerOpening(
        till_session_id=till_session.id, at=clock.now(), by=actor.name, reason=reason
    )
    session.add(opening)
    session.flush()
    audit.record(
        session,
        actor,
        "till.drawer_opened",
        subject=f"till_session:{till_session.number}",
        reason=reason,
    )
    kick(session, till_session)
    return opening


def kick(session: Session, till_session: TillSession) -> None:
    """Open the drawer once this transaction is committed, where a printer can."""
    if session.get_one(Till, till_session.till_id).printer:
        outbox.post(
            session,
            store_id=till_session.store_id,
            kind=KICK,
            payload={"till_id": till_session.till_id},
        )


def on_refund_paid_out(session: Session, event: RefundPaidOut) -> None:
    """Listens in `app.wiring`: cash that goes back lies in a drawer."""
    refund = session.get_one(Refund, event.refund_id)
    if refund.tender is Tender.CASH and refund.till_session_id is not None:
        kick(session, session.get_one(TillSession, refund.till_session_id))


def deliver(database: Database, payload: dict[str, object]) -> None:
    """Open the drawer. Raises Unavailable while the printer does not answer."""
    with database.reading() as session:
        till = session.get_one(Till, payload["till_id"])
    if till.printer:
        slip = Slip(ReceiptPrinter())
        slip.kick_drawer()
        send_to_printer(till.printer, slip.data)


def _bag_is_known(session: Session, store_id: int, bag: str) -> bool:
    found = session.scalar(
        select(SafeDrop.id).where(SafeDrop.store_id == store_id, SafeDrop.bag == bag)
    )
    return found is not None


def _used_before(bag: str) -> Conflict:
    return Conflict(msg("Bag {bag} was used before. Look at its number again.", bag=bag))
