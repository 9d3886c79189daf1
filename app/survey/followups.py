"""What is done about bad answers: by whom, until when, with which outcome."""

from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.identity import staff
from app.identity.models import Staff
from app.identity.roles import permissions_of
from app.kernel import audit, clock
from app.kernel.actor import Actor
from app.kernel.errors import Conflict, NotFound, Refused
from app.kernel.text import msg
from app.service import hours
from app.stores import desk
from app.survey import rules
from app.survey.models import FollowUp, FollowUpNote, Survey
from app.survey.states import Outcome
from app.web.forms import Reading

LONGEST_NOTE = 2_000
# A store that is closed for longer than this counts plain days.
_LOOKS_AHEAD = 90


def begin(session: Session, survey: Survey) -> FollowUp:
    """A bad answer came: somebody sees to it within the store's working days."""
    said = rules.of_store(session, survey.store_id)
    now = clock.now()
    made = FollowUp(
        store_id=survey.store_id,
        survey_id=survey.id,
        opened_at=now,
        due_on=deadline(session, survey.store_id, days=said.follow_up_days),
    )
    session.add(made)
    session.flush()
    house = Actor(store_id=survey.store_id, name="survey", role="house")
    audit.record(
        session,
        house,
        "follow_up.opened",
        subject=_subject(made),
        after={"survey": survey.id, "due_on": made.due_on},
    )
    return made


def deadline(session: Session, store_id: int, *, days: int) -> date:
    """So many days on which the store works from today on, today not counted."""
    today = desk.business_day_of(desk.store_of(session, store_id))
    open_on = hours.of(session, store_id)
    left = days
    for offset in range(1, _LOOKS_AHEAD + 1):
        day = today + timedelta(days=offset)
        if open_on.on(day) is None:
            continue
        left -= 1
        if left == 0:
            return day
    return today + timedelta(days=days)


def by_survey(session: Session, actor: Actor, survey: Survey) -> FollowUp:
    """What is done about an answer; raises NotFound for one that was not bad."""
    actor.require("survey.view")
    found = of_survey(session, survey)
    if found is None:
        raise NotFound(msg("This answer is not followed up."))
    return found


def of_survey(session: Session, survey: Survey) -> FollowUp | None:
    return session.scalar(select(FollowUp).where(FollowUp.survey_id == survey.id))


def notes_of(session: Session, row: FollowUp) -> list[FollowUpNote]:
    return list(
        session.scalars(
            select(FollowUpNote)
            .where(FollowUpNote.follow_up_id == row.id)
            .order_by(FollowUpNote.id)
        )
    )


def note(session: Session, actor: Actor, row: FollowUp, text: str) -> FollowUpNote:
    """Write down what was done; also after it is done, since customers call again."""
    actor.require("survey.follow_up")
    seen = Reading()
    said = seen.text("text", text.replace("\r\n", "\n"), most=LONGEST_NOTE, required=True)
    seen.done()
    made = FollowUpNote(follow_up_id=row.id, text=said, at=clock.now(), by=actor.name)
    session.add(made)
    row.version += 1
    session.flush()
    audit.record(session, actor, "follow_up.noted", subject=_subject(row), after={"note": made.id})
    return made


def assign(session: Session, actor: Actor, row: FollowUp, staff_id: int | None) -> None:
    """Whose it is; None: nobody's yet. Raises Refused for somebody who may not see to it."""
    actor.require("survey.follow_up")
    _require_open(row)
    if staff_id is not None:
        wanted = {person.id for person in owners(session, actor.store_id)}
        if staff_id not in wanted:
            raise Refused(msg("Choose somebody who may see to it."), field="owner")
    before = row.owner_id
    if before == staff_id:
        return
    row.owner_id = staff_id
    row.version += 1
    session.flush()
    audit.record(
        session,
        actor,
        "follow_up.assigned",
        subject=_subject(row),
        before={"owner": before},
        after={"owner": staff_id},
    )


def finish(session: Session, actor: Actor, row: FollowUp, outcome: str, *, text: str = "") -> None:
    """It is done, and how it ended; `text` is a last note."""
    actor.require("survey.follow_up")
    _require_open(row)
    seen = Reading()
    if outcome not in set(Outcome):
        seen.refuse("outcome", msg("Choose one of these."))
    seen.text("text", text, most=LONGEST_NOTE)
    seen.done()
    if text.strip():
        note(session, actor, row, text)
    row.done_at, row.done_by, row.outcome = clock.now(), actor.name, Outcome(outcome)
    row.version += 1
    session.flush()
    audit.record(
        session,
        actor,
        "follow_up.done",
        subject=_subject(row),
        after={"outcome": row.outcome},
    )


def owners(session: Session, store_id: int) -> list[Staff]:
    """Who may see to bad answers in a store."""
    return [
        person
        for person in staff.of_store(session, store_id, working=True)
        if "survey.follow_up" in permissions_of(person.role)
    ]


def _require_open(row: FollowUp) -> None:
    if row.done_at is not None:
        raise Conflict(msg("This was done already, by {who}.", who=row.done_by))


def _subject(row: FollowUp) -> str:
    return f"follow_up:{row.id}"
