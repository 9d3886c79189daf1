"""Claims to makers and insurers: what they owe for a repair, from the draft to the settlement."""

from collections.abc import Sequence

from sqlalchemy import delete, select
from sqlalchemy.orm import Session, joinedload, selectinload

from app.kernel import audit, clock, numbers, words
from app.kernel.actor import Actor
from app.kernel.errors import Conflict, NotFound, Refused
from app.kernel.money import Money
from app.kernel.searchkeys import clean
from app.kernel.states import Moves
from app.kernel.text import Text, msg
from app.robots.models import Unit
from app.service import claimbooks, claimfacts, estimates, invoicing, tickets, totals
from app.service.claim_models import Claim, ClaimLine, ClaimState, ClaimStep
from app.service.invoicing import Portion
from app.service.models import Ticket
from app.service.payers import CLAIMED, PAYER_LABELS, Payer
from app.service.states import TicketState
from app.stores import desk

_C = ClaimState
CLAIM_LABELS: dict[ClaimState, Text] = {
    _C.DRAFT: msg("Draft"),
    _C.SUBMITTED: msg("Submitted"),
    _C.ACCEPTED: msg("Accepted"),
    _C.SHORT_PAID: msg("Short-paid"),
    _C.REJECTED: msg("Rejected"),
    _C.RESUBMITTED: msg("Submitted again"),
    _C.SETTLED: msg("Settled"),
    _C.WRITTEN_OFF: msg("Written off"),
}
_ANSWERS = frozenset({_C.ACCEPTED, _C.SHORT_PAID, _C.REJECTED})
CLAIM_MOVES = Moves(
    {
        _C.DRAFT: frozenset({_C.SUBMITTED}),
        _C.SUBMITTED: _ANSWERS,
        _C.ACCEPTED: frozenset({_C.SETTLED}),
        _C.SHORT_PAID: frozenset({_C.SETTLED, _C.RESUBMITTED, _C.WRITTEN_OFF}),
        _C.REJECTED: frozenset({_C.RESUBMITTED, _C.WRITTEN_OFF}),
        _C.RESUBMITTED: _ANSWERS,
    },
    labels=CLAIM_LABELS,
)
OVER = frozenset({_C.SETTLED, _C.WRITTEN_OFF})
_SERIES = "claim"
# Both serials are known when the work is done; only then is a claim complete.
_DONE = frozenset({TicketState.READY, TicketState.RETURNED, TicketState.CLOSED})
_LONGEST_NOTE = 2_000
_LONGEST_REFERENCE = 64
_LONGEST_NAME = 200


def label(claim: Claim) -> str:
    return f"W-{claim.number}"


def reference(claim: Claim) -> str:
    """What the claim's bill and the audit call it."""
    return f"claim:{label(claim)}"


def page(claim: Claim) -> str:
    return f"/service/claims/{claim.number}"


def amount_of(claim: Claim) -> Money:
    return Money(claim.amount_minor, claim.currency)


def by_number(session: Session, actor: Actor, number: int) -> Claim:
    """A claim of the store with its lines and steps; raises NotFound."""
    found = session.scalar(
        select(Claim)
        .where(Claim.store_id == actor.store_id, Claim.number == number)
        .options(
            joinedload(Claim.ticket).joinedload(Ticket.unit).joinedload(Unit.model),
            joinedload(Claim.maker),
            selectinload(Claim.lines),
            selectinload(Claim.steps),
        )
        .execution_options(populate_existing=True)
    )
    if found is None:
        raise NotFound(msg("There is no claim {number} in this store.", number=f"W-{number}"))
    return found


def of_ticket(session: Session, ticket: Ticket) -> Sequence[Claim]:
    return session.scalars(
        select(Claim)
        .where(Claim.ticket_id == ticket.id)
        .order_by(Claim.id)
        .options(joinedload(Claim.maker))
    ).all()


def draft(session: Session, actor: Actor, ticket: Ticket) -> list[Claim]:
    """A claim for each payer who owes something of what was approved and has none yet.

    Raises Refused when nobody but the customer, a contract and the store pays.
    """
    actor.require("service.claims")
    in_force = estimates.in_force(session, ticket)
    currency = desk.store_of(session, ticket.store_id).currency
    there = {(claim.payer, claim.debtor) for claim in of_ticket(session, ticket)}
    made = []
    owing = False
    for payer in CLAIMED:
        portion = invoicing.portion_of(in_force, payer, currency=currency)
        owing = owing or bool(portion.total.gross)
        debtor = _debtor(ticket, payer, portion)
        if portion.total.gross and (payer, debtor) not in there:
            made.append(_draft(session, actor, ticket, portion, debtor))
    if not owing:
        raise Refused(msg("No maker and no insurer pays anything of this ticket."))
    return made


def submit(session: Session, actor: Actor, claim: Claim, *, debtor: str = "") -> None:
    """Send it off: amounts, serials, fault codes and counters are fixed, the money is owed.

    Raises Conflict before the work is done, Refused where a serial is missing.
    """
    actor.require("service.claims")
    CLAIM_MOVES.check(claim.state, _C.SUBMITTED)
    ticket = tickets.by_id(session, actor, claim.ticket_id)
    if ticket.state not in _DONE:
        raise Conflict(
            msg("A claim goes off when {number} is done.", number=tickets.label(ticket)),
            link=tickets.page(ticket),
        )
    if clean(debtor):
        claim.debtor = clean(debtor)[:_LONGEST_NAME]
    if not claim.debtor:
        raise Refused(msg("Write who the claim goes to."), field="debtor")
    portion = _portion(session, ticket, claim.payer)
    _write_lines(session, ticket, claim, portion)
    claimfacts.require_serials(session, ticket, claim)
    claim.counters = claimfacts.counters_now(session, ticket)
    claim.faults = claimfacts.faults_of(session, ticket)
    claim.amount_minor = portion.total.gross.minor
    claim.bill_id = claimbooks.raise_and_recognise(
        session, actor, reference=reference(claim), customer_id=None, portion=portion
    )
    claim.submitted_at = clock.now()
    _step(session, actor, claim, _C.SUBMITTED, amount=claim.amount_minor)


def answer(
    session: Session,
    actor: Actor,
    claim: Claim,
    *,
    granted: Money,
    note: str = "",
    their_reference: str = "",
) -> None:
    """What came back: all of it, less, or nothing. Less or nothing needs the reason they gave."""
    actor.require("service.claims")
    amount = amount_of(claim)
    if granted.currency != claim.currency or not 0 <= granted.minor <= amount.minor:
        raise Refused(
            msg("Granted is between nothing and {amount}.", amount=amount), field="granted"
        )
    to = _C.ACCEPTED if granted == amount else _C.SHORT_PAID if granted else _C.REJECTED
    CLAIM_MOVES.check(claim.state, to)
    if to is not _C.ACCEPTED and not clean(note):
        raise Refused(msg("Write the reason that they gave."), field="note")
    theirs = words.fitting(their_reference, most=_LONGEST_REFERENCE, field="their_reference")
    claim.granted_minor = granted.minor
    claim.their_reference = theirs or claim.their_reference
    _step(session, actor, claim, to, amount=granted.minor, note=note)


def resubmit(session: Session, actor: Actor, claim: Claim, *, note: str) -> None:
    """Ask once more, with what speaks for it."""
    actor.require("service.claims")
    CLAIM_MOVES.check(claim.state, _C.RESUBMITTED)
    if not clean(note):
        raise Refused(msg("Write what speaks for the claim."), field="note")
    claim.granted_minor = None
    _step(session, actor, claim, _C.RESUBMITTED, amount=claim.amount_minor, note=note)


def settle(session: Session, actor: Actor, claim: Claim, *, note: str) -> None:
    """The granted money has come by bank (`note`: its text); what was not granted is lost."""
    actor.require("service.claims")
    CLAIM_MOVES.check(claim.state, _C.SETTLED)
    if not clean(note):
        raise Refused(msg("Write the transfer's text or number."), field="note")
    granted = Money(claim.granted_minor or 0, claim.currency)
    claimbooks.settle(session, claim.bill_id or 0, granted, memo=reference(claim))
    claim.settled_at = clock.now()
    _step(session, actor, claim, _C.SETTLED, amount=granted.minor, note=note)


def write_off(session: Session, actor: Actor, claim: Claim, *, note: str) -> None:
    """Nothing is asked any more: the store bears it."""
    actor.require("service.claims")
    actor.require("service.override")
    CLAIM_MOVES.check(claim.state, _C.WRITTEN_OFF)
    if not clean(note):
        raise Refused(msg("Please say why."), field="note")
    nothing = Money(0, claim.currency)
    claimbooks.settle(session, claim.bill_id or 0, nothing, memo=reference(claim))
    claim.settled_at = clock.now()
    _step(session, actor, claim, _C.WRITTEN_OFF, amount=0, note=note)


def _draft(session: Session, actor: Actor, ticket: Ticket, portion: Portion, debtor: str) -> Claim:
    payer = portion.total.payer
    claim = Claim(
        store_id=ticket.store_id,
        number=numbers.allot(session, store_id=ticket.store_id, series=_SERIES),
        ticket_id=ticket.id,
        payer=payer,
        maker_id=None if payer is Payer.INSURER else ticket.unit.maker_id,
        debtor=debtor,
        currency=portion.total.currency,
        amount_minor=portion.total.gross.minor,
        made_at=clock.now(),
        made_by=actor.name,
    )
    session.add(claim)
    session.flush()
    _write_lines(session, ticket, claim, portion)
    _step(session, actor, claim, _C.DRAFT, amount=claim.amount_minor)
    return claim


def _debtor(ticket: Ticket, payer: Payer, portion: Portion) -> str:
    """The maker; of an insurer the name that stands on the shares."""
    if payer is not Payer.INSURER:
        return ticket.unit.maker.name
    names = (share.reference for line in portion.lines for share in line.shares
             if share.payer is payer and share.reference)  # fmt: skip
    return next(names, "")


def _portion(session: Session, ticket: Ticket, payer: Payer) -> Portion:
    currency = desk.store_of(session, ticket.store_id).currency
    portion = invoicing.portion_of(estimates.in_force(session, ticket), payer, currency=currency)
    if not portion.total.gross:
        raise Conflict(
            msg("{payer} pays nothing of this ticket any more.", payer=PAYER_LABELS[payer])
        )
    return portion


def _write_lines(session: Session, ticket: Ticket, claim: Claim, portion: Portion) -> None:
    """The lines anew, with the serials of what went and what came, as far as they are known."""
    session.execute(delete(ClaimLine).where(ClaimLine.claim_id == claim.id))
    serials = claimfacts.serials_of(session, ticket)
    for line in portion.lines:
        removed, fitted = serials.get(line.slot_path, ("", "")) if line.part_number else ("", "")
        session.add(
            ClaimLine(
                claim_id=claim.id,
                line_id=line.id,
                description=line.description,
                part_number=line.part_number,
                quantity=line.quantity,
                slot_path=line.slot_path,
                amount_minor=totals.share_of(line, claim.payer),
                tax_bp=line.tax_bp,
                removed=removed,
                fitted=fitted,
            )
        )
    session.flush()


def _step(
    session: Session,
    actor: Actor,
    claim: Claim,
    to: ClaimState,
    *,
    amount: int | None,
    note: str = "",
) -> None:
    """Bring a claim into a state, and write down by whom and why."""
    before = claim.state
    note = words.fitting(note, most=_LONGEST_NOTE, field="note")
    claim.state = to
    claim.version += 1
    session.add(
        ClaimStep(
            claim_id=claim.id,
            state=to,
            at=clock.now(),
            by=actor.name,
            amount_minor=amount,
            note=note,
        )
    )
    session.flush()
    audit.record(
        session,
        actor,
        f"claim.{to.value}",
        subject=reference(claim),
        before={"state": before},
        after={"state": to, "amount_minor": amount},
        reason=clean(note) or None,
    )
