"""What a customer's page, copy of data and erasure take from the survey."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.customers.events import CustomerErased
from app.customers.models import Customer
from app.customers.panels import Panel, PanelRow
from app.kernel import clock
from app.kernel.actor import Actor
from app.kernel.text import Text, msg
from app.survey import followuplists
from app.survey.followuplists import QuestionRow
from app.survey.models import FollowUp, FollowUpNote, Survey, SurveyAnswer
from app.survey.states import OCCASION_LABELS, Outcome

_MOST_ROWS = 20
_ERASURE = "erasure"


def panel(session: Session, actor: Actor, customer: Customer) -> Panel:
    """What the customer was asked and answered, newest first."""
    rows = []
    if actor.may("survey.view"):
        rows = followuplists.of_customer(session, actor, customer.id, most=_MOST_ROWS)
    return Panel(
        title=msg("Survey"),
        nothing=msg("This customer was asked nothing yet."),
        rows=[
            PanelRow(
                name=row.about,
                href=row.page,
                facts=(row.survey.asked_at, OCCASION_LABELS[row.survey.occasion], row.serial),
                state=_state(row),
            )
            for row in rows
        ],
    )


def chapter(session: Session, actor: Actor, customer: Customer) -> object:  # noqa: ARG001
    """Every question with its answer and what was done about it, for the copy of their data."""
    found: Iterable[tuple[Any, ...]] = session.execute(
        select(Survey, SurveyAnswer, FollowUp)
        .outerjoin(SurveyAnswer, SurveyAnswer.survey_id == Survey.id)
        .outerjoin(FollowUp, FollowUp.survey_id == Survey.id)
        .where(Survey.customer_id == customer.id)
        .order_by(Survey.id)
    )
    rows = list(found)
    notes: dict[int, list[object]] = {}
    ids = [follow_up.id for _, _, follow_up in rows if follow_up is not None]
    for note in session.scalars(
        select(FollowUpNote).where(FollowUpNote.follow_up_id.in_(ids)).order_by(FollowUpNote.id)
    ):
        notes.setdefault(note.follow_up_id, []).append({"at": note.at, "text": note.text})
    return [
        {
            "asked_at": survey.asked_at,
            "after": survey.occasion,
            "answered_at": answer.at if answer else None,
            "score": answer.score if answer else None,
            "comment": answer.comment if answer else "",
            "outcome": follow_up.outcome if follow_up else None,
            "notes": notes.get(follow_up.id, []) if follow_up else [],
        }
        for survey, answer, follow_up in rows
    ]


def on_customer_erased(session: Session, event: CustomerErased) -> None:
    """Listens in `app.wiring`. The score stays, all words go; a link opens nothing any more, and
    nobody calls somebody who is forgotten.
    """
    surveys = select(Survey.id).where(Survey.customer_id == event.customer_id)
    theirs = select(FollowUp.id).where(FollowUp.survey_id.in_(surveys))
    session.execute(
        update(SurveyAnswer)
        .where(SurveyAnswer.survey_id.in_(surveys), SurveyAnswer.comment != "")
        .values(comment="")
    )
    session.execute(
        update(FollowUpNote)
        .where(FollowUpNote.follow_up_id.in_(theirs), FollowUpNote.text != "")
        .values(text="")
    )
    session.execute(
        update(FollowUp)
        .where(FollowUp.id.in_(theirs), FollowUp.done_at.is_(None))
        .values(
            done_at=clock.now(),
            done_by=_ERASURE,
            outcome=Outcome.NOTHING_TO_DO,
            version=FollowUp.version + 1,
        )
    )
    answered = select(SurveyAnswer.survey_id)
    session.execute(
        update(Survey)
        .where(
            Survey.customer_id == event.customer_id,
            Survey.revoked_at.is_(None),
            Survey.id.not_in(answered),
        )
        .values(revoked_at=clock.now(), revoked_by=_ERASURE)
    )


def _state(row: QuestionRow) -> tuple[Text, str]:
    if row.answer is not None:
        return msg("{score} of 10", score=row.answer.score), row.tone
    return row.standing_label, ""
