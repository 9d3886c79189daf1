"""Tickets by number, and the ways in which they change: move, wait, go on, edit, assign, cancel."""

import json
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, joinedload

from app.customers import book
from app.identity import staff
from app.kernel import audit, clock, events
from app.kernel.actor import Actor
from app.kernel.errors import Conflict, NotFound, Refused
from app.kernel.text import msg
from app.robots import custody, timeline
from app.robots.models import Unit
from app.service import changes, guards, hands, promise
from app.service.errors import TicketOver
from app.service.events import PromiseChanged, TicketMoved, TicketWaits
from app.service.models import Ticket, TicketWait
from app.service.states import (
    ENDED,
    STATE_LABELS,
    STOPS_THE_CLOCK,
    TICKET_MOVES,
    WAITS_ON_ENTRY,
    TicketState,
    WaitingReason,
)
from app.web.forms import Reading

SERIES = "ticket"
LONGEST_TEXT = 10_000
LONGEST_LINE = 200
LONGEST_WORD = 64
MOST_ACCESSORIES = 50
_FULL = 100
# Until the customer is asked, another one may be billed.
_NOT_ASKED_YET = frozenset({TicketState.BOOKED, TicketState.RECEIVED, TicketState.DIAGNOSING})
# What the role needs for a move, by where it leads.
_NEEDS: Mapping[TicketState, str] = {
    TicketState.RECEIVED: "service.intake",
    TicketState.DIAGNOSING: "service.work",
    TicketState.ESTIMATED: "service.estimate",
    TicketState.APPROVED: "service.estimate",
    TicketState.DECLINED: "service.estimate",
    TicketState.WAITING_PARTS: "service.work",
    TicketState.IN_WORK: "service.work",
    TicketState.CHECKING: "service.work",
    TicketState.READY: "service.release",
    TicketState.RETURNED: "service.release",
    TicketState.CLOSED: "service.release",
    TicketState.CANCELLED: "service.intake",
}
_TEXTS = {"complaint": LONGEST_TEXT, "outcome": LONGEST_TEXT, "brought_by": LONGEST_LINE}
_WORDS = {"seal": LONGEST_WORD, "bench_place": LONGEST_WORD}


def label(ticket: Ticket) -> str:
    """The number as people read and scan it."""
    return f"T-{ticket.number}"


def reference(ticket: Ticket) -> str:
    """What movements, reservations, bills and the audit call it."""
    return f"ticket:{label(ticket)}"


def page(ticket: Ticket) -> str:
    return f"/service/tickets/{ticket.number}"


def by_number(session: Session, actor: Actor, number: int) -> Ticket:
    """The store's ticket of this number, with what its pages show around it; raises NotFound."""
    found = session.scalar(_of_store(actor).where(Ticket.number == number).options(*_AROUND))
    if found is None:
        raise NotFound(msg("There is no ticket {number} in this store.", number=f"T-{number}"))
    return found


def by_id(session: Session, actor: Actor, ticket_id: int) -> Ticket:
    found = session.scalar(_of_store(actor).where(Ticket.id == ticket_id))
    if found is None:
        raise NotFound(msg("There is no such ticket in this store."))
    return found


def open_of(session: Session, unit_id: int) -> Ticket | None:
    """The ticket that a robot is in the workshop for, or booked for."""
    return session.scalar(
        select(Ticket).where(Ticket.unit_id == unit_id, Ticket.ended_at.is_(None)).options(*_WITH)
    )


_WITH = (
    joinedload(Ticket.unit).joinedload(Unit.model),
    joinedload(Ticket.unit).joinedload(Unit.maker),
    joinedload(Ticket.customer),
)
# The store, and the number of the ticket that came back.
_AROUND = (
    joinedload(Ticket.store),
    joinedload(Ticket.comeback_of).load_only(Ticket.number),
)


def _of_store(actor: Actor) -> Select[Ticket]:
    return select(Ticket).where(Ticket.store_id == actor.store_id).options(*_WITH)


def may_move(actor: Actor, ticket: Ticket) -> list[TicketState]:
    """Where this person may bring a ticket next, in the order of the table."""
    return [
        state
        for state in TicketState
        if state in TICKET_MOVES.allowed(ticket.state) and actor.may(_NEEDS[state])
    ]


def move(
    session: Session,
    actor: Actor,
    ticket: Ticket,
    to: TicketState,
    *,
    why: str = "",
    seen: int | None = None,
) -> None:
    """Bring a ticket into another state: the only way that it changes.

    `seen` is the version that the page showed. Raises WrongState naming what may follow, NotYet
    with what has to be done first, EditedMeanwhile when somebody else has moved it.
    """
    actor.require(_NEEDS.get(to, "service.work"))
    changes.require_state_seen(session, ticket, seen)
    TICKET_MOVES.check(ticket.state, to)
    _require_checked_in(ticket, to)
    guards.require(session, actor, ticket, to)
    before = ticket.state
    _end_wait(session, actor, ticket)
    ticket.state = to
    if to in ENDED:
        ticket.ended_at = clock.now()
    if to in WAITS_ON_ENTRY:
        _begin_wait(session, actor, ticket, WAITS_ON_ENTRY[to], note="")
    changes.write_down(
        session,
        actor,
        ticket,
        before={"state": before},
        after={"state": to},
        moved=(before, to),
        why=why,
    )
    _tell(session, actor, ticket, to)
    _announce_move(session, actor, ticket, before, why=why)


def _require_checked_in(ticket: Ticket, to: TicketState) -> None:
    """A booked robot is here only once it was checked in."""
    if to is TicketState.RECEIVED and ticket.received_at is None:
        raise guards.NotYet(
            msg("{number} is booked. Check the robot in when it is here.", number=label(ticket)),
            link=f"/service/new?ticket={ticket.number}",
        )


def _announce_move(
    session: Session, actor: Actor, ticket: Ticket, before: TicketState, *, why: str
) -> None:
    audit.record(
        session,
        actor,
        "ticket.moved",
        subject=reference(ticket),
        before={"state": before},
        after={"state": ticket.state},
        reason=why or None,
    )
    events.announce(
        session,
        TicketMoved(
            actor=actor,
            store_id=ticket.store_id,
            ticket_id=ticket.id,
            unit_id=ticket.unit_id,
            before=before,
            after=ticket.state,
        ),
    )


def cancel(session: Session, actor: Actor, ticket: Ticket, *, why: str) -> None:
    """Nothing is done after all; the robot, if it is here, goes back as it came."""
    if not why:
        raise Refused(msg("Please say why."), field="why")
    ticket.outcome = why
    move(session, actor, ticket, TicketState.CANCELLED, why=why)


def wait(
    session: Session, actor: Actor, ticket: Ticket, reason: WaitingReason, *, note: str = ""
) -> None:
    """From now on the ticket waits for somebody. One reason at a time: a new one ends the old."""
    actor.require("service.intake")
    require_open(ticket)
    if len(note) > LONGEST_LINE:
        raise Refused(msg("At most {most} characters fit here.", most=LONGEST_LINE), field="note")
    if ticket.waiting is reason and ticket.waiting_note == note:
        return
    before = ticket.waiting
    _end_wait(session, actor, ticket)
    _begin_wait(session, actor, ticket, reason, note=note)
    _changed(session, actor, ticket, {"waiting": before}, {"waiting": reason}, why=note)
    events.announce(session, TicketWaits(actor, ticket.store_id, ticket.id, reason))


def go_on(session: Session, actor: Actor, ticket: Ticket) -> None:
    """What it waited for has come. Raises Conflict when it did not wait."""
    actor.require("service.intake")
    if ticket.waiting is None:
        raise Conflict(msg("{number} does not wait for anything.", number=label(ticket)))
    before = ticket.waiting
    _end_wait(session, actor, ticket)
    _changed(session, actor, ticket, {"waiting": before}, {"waiting": None})
    events.announce(session, TicketWaits(actor, ticket.store_id, ticket.id, None))


def edit(
    session: Session, actor: Actor, ticket: Ticket, given: Mapping[str, object], *, seen: int
) -> bool:
    """Change what is written on a ticket; whether anything was. `given` by the columns' names.

    Raises EditedMeanwhile where somebody else has changed the same field since version `seen`,
    Invalid with a sentence by field.
    """
    actor.require("service.plan" if given.keys() <= {"technician_id"} else "service.intake")
    require_open(ticket)
    after = changes.wanted(session, ticket, given, seen=seen)
    if not after:
        return False
    _check(session, actor, ticket, after)
    before = {name: getattr(ticket, name) for name in after}
    for name, value in after.items():
        setattr(ticket, name, value)
    if "promised_at" in after:
        ticket.paused_before_s = promise.paused_s(ticket, clock.now())
    _changed(session, actor, ticket, before, after)
    if "promised_at" in after:
        said = PromiseChanged(actor, ticket.store_id, ticket.id, ticket.promised_at)
        events.announce(session, said)
    return True


def assign(
    session: Session, actor: Actor, ticket: Ticket, staff_id: int | None, *, seen: int | None = None
) -> bool:
    """Whose job it is; None: nobody's."""
    return edit(session, actor, ticket, {"technician_id": staff_id}, seen=seen or ticket.version)


def accessories_of(ticket: Ticket) -> list[str]:
    return [str(one) for one in json.loads(ticket.accessories)]


def _check(session: Session, actor: Actor, ticket: Ticket, after: Mapping[str, object]) -> None:
    unknown = after.keys() - changes.FIELD_LABELS.keys()
    if unknown or after.keys() & {"state", "waiting"}:
        raise Refused(msg("This cannot be changed in this way."), field=min(after))
    seen = Reading()
    for name, most in (_TEXTS | _WORDS).items():
        if name in after:
            seen.text(name, str(after[name]), most=most, required=name == "complaint")
    if "customer_id" in after and ticket.state not in _NOT_ASKED_YET:
        seen.refuse("customer_id", msg("An estimate was sent already; who pays stands there."))
    check_charge(seen, after.get("soc_percent"))
    check_promise(seen, after.get("promised_at"), ticket.made_at)
    seen.done()
    if isinstance(customer_id := after.get("customer_id"), int):
        book.by_id(session, actor, customer_id)
    if isinstance(staff_id := after.get("technician_id"), int):
        check_technician(session, actor, staff_id)


def check_charge(seen: Reading, percent: object) -> None:
    if isinstance(percent, int) and not 0 <= percent <= _FULL:
        seen.refuse("soc_percent", msg("A charge is between 0 and 100 %."))


def check_promise(seen: Reading, promised_at: object, made_at: datetime) -> None:
    if isinstance(promised_at, datetime) and promised_at < made_at:
        seen.refuse("promised_at", msg("A promise is for a moment that is still to come."))


def check_technician(session: Session, actor: Actor, staff_id: int) -> None:
    """Raises NotFound for nobody of the store, Refused for somebody who left."""
    person = staff.by_id(session, actor, staff_id)
    if person.disabled_at is not None:
        raise Refused(
            msg("{name} does not work here any more.", name=person.name), field="technician"
        )


def require_open(ticket: Ticket) -> None:
    """Raises TicketOver for one that is closed or cancelled."""
    if ticket.ended_at is not None:
        raise TicketOver(
            msg(
                "{number} is {state}: it stands as it is.",
                number=label(ticket),
                state=STATE_LABELS[ticket.state],
            ),
            link=page(ticket),
        )


def _begin_wait(
    session: Session, actor: Actor, ticket: Ticket, reason: WaitingReason, *, note: str
) -> None:
    ticket.waiting, ticket.waiting_since, ticket.waiting_note = reason, clock.now(), note
    session.add(
        TicketWait(
            ticket_id=ticket.id,
            reason=reason,
            stops_clock=reason in STOPS_THE_CLOCK,
            note=note,
            since=ticket.waiting_since,
            by=actor.name,
        )
    )
    session.flush()


def _end_wait(session: Session, actor: Actor, ticket: Ticket) -> None:
    if ticket.waiting is None:
        return
    now = clock.now()
    ticket.paused_s += promise.waited_s(ticket, now)
    ticket.waiting = ticket.waiting_since = None
    ticket.waiting_note = ""
    wait_now = session.scalar(
        select(TicketWait).where(TicketWait.ticket_id == ticket.id, TicketWait.until.is_(None))
    )
    if wait_now is not None:
        wait_now.until, wait_now.ended_by = now, actor.name
    session.flush()


def _tell(session: Session, actor: Actor, ticket: Ticket, to: TicketState) -> None:
    """The robot's timeline, and whose hands the robot is in from here on."""
    said = msg("{number}: {state}", number=label(ticket), state=STATE_LABELS[to])
    into = hands.after(session, ticket, to)
    if into is not None and ticket.received_at is not None:
        custody.move(session, actor, ticket.unit, into, why=said, link=page(ticket))
        return
    timeline.note(
        session,
        ticket.unit_id,
        kind="service",
        summary=said,
        link=page(ticket),
        actor_name=actor.name,
    )


def _changed(
    session: Session,
    actor: Actor,
    ticket: Ticket,
    before: Mapping[str, object],
    after: Mapping[str, object],
    *,
    why: str = "",
) -> None:
    changes.write_down(session, actor, ticket, before=before, after=after, why=why)
    audit.record(
        session,
        actor,
        "ticket.changed",
        subject=reference(ticket),
        before=changes.unnamed(before),
        after=changes.unnamed(after),
        reason=why or None,
    )
