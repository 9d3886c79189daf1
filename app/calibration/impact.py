"""Something was found wrong: every result that rests on it is judged again and disposed of.

ISO/IEC 17025:2017 7.10 and 6.4.9. One engine for references, procedure versions, editions of the
computation and persons; a case closes only when nothing in it is left open.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from app.calibration import judging, reach
from app.calibration.equipment_models import Equipment
from app.calibration.events import EquipmentFoundBad
from app.calibration.figures import figure, read_figure
from app.calibration.impact_models import (
    Disposition,
    ImpactCase,
    ImpactItem,
    ImpactState,
    ImpactSubject,
)
from app.calibration.judging import Error
from app.calibration.metrology.impact import Effect
from app.calibration.procedure_models import Procedure, ProcedureVersion
from app.calibration.reach import Window
from app.identity.models import Staff
from app.kernel import audit, clock, numbers, queueing, words
from app.kernel.actor import Actor
from app.kernel.errors import Conflict, NotFound, Refused
from app.kernel.searchkeys import clean
from app.kernel.text import Text, msg
from app.robots.models import Unit
from app.stores import desk

SERIES = "impact"
SUBJECT_LABELS: dict[ImpactSubject, Text] = {
    ImpactSubject.EQUIPMENT: msg("Reference equipment"),
    ImpactSubject.PROCEDURE: msg("Procedure version"),
    ImpactSubject.SOFTWARE: msg("Edition of the computation"),
    ImpactSubject.PERSON: msg("Person"),
    ImpactSubject.ROBOT: msg("Robot as found"),
}
EFFECT_LABELS: dict[Effect, Text] = {
    Effect.CHANGES: msg("Verdict changes"),
    Effect.MAY_CHANGE: msg("Verdict may change"),
    Effect.UNAFFECTED: msg("Verdict stays"),
}
EFFECT_TONES: dict[Effect, str] = {
    Effect.CHANGES: "bad",
    Effect.MAY_CHANGE: "warn",
    Effect.UNAFFECTED: "ok",
}
DISPOSITION_LABELS: dict[Disposition, Text] = {
    Disposition.NO_ACTION: msg("No action"),
    Disposition.RECALL: msg("Recall the robot"),
    Disposition.AMEND: msg("Amend the certificate"),
    Disposition.NOTIFY: msg("Tell the owner"),
}
STATE_LABELS: dict[ImpactState, Text] = {
    ImpactState.OPEN: msg("Open"),
    ImpactState.CLOSED: msg("Closed"),
}
_LONG = 2_000
_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class Finding:
    """What was wrong, within (since, until], by how much; `bias` empty: nobody knows."""

    subject: ImpactSubject
    key: str
    since: datetime
    until: datetime
    reason: str
    bias: str = ""
    bias_standard: str = "0"
    unit: str = ""

    @property
    def error(self) -> Error:
        return Error(figure(self.bias), figure(self.bias_standard) or 0.0, self.unit)


def label(case: ImpactCase) -> str:
    """The number as people read it."""
    return f"I-{case.number}"


def page(case: ImpactCase) -> str:
    return f"/calibration/impact/{case.number}"


def by_number(session: Session, actor: Actor, number: int) -> ImpactCase:
    """A case of the store; raises NotFound."""
    actor.require("calibration.view")
    found = session.scalar(
        select(ImpactCase).where(ImpactCase.store_id == actor.store_id, ImpactCase.number == number)
    )
    if found is None:
        raise NotFound(
            msg("There is no case {number} in this store.", number=f"I-{number}"),
            link="/calibration/impact",
        )
    return found


def on_found_bad(session: Session, event: EquipmentFoundBad) -> None:
    """A reference was out of its limits as found, was damaged or lost: a case of its own."""
    finding = Finding(
        subject=ImpactSubject.EQUIPMENT,
        key=str(event.equipment_id),
        since=event.since,
        until=event.until,
        reason=event.reason,
        bias=event.bias,
        bias_standard=event.bias_standard,
        unit=event.unit,
    )
    _open(session, event.actor, finding)


def open_case(session: Session, actor: Actor, finding: Finding) -> ImpactCase:
    """By hand: for a reference, a procedure version, an edition of the computation, a person."""
    actor.require("calibration.review")
    queueing.enter(session, actor.store_id)
    if not clean(finding.reason):
        raise Refused(msg("Say what is wrong."), field="reason")
    if finding.until <= finding.since:
        raise Refused(msg("The time ends before it begins."), field="until")
    if finding.until > clock.now():
        raise Refused(msg("That day is still to come."), field="until")
    for name in ("bias", "bias_standard"):
        read_figure(getattr(finding, name), field=name)
    if finding.bias and not finding.unit:
        raise Refused(msg("A figure needs its unit."), field="unit")
    if (figure(finding.bias_standard) or 0) < 0:
        raise Refused(msg("At least {least} belongs here.", least=0), field="bias_standard")
    if finding.subject is ImpactSubject.ROBOT:
        raise Refused(msg("A robot’s case begins with its calibration."), field="key")
    named(session, actor.store_id, finding.subject, finding.key)
    return _open(session, actor, finding)


def named(session: Session, store_id: int, subject: ImpactSubject, key: str) -> str:
    """What a case is about, in words; raises NotFound for what is not of this store."""
    if subject is ImpactSubject.SOFTWARE and clean(key):
        return clean(key)
    number = int(key) if key.isascii() and key.isdigit() and len(key) <= 18 else 0  # noqa: PLR2004
    match subject:
        case ImpactSubject.EQUIPMENT:
            piece = session.get(Equipment, number)
            if piece is not None and piece.store_id == store_id:
                return f"{piece.asset_number} · {piece.name}"
        case ImpactSubject.PERSON:
            person = session.get(Staff, number)
            if person is not None and person.store_id == store_id:
                return person.name
        case ImpactSubject.ROBOT:
            unit = session.get(Unit, number)
            if unit is not None and unit.store_id == store_id:
                return unit.serial
        case ImpactSubject.PROCEDURE:
            found = session.execute(
                select(Procedure.code, ProcedureVersion.number)
                .join(ProcedureVersion, ProcedureVersion.procedure_id == Procedure.id)
                .where(ProcedureVersion.id == number, Procedure.store_id == store_id)
            ).one_or_none()
            if found is not None:
                return f"{found.code} / {found.number}"
    raise NotFound(msg("There is no such thing in this store."), field="key")


def dispose(
    session: Session,
    actor: Actor,
    case: ImpactCase,
    item_ids: Iterable[int],
    disposition: Disposition,
    *,
    reason: str,
) -> int:
    """Say of items what is done about them, and why; said again, the last word holds."""
    actor.require("calibration.review")
    queueing.enter(session, actor.store_id)
    _require_open(case)
    why = words.fitting(reason, most=_LONG, field="reason")
    if not why:
        raise Refused(msg("Say why."), field="reason")
    wanted = sorted(set(item_ids))
    if not wanted:
        raise Refused(msg("Tick at least one."), field="items")
    done = 0
    for start in range(0, len(wanted), _AT_ONCE):
        done += len(
            session.execute(
                update(ImpactItem)
                .where(
                    ImpactItem.case_id == case.id,
                    ImpactItem.id.in_(wanted[start : start + _AT_ONCE]),
                )
                .values(
                    disposition=disposition,
                    reason=why,
                    disposed_at=clock.now(),
                    disposed_by=actor.name,
                )
                .returning(ImpactItem.id)
            ).all()
        )
    if done != len(wanted):
        raise NotFound(msg("There is no such result in this case."), field="items")
    audit.record(
        session,
        actor,
        "impact.disposed",
        subject=f"impact:{label(case)}",
        after={"items": wanted[:_AT_ONCE], "count": done, "disposition": disposition},
        reason=why,
    )
    return done


def close(session: Session, actor: Actor, case: ImpactCase) -> None:
    """End a case in which everything is disposed of; the database asks the same."""
    actor.require("calibration.review")
    queueing.enter(session, actor.store_id)
    _require_open(case)
    left = counts(session, [case.id])[case.id].left
    if left:
        raise Refused(
            msg("{number} results still wait for what is done about them.", number=left),
            field="close",
        )
    case.state = ImpactState.CLOSED
    case.closed_at = clock.now()
    case.closed_by = actor.name
    session.flush()
    audit.record(session, actor, "impact.closed", subject=f"impact:{label(case)}")


@dataclass(frozen=True, slots=True)
class Counts:
    """How many items a case has by effect, of how many robots, and how many wait."""

    effects: Mapping[Effect, int]
    robots: int
    left: int

    @property
    def items(self) -> int:
        return sum(self.effects.values())


def counts(session: Session, case_ids: Sequence[int]) -> dict[int, Counts]:
    """Of several cases at once."""
    effects: dict[int, dict[Effect, int]] = {case_id: {} for case_id in case_ids}
    left: dict[int, int] = dict.fromkeys(case_ids, 0)
    for case_id, effect, number, disposed in session.execute(
        select(
            ImpactItem.case_id,
            ImpactItem.effect,
            func.count(),
            func.count(ImpactItem.disposed_at),
        )
        .where(ImpactItem.case_id.in_(case_ids))
        .group_by(ImpactItem.case_id, ImpactItem.effect)
    ):
        effects[case_id][effect] = number
        left[case_id] += number - disposed
    robots = {
        row.case_id: row.robots
        for row in session.execute(
            select(ImpactItem.case_id, func.count(ImpactItem.unit_id.distinct()).label("robots"))
            .where(ImpactItem.case_id.in_(case_ids))
            .group_by(ImpactItem.case_id)
        )
    }
    return {
        case_id: Counts(effects[case_id], robots.get(case_id, 0), left[case_id])
        for case_id in case_ids
    }


def open_for_robot(
    session: Session, actor: Actor, finding: Finding, items: Sequence[Mapping[str, object]]
) -> ImpactCase:
    """A robot failed as found; what was released of it is added to the case that it has already."""
    case = session.scalar(
        select(ImpactCase).where(
            ImpactCase.store_id == actor.store_id,
            ImpactCase.subject == ImpactSubject.ROBOT,
            ImpactCase.subject_key == finding.key,
            ImpactCase.state == ImpactState.OPEN,
        )
    )
    if case is None:
        case = _new(session, actor, finding)
        _keep(session, actor, case, items)
        return case
    case.since, case.until = min(case.since, finding.since), max(case.until, finding.until)
    if finding.reason not in case.reason:
        case.reason = f"{case.reason}\n{finding.reason}"[:_LONG]
    known = set(session.scalars(select(ImpactItem.result_id).where(ImpactItem.case_id == case.id)))
    _keep(session, actor, case, [item for item in items if item["result_id"] not in known])
    return case


def _open(session: Session, actor: Actor, finding: Finding) -> ImpactCase:
    store = desk.store_of(session, actor.store_id)
    case = _new(session, actor, finding)
    window = Window(
        store_id=actor.store_id,
        subject=finding.subject,
        key=finding.key,
        since=finding.since,
        until=finding.until,
        first_day=desk.business_day_of(store, finding.since),
        last_day=desk.business_day_of(store, finding.until),
    )
    items = judging.assess(session, finding.error, reach.touched(session, window))
    _keep(session, actor, case, items)
    return case


def _new(session: Session, actor: Actor, finding: Finding) -> ImpactCase:
    case = ImpactCase(
        store_id=actor.store_id,
        number=numbers.allot(session, store_id=actor.store_id, series=SERIES),
        subject=finding.subject,
        subject_key=finding.key,
        since=finding.since,
        until=finding.until,
        bias=finding.bias,
        bias_standard=finding.bias_standard or "0",
        unit=finding.unit,
        reason=clean(finding.reason)[:_LONG],
        made_at=clock.now(),
        made_by=actor.name,
    )
    session.add(case)
    session.flush()
    return case


def _keep(
    session: Session, actor: Actor, case: ImpactCase, items: Sequence[Mapping[str, object]]
) -> None:
    if items:
        session.execute(insert(ImpactItem), [{"case_id": case.id, **item} for item in items])
    audit.record(
        session,
        actor,
        "impact.opened",
        subject=f"impact:{label(case)}",
        after={
            "subject": case.subject,
            "key": case.subject_key,
            "since": case.since,
            "until": case.until,
            "results": len(items),
        },
        reason=case.reason,
    )


def _require_open(case: ImpactCase) -> None:
    if case.state is not ImpactState.OPEN:
        raise Conflict(msg("{case} is closed.", case=label(case)), field="close")
