"""What the pages of follow-ups and questions show."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Row, Select, func, or_, select, text
from sqlalchemy.orm import Session, aliased

from app.customers.models import Customer
from app.identity.models import Staff
from app.kernel import clock
from app.kernel.actor import Actor
from app.kernel.errors import NotFound
from app.kernel.text import Text, msg
from app.robots.models import RobotModel, Unit
from app.sales.models import Order
from app.service.models import Ticket
from app.stores import desk
from app.survey.models import DONE_SQL, OPEN_SQL, FollowUp, Survey, SurveyAnswer
from app.survey.states import STANDING_LABELS, Standing, tone_of
from app.web import paging
from app.web.paging import Page

_owner = aliased(Staff, name="owner")
# more of them than SQLAlchemy can name
_Columns = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class QuestionRow:
    """A question with what every list says of it."""

    survey: Survey
    answer: SurveyAnswer | None
    follow_up: FollowUp | None
    customer: str
    customer_number: int
    serial: str
    model: str
    order: int | None
    ticket: int | None
    person: str
    owner: str
    today: date

    @property
    def page(self) -> str:
        return f"/survey/questions/{self.survey.id}"

    @property
    def about(self) -> str:
        return f"S-{self.order}" if self.order is not None else f"T-{self.ticket}"

    @property
    def about_page(self) -> str:
        if self.order is not None:
            return f"/sales/{self.order}"
        return f"/service/tickets/{self.ticket}"

    @property
    def standing(self) -> Standing:
        if self.answer is not None:
            return Standing.ANSWERED
        if self.survey.revoked_at is not None:
            return Standing.REVOKED
        return Standing.EXPIRED if self.survey.expires_at <= clock.now() else Standing.OPEN

    @property
    def standing_label(self) -> Text:
        return STANDING_LABELS[self.standing]

    @property
    def tone(self) -> str:
        return tone_of(self.answer.score) if self.answer is not None else ""

    @property
    def is_late(self) -> bool:
        row = self.follow_up
        return row is not None and row.done_at is None and row.due_on < self.today

    @property
    def due_word(self) -> Text | None:
        """In words, beside the day, for an open one."""
        row = self.follow_up
        if row is None or row.done_at is not None:
            return None
        if self.is_late:
            return msg("Overdue")
        return msg("Due today") if row.due_on == self.today else None


def open_ones(
    session: Session, actor: Actor, *, mine: bool = False, cursor: str | None = None
) -> Page[QuestionRow]:
    """Bad answers that wait for somebody, the longest overdue first. `mine`: the actor's own and
    those that are nobody's yet.
    """
    actor.require("survey.view")
    wanted = (
        _rows(actor)
        .where(text(f"follow_ups.{OPEN_SQL}"), FollowUp.store_id == actor.store_id)
        .order_by(FollowUp.due_on, FollowUp.id)
    )
    if mine:
        wanted = wanted.where(or_(FollowUp.owner_id == actor.staff_id, FollowUp.owner_id.is_(None)))
    if cursor:
        day, last = paging.decode(cursor, str, int)
        on = _day(str(day))
        wanted = wanted.where(
            FollowUp.due_on >= on, or_(FollowUp.due_on > on, FollowUp.id > int(last))
        )
    found = _told(session, actor, wanted)
    shown = found[: paging.PAGE]
    last_row = shown[-1].follow_up if len(found) > paging.PAGE else None
    following = paging.encode(last_row.due_on.isoformat(), last_row.id) if last_row else None
    return Page(shown, following)


def done_ones(session: Session, actor: Actor, *, cursor: str | None = None) -> Page[QuestionRow]:
    """Bad answers that were seen to, the newest first."""
    actor.require("survey.view")
    wanted = (
        _rows(actor)
        .where(text(f"follow_ups.{DONE_SQL}"), FollowUp.store_id == actor.store_id)
        .order_by(FollowUp.id.desc())
    )
    if cursor:
        wanted = wanted.where(FollowUp.id < int(paging.decode(cursor, int)[0]))
    found = _told(session, actor, wanted)
    shown = found[: paging.PAGE]
    last_row = shown[-1].follow_up if len(found) > paging.PAGE else None
    return Page(shown, paging.encode(last_row.id) if last_row else None)


def questions(
    session: Session, actor: Actor, *, answered_only: bool = False, cursor: str | None = None
) -> Page[QuestionRow]:
    """Everything that was asked, or answered; the newest first."""
    actor.require("survey.view")
    wanted = _rows(actor).order_by(Survey.id.desc())
    if answered_only:
        wanted = wanted.where(SurveyAnswer.id.is_not(None))
    if cursor:
        wanted = wanted.where(Survey.id < int(paging.decode(cursor, int)[0]))
    found = _told(session, actor, wanted)
    shown = found[: paging.PAGE]
    more = len(found) > paging.PAGE
    return Page(shown, paging.encode(shown[-1].survey.id) if more else None)


def question(session: Session, actor: Actor, survey_id: int) -> QuestionRow:
    """One question of the actor's store; raises NotFound."""
    actor.require("survey.view")
    found = _told(session, actor, _rows(actor).where(Survey.id == survey_id))
    if not found:
        raise NotFound(msg("There is no such question in this store."))
    return found[0]


def of_customer(
    session: Session, actor: Actor, customer_id: int, *, most: int
) -> list[QuestionRow]:
    """What one customer was asked, the newest first."""
    wanted = _rows(actor).where(Survey.customer_id == customer_id)
    return _told(session, actor, wanted.order_by(Survey.asked_at.desc(), Survey.id.desc()))[:most]


def mark(session: Session, actor: Actor, key: str) -> str:  # noqa: ARG001 - one list per store
    """What moves when a bad answer comes or something is done about one, for pages that follow."""
    actor.require("survey.view")
    count, versions, newest = session.execute(
        select(func.count(), func.sum(FollowUp.version), func.max(FollowUp.id)).where(
            text(f"follow_ups.{OPEN_SQL}"), FollowUp.store_id == actor.store_id
        )
    ).one()
    return f"{count}.{versions or 0}.{newest or 0}"


def _rows(actor: Actor) -> Select[*_Columns]:
    return (
        select(
            Survey,
            SurveyAnswer,
            FollowUp,
            Customer.name,
            Customer.number,
            Unit.serial,
            RobotModel.name,
            Order.number,
            Ticket.number,
            Staff.name,
            _owner.name,
        )
        .join(Customer, Customer.id == Survey.customer_id)
        .join(Unit, Unit.id == Survey.unit_id)
        .join(RobotModel, RobotModel.id == Survey.model_id)
        .outerjoin(SurveyAnswer, SurveyAnswer.survey_id == Survey.id)
        .outerjoin(FollowUp, FollowUp.survey_id == Survey.id)
        .outerjoin(Order, Order.id == Survey.order_id)
        .outerjoin(Ticket, Ticket.id == Survey.ticket_id)
        .outerjoin(Staff, Staff.id == Survey.staff_id)
        .outerjoin(_owner, _owner.id == FollowUp.owner_id)
        .where(Survey.store_id == actor.store_id)
        .limit(paging.PAGE + 1)
    )


def _told(session: Session, actor: Actor, wanted: Select[*_Columns]) -> list[QuestionRow]:
    today = desk.business_day_of(desk.store_of(session, actor.store_id))
    return [_row(row, today) for row in session.execute(wanted)]


def _row(row: Row[*_Columns], today: date) -> QuestionRow:
    survey, answer, follow_up, customer, number, serial, model, order, ticket, person, owner = row
    return QuestionRow(
        survey=survey,
        answer=answer,
        follow_up=follow_up,
        customer=customer,
        customer_number=number,
        serial=serial,
        model=model,
        order=order,
        ticket=ticket,
        person=person or "",
        owner=owner or "",
        today=today,
    )


def _day(written: str) -> date:
    try:
        return date.fromisoformat(written)
    except ValueError:
        return date.min
