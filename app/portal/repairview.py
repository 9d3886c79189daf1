"""A repair as its customer's page tells it: how it stands, what to do, and everything behind it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from app.kernel.money import Money
from app.kernel.text import Text, msg
from app.payments import bills
from app.payments.models import Tender
from app.portal import following, repairpapers, talks
from app.portal.repairpapers import Paper
from app.portal.talks import Said
from app.service import (
    billing,
    estimate_queries,
    estimates,
    photos,
    queries,
    standing,
    totals,
)
from app.service.estimate_models import EstimateState
from app.service.estimate_queries import EstimateView, LineView
from app.service.estimateforms import ANSWER, APPROVED, DECLINED
from app.service.models import Ticket, TicketPhoto
from app.service.payers import Payer
from app.service.standing import Told
from app.service.states import TicketState

_S = TicketState
# In these nothing is asked of the customer, and the page says so.
_OURS = frozenset(
    {
        *(_S.RECEIVED, _S.DIAGNOSING, _S.APPROVED, _S.WAITING_PARTS),
        *(_S.IN_WORK, _S.CHECKING, _S.DECLINED),
    }
)
_BILLED = frozenset({_S.READY, _S.RETURNED})
_REACHED: Mapping[TicketState, int] = {
    _S.RECEIVED: 0,
    _S.DIAGNOSING: 1,
    _S.ESTIMATED: 2,
    _S.IN_WORK: 3,
    _S.CHECKING: 4,
    _S.READY: 5,
}


_SINCE: Mapping[TicketState, tuple[Text, TicketState]] = {
    _S.READY: (msg("Ready since"), _S.READY),
    _S.RETURNED: (msg("Given back"), _S.RETURNED),
    _S.CLOSED: (msg("Given back"), _S.RETURNED),
}
_TO_PAY: Mapping[TicketState, Text] = {
    _S.READY: msg("Pay here or when you collect it. Please bring your receipt."),
    _S.RETURNED: msg("Please pay what is still due."),
}
_TODO: Mapping[TicketState, Text] = {
    _S.BOOKED: msg("Please bring the robot with its charger and accessories."),
    _S.ESTIMATED: msg("You need not do anything now. We tell you as soon as something changes."),
    _S.READY: msg("Please collect it, and bring your receipt."),
}


@dataclass(frozen=True, slots=True)
class Asked:
    """An estimate with what was chosen of its open lines; none are open once it was answered."""

    sheet: EstimateView
    open_lines: Sequence[LineView]
    chosen: Mapping[str, str]
    pays: Money

    @property
    def approved(self) -> list[LineView]:
        return [row for row in self.open_lines if self.chosen[row.line.key] == APPROVED]

    @property
    def is_chosen(self) -> bool:
        return all(self.chosen.values())


@dataclass(frozen=True, slots=True)
class RepairView:
    """Everything on the page.

    `mark` moves when anything on it does; `todo` is what the customer is to do, `since` when it
    came to stand so, `due` what is to be paid, by card where the store takes cards here.
    """

    mark: str
    told: Told
    todo: Text
    since: tuple[Text, datetime] | None
    steps: Sequence[dict[str, object]]
    asked: Asked | None
    due: Money | None
    paid: Money | None
    takes_cards: bool
    pays_now: bool
    talk: Sequence[Said]
    photos: Sequence[TicketPhoto]
    papers: Sequence[Paper]
    photos_left: int


def view(session: Session, ticket: Ticket, *, takes_cards: bool) -> RepairView:
    told = standing.told(ticket)
    reached = queries.reached(session, ticket)
    asked = asked_of(session, ticket, {})
    due = paid = None
    pays_now = False
    if ticket.state in _BILLED:
        owed = billing.owed(session, ticket)
        due, paid = owed.due or None, owed.paid or None
        live = bills.live_attempt(session, owed.bill) if owed.bill is not None else None
        pays_now = live is not None and live.tender is Tender.ONLINE
    talk = talks.of_ticket(session, ticket)
    sent = sum(len(one.photos) for one in talk)
    return RepairView(
        mark=following.mark(session, ticket.id),
        told=told,
        todo=_todo(ticket, asked, due, takes_cards=takes_cards),
        since=_since(ticket, reached),
        steps=_steps(told, reached),
        asked=asked,
        due=due,
        paid=paid,
        takes_cards=takes_cards,
        pays_now=pays_now,
        talk=talk,
        photos=_shared(session, ticket, talk),
        papers=repairpapers.of_ticket(session, ticket),
        photos_left=0 if ticket.ended_at else max(0, talks.MOST_PHOTOS - sent),
    )


def asked_of(session: Session, ticket: Ticket, typed: Mapping[str, str]) -> Asked | None:
    """The version that was sent last, and what was chosen of it; None where there is none."""
    shown = estimates.shown_to_customer(session, ticket)
    if shown is None:
        return None
    sheet = estimate_queries.for_customer(session, ticket, shown)
    is_asked = shown.state is EstimateState.SENT and ticket.state is TicketState.ESTIMATED
    open_lines = sheet.undecided if is_asked else []
    chosen = {row.line.key: _choice(row, typed) for row in open_lines}
    approved = [row.line for row in open_lines if chosen[row.line.key] == APPROVED]
    pays = totals.sums(sheet.estimate, approved).of(Payer.CUSTOMER)
    return Asked(sheet, open_lines, chosen, pays)


def _choice(row: LineView, typed: Mapping[str, str]) -> str:
    """Only what was approved before is chosen beforehand."""
    said = typed.get(f"{ANSWER}{row.line.key}", "")
    before = APPROVED if row.approved_before else ""
    return said if said in {APPROVED, DECLINED} else before


def _todo(ticket: Ticket, asked: Asked | None, due: Money | None, *, takes_cards: bool) -> Text:
    if asked is not None and asked.open_lines:
        return msg("Please approve or decline each line below.")
    if ticket.state in _OURS:
        return msg("You need not do anything now. We tell you as soon as something changes.")
    if ticket.state is TicketState.READY and due and not takes_cards:
        return msg("Pay when you collect it. Please bring your receipt.")
    if ticket.state in _BILLED and due:
        return _TO_PAY[ticket.state]
    return _TODO.get(ticket.state, msg("There is nothing left to do."))


def _since(ticket: Ticket, reached: Mapping[TicketState, datetime]) -> tuple[Text, datetime] | None:
    said, state = _SINCE.get(ticket.state, (None, None))
    at = reached.get(state) if state else None
    return (said, at) if said is not None and at is not None else None


def _steps(told: Told, reached: Mapping[TicketState, datetime]) -> list[dict[str, object]]:
    """Each step with when it was reached the last time."""
    when = {step: reached[state] for state, step in _REACHED.items() if state in reached}
    return [
        {"title": word, "state": state, "when": when.get(index, "") if state != "later" else ""}
        for index, (word, state) in enumerate(told.steps)
    ]


def _shared(session: Session, ticket: Ticket, talk: Sequence[Said]) -> list[TicketPhoto]:
    """What the store shared; what the customer sent stands with their messages."""
    theirs = {photo_id for one in talk for photo_id in one.photos}
    return [one for one in photos.shared_of(session, ticket) if one.id not in theirs]
