"""What must always hold of questions and answers; `quatrefoil check` prints what does not."""

from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.customers.models import Customer
from app.robots.models import Unit
from app.sales.models import Handover, OrderLine
from app.service.models import Ticket
from app.survey.models import FollowUp, FollowUpNote, Survey, SurveyAnswer
from app.survey.states import MOST_DETRACTOR


def breaches(session: Session) -> Iterator[str]:
    """One line per breach, each naming the survey first."""
    yield from _bad_answers(session)
    yield from _moments(session)
    yield from _ties(session)
    yield from _forgotten(session)


def _bad_answers(session: Session) -> Iterator[str]:
    """Each bad answer is followed up in its own store, and no other one is."""
    rows: Iterable[tuple[Any, ...]] = session.execute(
        select(Survey.id, SurveyAnswer.score, FollowUp.id, FollowUp.store_id, Survey.store_id)
        .outerjoin(SurveyAnswer, SurveyAnswer.survey_id == Survey.id)
        .outerjoin(FollowUp, FollowUp.survey_id == Survey.id)
        .where((SurveyAnswer.score <= MOST_DETRACTOR) | FollowUp.id.is_not(None))
        .order_by(Survey.id)
        .execution_options(yield_per=1000)
    )
    for survey_id, score, follow_up, there, here in rows:
        if follow_up is None:
            yield f"survey: question {survey_id} was answered with {score} and nobody sees to it"
        elif score is None or score > MOST_DETRACTOR:
            yield f"survey: question {survey_id} is followed up without a bad answer"
        elif there != here:
            yield f"survey: question {survey_id} is followed up in another store"


def _moments(session: Session) -> Iterator[str]:
    """An answer came while its question was open."""
    rows = session.execute(
        select(Survey.id)
        .join(SurveyAnswer, SurveyAnswer.survey_id == Survey.id)
        .where(
            (SurveyAnswer.at < Survey.asked_at)
            | (SurveyAnswer.at >= Survey.expires_at)
            | Survey.revoked_at.is_not(None)
        )
        .order_by(Survey.id)
    )
    for (survey_id,) in rows:
        yield f"survey: question {survey_id} was answered while it was not open"


def _ties(session: Session) -> Iterator[str]:
    """A question names its robot's model, its ticket's robot, and a sale that was handed over."""
    models = session.execute(
        select(Survey.id)
        .join(Unit, Unit.id == Survey.unit_id)
        .where(Unit.model_id != Survey.model_id)
        .order_by(Survey.id)
    )
    for (survey_id,) in models:
        yield f"survey: question {survey_id} names another model than its robot's"
    robots = session.execute(
        select(Survey.id)
        .join(Ticket, Ticket.id == Survey.ticket_id)
        .where((Ticket.unit_id != Survey.unit_id) | (Ticket.store_id != Survey.store_id))
        .order_by(Survey.id)
    )
    for (survey_id,) in robots:
        yield f"survey: question {survey_id} names another robot than its ticket"
    sales = session.execute(
        select(Survey.id)
        .outerjoin(Handover, Handover.order_id == Survey.order_id)
        .where(Survey.order_id.is_not(None), Handover.id.is_(None))
        .order_by(Survey.id)
    )
    for (survey_id,) in sales:
        yield f"survey: question {survey_id} is about a sale that was not handed over"
    others = session.execute(
        select(Survey.id)
        .outerjoin(
            OrderLine,
            (OrderLine.order_id == Survey.order_id) & (OrderLine.unit_id == Survey.unit_id),
        )
        .where(Survey.order_id.is_not(None), OrderLine.id.is_(None))
        .order_by(Survey.id)
    )
    for (survey_id,) in others:
        yield f"survey: question {survey_id} names a robot that was not in its sale"


def _forgotten(session: Session) -> Iterator[str]:
    """Nothing that a forgotten customer said, or that was said of them, is kept."""
    said = session.execute(
        select(Survey.id)
        .join(Customer, Customer.id == Survey.customer_id)
        .outerjoin(SurveyAnswer, SurveyAnswer.survey_id == Survey.id)
        .outerjoin(FollowUp, FollowUp.survey_id == Survey.id)
        .outerjoin(FollowUpNote, FollowUpNote.follow_up_id == FollowUp.id)
        .where(
            Customer.erased_at.is_not(None),
            (SurveyAnswer.comment != "")
            | (FollowUpNote.at <= Customer.erased_at) & (FollowUpNote.text != ""),
        )
        .order_by(Survey.id)
        .distinct()
    )
    for (survey_id,) in said:
        yield f"survey: question {survey_id} keeps words of somebody who was forgotten"
