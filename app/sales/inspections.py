"""Pre-delivery inspection: no robot is sold before somebody looked at it and signed."""

from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel import audit, clock
from app.kernel.actor import Actor
from app.kernel.errors import Conflict, Invalid
from app.kernel.text import msg
from app.robots import addresses, registry, timeline, touches
from app.robots.models import Unit
from app.robots.states import UnitState
from app.robots.touches import UNREAD, Touch
from app.sales import checklists
from app.sales.checklists import Answered, Purpose
from app.sales.models import Checklist, Inspection
from app.web.forms import Reading

# Before the fields of what is read off the robot.
READING = "reading-"


def checklist_for(session: Session, actor: Actor, unit: Unit) -> Checklist:
    return checklists.in_force(session, actor, Purpose.PDI, unit.model_id)


def checklist_of(
    session: Session, actor: Actor, unit: Unit, inspection: Inspection | None
) -> Checklist | None:
    """The list that an inspection answered; for a unit that waits, the one in force."""
    if inspection is not None:
        return session.get(Checklist, inspection.checklist_id)
    return checklist_for(session, actor, unit) if unit.state is UnitState.RECEIVED else None


def answers_of(inspection: Inspection) -> dict[str, dict[str, str]]:
    """What was answered, by item key: `{"result", "note"}`."""
    return checklists.from_text(inspection.answers)


def inspect(session: Session, actor: Actor, unit: Unit, typed: Mapping[str, str]) -> Inspection:
    """Record an inspection, with what was read off the robot (fields after `READING`).

    Passed: the unit is for sale. Failed: it stays received.
    """
    actor.require("robots.inspect")
    if unit.state is not UnitState.RECEIVED:
        raise Conflict(
            msg("{serial} does not wait for an inspection.", serial=unit.serial),
            link=addresses.robot_page(unit.serial),
        )
    checklist = checklist_for(session, actor, unit)
    seen = Reading()
    touch = touches.read_touch(typed, seen, prefix=READING)
    try:
        answers = checklists.read_answers(checklist, typed)
    except Invalid as refusal:
        raise Invalid(refusal.message, problems=seen.problems | refusal.problems) from None
    seen.done()
    return record(session, actor, unit, checklist, answers, touch=touch)


def record(
    session: Session,
    actor: Actor,
    unit: Unit,
    checklist: Checklist,
    answers: Mapping[str, Answered],
    *,
    touch: Touch = UNREAD,
) -> Inspection:
    touches.keep(session, actor, unit, touch, reference="PDI", prefix=READING)
    passed = checklists.all_good(answers)
    inspection = Inspection(
        unit_id=unit.id,
        checklist_id=checklist.id,
        answers=checklists.as_text(answers),
        passed=passed,
        at=clock.now(),
        by=actor.name,
    )
    session.add(inspection)
    session.flush()
    here = addresses.inspection_page(unit.serial)
    if passed:
        why = msg("Pre-delivery inspection passed")
        registry.move(session, actor, unit, UnitState.INSPECTED, why=why, link=here)
        registry.move(session, actor, unit, UnitState.AVAILABLE, why=msg("For sale"), link=here)
    else:
        faults = sum(answer.result is checklists.Answer.FAIL for answer in answers.values())
        timeline.note(
            session,
            unit.id,
            kind="inspection",
            summary=msg("Pre-delivery inspection failed: {faults} faults", faults=faults),
            link=here,
            actor_name=actor.name,
        )
    audit.record(
        session,
        actor,
        "unit.inspected",
        subject=f"unit:{unit.id}",
        after={"passed": passed, "checklist": checklist.id},
    )
    return inspection


def latest(session: Session, unit_id: int) -> Inspection | None:
    return session.scalar(
        select(Inspection)
        .where(Inspection.unit_id == unit_id)
        .order_by(Inspection.id.desc())
        .limit(1)
    )
