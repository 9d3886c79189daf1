"""Asking: one question by letter after a handover and after a repair, by a link that opens it."""

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.identity.secrets import new_token, token_hash
from app.kernel import audit, clock
from app.kernel.actor import Actor
from app.kernel.errors import Conflict
from app.kernel.text import msg
from app.messaging import delivery, messages
from app.messaging.messages import Letter
from app.messaging.models import Topic
from app.robots.models import Unit
from app.sales.events import HandedOver
from app.sales.models import Order
from app.service.events import TicketMoved
from app.service.models import Ticket
from app.service.states import TicketState
from app.service.work_models import Labour
from app.stores import desk
from app.survey import rules
from app.survey.models import Survey, SurveyAnswer
from app.survey.rules import Rules
from app.survey.states import Occasion


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What a question is about. Just one of `order` and `ticket` stands there.

    `unit`: what the answer is about until somebody says which of several `robots` they mean.
    """

    unit: Unit
    customer_id: int
    staff_id: int | None
    order: Order | None = None
    ticket: Ticket | None = None
    robots: int = 1

    @property
    def name(self) -> str:
        """What letters and the audit call it."""
        if self.order is not None:
            return f"order:S-{self.order.number}"
        return f"ticket:T-{self.ticket.number}" if self.ticket is not None else ""


def on_handed_over(session: Session, event: HandedOver) -> None:
    """Listens in `app.wiring`: the new owner is asked once, however many robots they took."""
    order = session.get_one(Order, event.order_id)
    unit = session.get_one(Unit, event.unit_ids[0])
    about = About(
        unit=unit,
        customer_id=event.customer_id,
        staff_id=event.actor.staff_id,
        order=order,
        robots=len(event.unit_ids),
    )
    ask(session, order.store_id, about)


def on_ticket_moved(session: Session, event: TicketMoved) -> None:
    """Listens in `app.wiring`: whoever was billed is asked when they have their robot again."""
    if event.after is not TicketState.RETURNED:
        return
    ticket = session.get_one(Ticket, event.ticket_id)
    if ticket.customer_id is None:
        return
    unit = session.get_one(Unit, ticket.unit_id)
    about = About(
        unit=unit,
        customer_id=ticket.customer_id,
        staff_id=_who_worked(session, ticket),
        ticket=ticket,
    )
    ask(session, ticket.store_id, about)


def ask(session: Session, store_id: int, about: About) -> str | None:
    """Write the letter; the key in its link is told this once. None where nobody is asked: the
    store does not ask, the customer was asked lately or about this already, wants no such letters,
    or cannot be reached.
    """
    said = rules.of_store(session, store_id)
    if not said.asks or _was_asked(session, about, said):
        return None
    key = new_token()
    store = desk.store_of(session, store_id)
    start = delivery.start_of(session)
    letter = _letter(about, store.name, link=f"{start}/q/{key}")
    sent = messages.write(
        session, store_id=store_id, customer_id=about.customer_id, letter=letter, start=start
    )
    if sent is None:
        return None
    now = clock.now()
    session.add(
        Survey(
            store_id=store_id,
            customer_id=about.customer_id,
            occasion=Occasion.HANDOVER if about.order is not None else Occasion.REPAIR,
            order_id=about.order.id if about.order is not None else None,
            ticket_id=about.ticket.id if about.ticket is not None else None,
            unit_id=about.unit.id,
            model_id=about.unit.model_id,
            staff_id=about.staff_id,
            language=sent.language,
            token_hash=token_hash(key),
            asked_at=now,
            expires_at=now + timedelta(days=said.valid_days),
        )
    )
    session.flush()
    house = Actor(store_id=store_id, name="survey", role="house")
    audit.record(session, house, "survey.asked", subject=about.name)
    return key


def revoke(session: Session, actor: Actor, survey: Survey) -> None:
    """The link opens nothing any more. Raises Conflict for a question that is answered or over."""
    actor.require("survey.follow_up")
    answered = select(SurveyAnswer.id).where(SurveyAnswer.survey_id == survey.id)
    if survey.revoked_at is not None or session.scalar(answered) is not None:
        raise Conflict(msg("This question is not open any more."))
    survey.revoked_at, survey.revoked_by = clock.now(), actor.name
    session.flush()
    audit.record(session, actor, "survey.revoked", subject=f"survey:{survey.id}")


def _was_asked(session: Session, about: About, said: Rules) -> bool:
    """About this, or lately about anything. Whoever is asked again and again answers no more."""
    since = clock.now() - timedelta(days=said.quiet_days)
    lately = select(Survey.id).where(
        Survey.customer_id == about.customer_id, Survey.asked_at > since
    )
    same = (
        Survey.order_id == about.order.id
        if about.order is not None
        else Survey.ticket_id == (about.ticket.id if about.ticket is not None else None)
    )
    return (
        session.scalar(lately.limit(1)) is not None
        or session.scalar(select(Survey.id).where(same)) is not None
    )


def _who_worked(session: Session, ticket: Ticket) -> int | None:
    """Whose clock ran longest on the ticket, else who was in charge of it."""
    seconds: Counter[int] = Counter()
    for row in session.scalars(select(Labour).where(Labour.ticket_id == ticket.id)):
        if row.stopped_at is not None:
            seconds[row.staff_id] += int((row.stopped_at - row.started_at).total_seconds())
    if not seconds:
        return ticket.technician_id
    return max(seconds, key=lambda staff_id: (seconds[staff_id], -staff_id))


def _letter(about: About, store: str, *, link: str) -> Letter:
    topic = msg("Your robot came back from the workshop of {store}.", store=store)
    if about.order is not None and about.robots > 1:
        topic = msg("You took your robots home from {store}.", store=store)
    elif about.order is not None:
        topic = msg("You took your robot home from {store}.", store=store)
    return Letter(
        topic=Topic.SURVEY,
        reference=about.name,
        key=f"survey:{about.name}",
        subject=msg("One question from {store}", store=store),
        lines=[topic, msg("May we ask you one question? It takes less than a minute.")],
        link=link,
    )
