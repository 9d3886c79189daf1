"""Answering: whoever holds the key of a letter answers its question, once."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from app.identity.secrets import token_hash
from app.kernel import audit, clock
from app.kernel.actor import Actor
from app.kernel.db import add_if_new
from app.kernel.errors import Conflict, NotFound
from app.kernel.searchkeys import figures
from app.kernel.text import msg
from app.robots.models import Unit
from app.sales.models import OrderLine
from app.survey import followups
from app.survey.models import Survey, SurveyAnswer
from app.survey.states import MOST_DETRACTOR, MOST_POINTS
from app.web.forms import Reading

LONGEST_COMMENT = 2_000
_LONGEST_KEY = 100


class AnsweredAlready(Conflict):
    """The first answer counts."""

    code = "answered_already"


def survey_of(session: Session, key: str) -> Survey:
    """The question that a key opens, answered or not. Raises NotFound, in the same words whether it
    was guessed, revoked, or is too old.
    """
    found = None
    if 0 < len(key) <= _LONGEST_KEY:
        found = session.scalar(select(Survey).where(Survey.token_hash == token_hash(key)))
    if found is None or found.revoked_at is not None or found.expires_at <= clock.now():
        raise NotFound(msg("There is no open question at this address."))
    return found


def answer_to(session: Session, survey: Survey) -> SurveyAnswer | None:
    return session.scalar(select(SurveyAnswer).where(SurveyAnswer.survey_id == survey.id))


def robots_of(session: Session, survey: Survey) -> Sequence[Unit]:
    """Which robots the question may be about: those of its sale, or the one that was repaired."""
    wanted = select(Unit).options(joinedload(Unit.model))
    if survey.order_id is None:
        wanted = wanted.where(Unit.id == survey.unit_id)
    else:
        wanted = (
            wanted.join(OrderLine, OrderLine.unit_id == Unit.id)
            .where(OrderLine.order_id == survey.order_id)
            .order_by(OrderLine.id)
        )
    return session.scalars(wanted).all()


def need_a_choice(robots: Sequence[Unit]) -> bool:
    """Of several models somebody has to say which they mean; of one, no figure depends on it."""
    return len({robot.model_id for robot in robots}) > 1


def answer(
    session: Session,
    survey: Survey,
    *,
    score: str,
    comment: str,
    language: str,
    robot: str = "",
) -> SurveyAnswer:
    """Keep an answer as typed. A bad one is followed up. `robot`: the id of the one that it is
    about, where the sale had several; the question is tied to that one from then on. Raises Invalid
    by field, AnsweredAlready where there is an answer.
    """
    seen = Reading()
    points = _points(score, seen)
    about = _robot(session, survey, robot, seen)
    said = seen.text("comment", comment.replace("\r\n", "\n"), most=LONGEST_COMMENT)
    seen.done()
    values = {
        "survey_id": survey.id,
        "score": points,
        "comment": said,
        "language": language,
        "at": clock.now(),
    }
    # the database says which of two tabs was first
    kept = add_if_new(session, SurveyAnswer, values, key=("survey_id",))
    if kept is None:
        raise AnsweredAlready(msg("You have answered already. Your first answer counts."))
    survey.unit_id, survey.model_id = about.id, about.model_id
    customer = Actor(store_id=survey.store_id, name="customer", role="customer")
    audit.record(
        session,
        customer,
        "survey.answered",
        subject=f"survey:{survey.id}",
        after={"score": points, "unit_id": about.id},
    )
    if points <= MOST_DETRACTOR:
        followups.begin(session, survey)
    return kept


def _robot(session: Session, survey: Survey, typed: str, seen: Reading) -> Unit:
    """The one that was named; where nobody named one, the one that was asked about."""
    robots = robots_of(session, survey)
    for one in robots:
        if str(one.id) == typed:
            return one
    if typed or need_a_choice(robots):
        seen.refuse("robot", msg("Choose one of these."))
    return session.get_one(Unit, survey.unit_id)


def _points(typed: str, seen: Reading) -> int:
    plain = figures(typed)
    if plain.isascii() and plain.isdigit() and len(plain) <= 2 and int(plain) <= MOST_POINTS:  # noqa: PLR2004
        return int(plain)
    seen.refuse("score", msg("Choose a number from 0 to 10."))
    return 0
