"""Customers who were asked, and what they answered."""

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import wiring
from app.customers.models import Customer
from app.identity.secrets import token_hash
from app.kernel import clock
from app.messaging.models import Message
from app.service.models import Ticket
from app.service.states import TicketState
from app.survey import answering
from app.survey.models import Survey, SurveyAnswer
from app.survey.states import Occasion
from tests.makers.service import Workshop, a_ticket


def key_in(message: Message) -> str:
    """The key in the link of a letter."""
    return message.body.partition("/q/")[2].split()[0]


def asked_after_a_repair(session: Session, shop: Workshop) -> tuple[Ticket, str]:
    """The owner can be reached, has the robot again, and was asked: the ticket, and the key."""
    wiring.connect()
    shop.owner.email = "owner@klinik.example"
    ticket = a_ticket(session, shop, state=TicketState.RETURNED)
    letter = session.scalars(
        select(Message).where(Message.key == f"survey:ticket:T-{ticket.number}")
    ).one()
    return ticket, key_in(letter)


def a_survey(
    session: Session,
    shop: Workshop,
    *,
    score: int | None = None,
    comment: str = "",
    customer: Customer | None = None,
    staff_id: int | None = None,
) -> Survey:
    """Somebody was asked about a ticket of the workshop's robot just now, and answered."""
    ticket = Ticket(
        store_id=shop.store.id,
        number=9000 + (session.query(Survey).count()),
        unit_id=shop.unit.id,
        customer_id=(customer or shop.owner).id,
        state=TicketState.CLOSED,
        complaint="",
        made_at=clock.now(),
        made_by="",
        ended_at=clock.now(),
    )
    session.add(ticket)
    session.flush()
    now = clock.now()
    survey = Survey(
        store_id=shop.store.id,
        customer_id=(customer or shop.owner).id,
        occasion=Occasion.REPAIR,
        ticket_id=ticket.id,
        unit_id=shop.unit.id,
        model_id=shop.unit.model_id,
        staff_id=staff_id or shop.technician.staff_id,
        language="en",
        token_hash=token_hash(f"key-{ticket.number}"),
        asked_at=now,
        expires_at=now + timedelta(days=30),
    )
    session.add(survey)
    session.flush()
    if score is not None:
        answered(session, survey, score, comment)
    return survey


def answered(session: Session, survey: Survey, score: int, comment: str = "") -> SurveyAnswer:
    return answering.answer(session, survey, score=str(score), comment=comment, language="en")
