"""Payments at the card service's own page: begun by a link, decided by what the service says.

Like a payment at a reader (`cards`), but the customer's browser goes to the page: as long as nobody
was sent there no money can come of it, after that only the service's own word ends an attempt.
"""

from contextlib import suppress
from datetime import timedelta
from hashlib import sha256

from sqlalchemy.orm import Session

from app.kernel import audit, clock, events
from app.kernel.actor import Actor
from app.kernel.db import Database
from app.kernel.errors import Refused, Unavailable
from app.kernel.money import Money
from app.kernel.text import msg
from app.payments import bills, booking, failures, settling, standing
from app.payments.cardamounts import check_charge
from app.payments.errors import CardServiceRefused, OverTender
from app.payments.events import PageBegins
from app.payments.intents import CheckoutReport
from app.payments.models import Bill, PaymentAttempt, Tender
from app.payments.states import LIVE, AttemptState
from app.payments.steps import Looked, apply, doubt, end_unasked, look, waiting
from app.payments.stripe_gate import CheckoutOrder, StripeGate, gate_of

# The service keeps a page open for half an hour at least; a minute for clocks apart.
_OPEN_FOR = timedelta(minutes=31)


def start(session: Session, bill: Bill, amount: Money, *, by: str) -> PaymentAttempt:
    """Begin a payment at the card service's page; the service is asked after the commit.

    `by` is who began it: a customer with a link, in nobody's session. Raises PaymentUnderWay,
    OverTender, Refused.
    """
    if amount.currency != bill.currency:
        raise Refused(msg("This bill is in {currency}.", currency=bill.currency), field="amount")
    stands = standing.of(session, bill)
    if stands.under_way_id is not None:
        raise bills.under_way(session.get_one(PaymentAttempt, stands.under_way_id))
    if amount > stands.due:
        raise OverTender(msg("Only {due} is due.", due=stands.due), field="amount")
    check_charge(amount)
    attempt = PaymentAttempt(
        store_id=bill.store_id,
        bill_id=bill.id,
        number=stands.last_attempt + 1,
        tender=Tender.ONLINE,
        state=AttemptState.STARTED,
        amount_minor=amount.minor,
        tendered_minor=amount.minor,
        currency=amount.currency,
        started_at=clock.now(),
        started_by=by,
    )
    session.add(attempt)
    session.flush()
    house = booking.card_service(bill.store_id)
    events.announce(session, PageBegins(bill.id, bill.reference, bill.store_id, house))
    audit.record(
        session,
        Actor(store_id=bill.store_id, name=by, role="customer"),
        "payment.started",
        subject=f"payment:{bill.reference}:{attempt.number}",
        after={"tender": Tender.ONLINE, "amount": amount},
    )
    return attempt


def open_page(database: Database, attempt_id: int, *, name: str, here: str) -> str:
    """The address of the page for a started attempt, made when there is none; empty when the
    attempt is over. `here` is where the customer comes back to.

    Raises Unavailable when the card service does not answer: nothing was taken then.
    """
    attempt = look(database, attempt_id)
    gate = gate_of(database)
    if attempt.checkout_id is not None:
        refresh(database, attempt_id)
        return gate.checkout(attempt.checkout_id).url if is_live(database, attempt_id) else ""
    if attempt.state not in LIVE:
        return ""
    order = _order(attempt, name=name, here=here)
    try:
        made = gate.create_checkout(order, key=_key(attempt, order))
    except CardServiceRefused as refusal:
        end_unasked(database, attempt, refusal.reason)
        raise
    except Unavailable:
        end_unasked(database, attempt, failures.SERVICE_UNREACHABLE)
        raise
    with database.transaction() as session:
        row = settling.locked(session, attempt_id)
        if row.state not in LIVE:  # cancelled meanwhile; nobody knows the page
            return ""
        faster = row.checkout_id
        if faster is None:
            row.checkout_id = made.id
            settling.move(session, row, AttemptState.PROCESSING)
    # the customer is on the page of who was faster: nobody is ever sent to a second one
    return made.url if faster in {None, made.id} else gate.checkout(faster).url


def is_live(database: Database, attempt_id: int) -> bool:
    return look(database, attempt_id).state in LIVE


def refresh(database: Database, attempt_id: int) -> AttemptState:
    """Ask what became of a payment page. Never raises for a silent card service."""
    attempt = look(database, attempt_id)
    if attempt.state not in LIVE:
        return attempt.state
    if attempt.checkout_id is None:
        return _end_forgotten(database, attempt)
    try:
        gate = gate_of(database)
        report = gate.checkout(attempt.checkout_id)
        return _decide(database, gate, attempt, report)
    except Unavailable:
        return doubt(database, attempt)


def cancel(database: Database, attempt: Looked, *, actor: Actor) -> AttemptState:
    """Close the page, so that the bill can be paid otherwise. A payment that was faster wins."""
    if attempt.checkout_id is None:
        return end_unasked(database, attempt, failures.CANCELLED_HERE, actor=actor)
    try:
        gate = gate_of(database)
        with suppress(CardServiceRefused):
            gate.expire_checkout(attempt.checkout_id)
        # refused: paid or over already; the page tells which
        report = gate.checkout(attempt.checkout_id)
        return _decide(database, gate, attempt, report, actor=actor)
    except Unavailable:
        return doubt(database, attempt)


def _decide(
    database: Database,
    gate: StripeGate,
    attempt: Looked,
    report: CheckoutReport,
    *,
    actor: Actor | None = None,
) -> AttemptState:
    """What the page says; where it was used, what its payment says."""
    if report.status == "open":
        return waiting(database, attempt)
    if report.status == "complete" and report.intent_id:
        _note_intent(database, attempt, report.intent_id)
        return apply(database, gate, attempt, gate.intent(report.intent_id))
    if report.status == "expired":
        failure = failures.CANCELLED_HERE if actor else failures.PAGE_EXPIRED
        with database.transaction() as session:
            row = settling.locked(session, attempt.id)
            if row.state in LIVE:
                settling.end(session, row, failure, actor=actor)
            return row.state
    return doubt(database, attempt)


def _note_intent(database: Database, attempt: Looked, intent_id: str) -> None:
    if attempt.intent_id is not None:
        return
    with database.transaction() as session:
        settling.locked(session, attempt.id).intent_id = intent_id


def _end_forgotten(database: Database, attempt: Looked) -> AttemptState:
    """Begun, and nobody was ever sent to a page: after a while it is over."""
    with database.reading() as session:
        begun = session.get_one(PaymentAttempt, attempt.id).started_at
    if clock.now() - begun < timedelta(minutes=1):
        return attempt.state
    return end_unasked(database, attempt, failures.PAGE_EXPIRED)


def _order(attempt: Looked, *, name: str, here: str) -> CheckoutOrder:
    return CheckoutOrder(
        amount=attempt.amount,
        name=name,
        success_url=here,
        cancel_url=here,
        expires_at=int((clock.now() + _OPEN_FOR).timestamp()),
        metadata={
            "store": str(attempt.store_id),
            "bill": attempt.reference,
            "attempt": str(attempt.number),
        },
    )


def _key(attempt: Looked, order: CheckoutOrder) -> str:
    """Asked again in other words (later, by another link), the service makes another page: for
    other words under one key it refuses. Only the page that is noted is ever shown.
    """
    return f"{attempt.key}-page-{sha256(repr(order).encode()).hexdigest()[:16]}"
