"""The short way after an actuator was swapped: its serial, firmware, zero, two people, the proof.

The steps are kept as they are done, so that a technician may be called away between them. The
proof is a job by the joint's procedure like any other; nothing here makes a robot pass.
"""

from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from app.calibration import adjustments, demands, jobs, listening
from app.calibration.adjustments import AdjustmentInput
from app.calibration.bodytargets import Body
from app.calibration.job_models import Adjustment, CalibrationJob, JobReason, JobState
from app.calibration.procedure_models import Procedure
from app.calibration.standing import Running, running_of
from app.calibration.validity_models import CalibrationDemand, Recalibration, Validity
from app.kernel import audit, clock, queueing
from app.kernel.actor import Actor
from app.kernel.errors import Conflict, Refused
from app.kernel.searchkeys import clean, search_key
from app.kernel.text import Text, msg
from app.robots import bodies, firmware
from app.robots.bodyplan import SlotClass
from app.robots.components import occupant_label, read_version
from app.robots.models import Unit
from app.robots.occupancy import latest
from app.robots.slot_models import Occupant, Slot
from app.robots.slotnames import name_of

PROCEDURE = "JOINT-ZERO"
PARAMETER = "zero offset"


class Step(StrEnum):
    """What is to be done next."""

    IDENTITY = "identity"
    FIRMWARE = "firmware"
    OFFSET = "offset"
    HOLD = "hold"
    VERIFY = "verify"
    DONE = "done"


STEP_LABELS: dict[Step, Text] = {
    Step.IDENTITY: msg("The new actuator"),
    Step.FIRMWARE: msg("Its firmware"),
    Step.OFFSET: msg("Zero offset"),
    Step.HOLD: msg("Two people hold it"),
    Step.VERIFY: msg("Verify"),
    Step.DONE: msg("Result"),
}
_ORDER = list(Step)


@dataclass(frozen=True, slots=True)
class Progress:
    """Where it stands. `fitted` is what sits in the slot now; without it nothing can be done."""

    unit: Unit
    slot: Slot
    fitted: Occupant | None
    row: Recalibration | None
    job: CalibrationJob | None
    adjustment: Adjustment | None
    target: str
    demand: CalibrationDemand | None
    validity: Validity | None
    running: Running | None

    @property
    def step(self) -> Step:
        row = self.row
        if row is None:
            return Step.IDENTITY
        if row.firmware_at is None:
            return Step.FIRMWARE
        if self.adjustment is None or self.job is None:
            return Step.OFFSET
        if row.held_at is None:
            return Step.HOLD
        return Step.DONE if self.has_passed else Step.VERIFY

    @property
    def has_passed(self) -> bool:
        return (
            self.validity is not None
            and self.job is not None
            and self.validity.job_id == self.job.id
        )

    @property
    def job_state(self) -> JobState | None:
        return self.job.state if self.job else None

    @property
    def fitted_label(self) -> str:
        return str(occupant_label(self.fitted)) if self.fitted else ""

    @property
    def steps(self) -> list[tuple[Step, Text, str]]:
        """Each step with its words and `done`, `now` or `next`."""
        now = _ORDER.index(self.step)
        return [
            (step, STEP_LABELS[step], "done" if at < now else "now" if at == now else "next")
            for at, step in enumerate(_ORDER)
        ]


@dataclass(frozen=True, slots=True)
class Offsets:
    """The joint's zero as it was and as it was set, figures as they are on the robot."""

    before: str
    after: str
    unit: str = "deg"
    note: str = ""


def progress(session: Session, actor: Actor, unit: Unit, path: str) -> Progress:
    """How far the short way is for the actuator that sits in a slot now.

    Raises NotFound for no slot of this robot, Refused for one that no actuator belongs in.
    """
    actor.require("calibration.view")
    slot = bodies.slot_called(session, unit, path)
    if slot.slot_class is not SlotClass.ACTUATOR:
        raise Refused(
            msg("{slot} holds no actuator: this way is for joints.", slot=name_of(slot.path)),
            field="slot",
        )
    fitted = latest(session, Occupant.unit_id == unit.id, Occupant.slot_id == slot.id)
    if fitted is not None and fitted.until is not None:
        fitted = None
    row = None
    if fitted is not None:
        row = session.scalar(select(Recalibration).where(Recalibration.occupant_id == fitted.id))
    target = row.target if row is not None else _target(session, unit, slot)
    demand, validity = _standing(session, unit, target)
    procedure_id = demand.procedure_id if demand else validity.procedure_id if validity else None
    running = running_of(session, unit.id)
    job = session.get(CalibrationJob, row.job_id) if row is not None and row.job_id else None
    if job is not None and job.state in {JobState.CANCELLED, JobState.VOIDED}:
        job = None
    return Progress(
        unit=unit,
        slot=slot,
        fitted=fitted,
        row=row,
        job=job,
        adjustment=(
            session.get(Adjustment, row.adjustment_id)
            if row is not None and row.adjustment_id and job is not None
            else None
        ),
        target=target,
        demand=demand,
        validity=validity,
        running=running.get(procedure_id) if procedure_id else None,
    )


def identify(session: Session, actor: Actor, here: Progress, typed: str) -> Recalibration:
    """What was scanned on the actuator is what the passport says sits there.

    Raises Refused at the field for another serial: then the passport is to be put right first.
    """
    actor.require("calibration.measure")
    queueing.enter(session, actor.store_id)
    fitted = _fitted(here)
    if here.row is not None:
        return here.row
    shown = fitted.component.serial if fitted.component else fitted.lot or fitted.part_number
    if search_key(typed) != search_key(shown):
        raise Refused(
            msg(
                "The passport says that {what} sits there, not {typed}. Put that right first.",
                what=occupant_label(fitted),
                typed=clean(typed)[:60] or "–",
            ),
            field="serial",
            link=f"/robots/{here.unit.serial}/slots/{here.slot.path}",
        )
    row = Recalibration(
        store_id=actor.store_id,
        unit_id=here.unit.id,
        slot_id=here.slot.id,
        occupant_id=fitted.id,
        target=here.target,
        reference=here.demand.reference if here.demand else fitted.reference,
        identified_at=clock.now(),
        identified_by=actor.name,
    )
    session.add(row)
    session.flush()
    _record(session, actor, row, "recalibration.begun", {"actuator": shown})
    return row


def read_firmware(session: Session, actor: Actor, here: Progress, typed: str) -> None:
    """The version that the new actuator reports; it is on the component's record from now on."""
    actor.require("calibration.measure")
    row = _begun(session, actor, here)
    version = read_version(typed, field="firmware")
    if not version:
        raise Refused(msg("Please fill this in."), field="firmware")
    fitted = _fitted(here)
    if fitted.component is not None:
        firmware.record_in_component(
            session, actor, fitted.component, version, unit=here.unit, reference=row.reference
        )
    row.firmware, row.firmware_at, row.firmware_by = version, clock.now(), actor.name
    _touch(session, row)
    _record(session, actor, row, "recalibration.firmware", {"firmware": version})


def set_offset(session: Session, actor: Actor, here: Progress, given: Offsets) -> CalibrationJob:
    """The zero offset as it was and as it is now, as an adjustment of the joint's job.

    The job is planned and begun where there is none yet. Raises Refused at the field.
    """
    actor.require("calibration.measure")
    row = _begun(session, actor, here)
    if row.firmware_at is None:
        raise Conflict(msg("Read its firmware first."))
    _figure("before", given.before)
    _figure("after", given.after)
    job = _job(session, actor, here, row)
    made = adjustments.record(
        session,
        actor,
        job,
        AdjustmentInput(
            target=row.target,
            parameter=PARAMETER,
            before=given.before,
            after=given.after,
            unit=given.unit,
            firmware=row.firmware,
            note=given.note,
        ),
    )
    row.job_id, row.adjustment_id = job.id, made.id
    # another offset is held anew
    row.held_at, row.held_by, row.held_with = None, "", ""
    _touch(session, row)
    return job


def hold(session: Session, actor: Actor, second: Actor, here: Progress) -> None:
    """A second person stood at the joint when its zero was set, and says so by a PIN."""
    actor.require("calibration.measure")
    second.require("calibration.measure")
    row = _begun(session, actor, here)
    if here.adjustment is None:
        raise Conflict(msg("Record the zero offset first."))
    if second.staff_id is None or second.staff_id == actor.staff_id:
        raise Refused(msg("A second person confirms it."), field="pin")
    row.held_at, row.held_by, row.held_with = clock.now(), actor.name, second.name
    _touch(session, row)
    _record(session, actor, row, "recalibration.held", {"with": second.name})


def _job(session: Session, actor: Actor, here: Progress, row: Recalibration) -> CalibrationJob:
    """The open job of the joint's procedure, else a new one over what was touched; begun."""
    number = here.job.number if here.job else here.running.number if here.running else None
    if number is not None:
        job = jobs.by_number(session, actor, number)
        if job.state in {JobState.PLANNED, JobState.MEASURING}:
            jobs.measure_also(session, actor, job, {row.target})
    else:
        job = jobs.plan(
            session,
            actor,
            here.unit,
            code=PROCEDURE,
            reason=JobReason.AFTER_REPAIR,
            reference=row.reference,
            targets=_to_prove(session, here, row),
        )
    if job.state is JobState.PLANNED:
        jobs.start(session, actor, job)
    return job


def _to_prove(session: Session, here: Progress, row: Recalibration) -> set[str]:
    """The joint itself, and what else its procedure has to prove at this robot."""
    asked = demands.open_of(session, here.unit.id)
    points = {one.target for one in asked if one.procedure.code_key == search_key(PROCEDURE)}
    return {row.target} | points


def _target(session: Session, unit: Unit, slot: Slot) -> str:
    """The point at which the joint's procedure measures this slot."""
    body = Body((slot,))
    procedure_id = session.scalar(
        select(Procedure.id).where(
            Procedure.store_id == unit.store_id, Procedure.code_key == search_key(PROCEDURE)
        )
    )
    points = listening.targets_of(session, unit, [procedure_id] if procedure_id else [])
    for target in sorted(points.get(procedure_id or 0, ())):
        if body.at(target):
            return target
    raise Refused(
        msg(
            "{code} has no point at {slot}. Release a version with one.",
            code=PROCEDURE,
            slot=name_of(slot.path),
        ),
        field="slot",
        link="/calibration/procedures",
    )


def _standing(
    session: Session, unit: Unit, target: str
) -> tuple[CalibrationDemand | None, Validity | None]:
    asked = [
        one
        for one in demands.open_of(session, unit.id)
        if one.target == target and one.procedure.code_key == search_key(PROCEDURE)
    ]
    held = session.scalar(
        select(Validity)
        .join(Validity.procedure)
        .where(
            Validity.unit_id == unit.id,
            Validity.target == target,
            Validity.ended_at.is_(None),
            Procedure.code_key == search_key(PROCEDURE),
        )
        .options(joinedload(Validity.procedure))
    )
    return (asked[0] if asked else None), held


def _fitted(here: Progress) -> Occupant:
    if here.fitted is None:
        raise Conflict(
            msg("Nothing sits in {slot}. Fit the actuator first.", slot=name_of(here.slot.path)),
            link=f"/robots/{here.unit.serial}/slots/{here.slot.path}",
        )
    return here.fitted


def _begun(session: Session, actor: Actor, here: Progress) -> Recalibration:
    queueing.enter(session, actor.store_id)
    _fitted(here)
    if here.row is None:
        raise Conflict(msg("Scan the new actuator first."))
    session.refresh(here.row)
    return here.row


def _figure(field: str, text: str) -> None:
    if not clean(text):
        raise Refused(msg("Please fill this in."), field=field)
    try:
        value = float(clean(text).replace(",", ".").replace("\N{MINUS SIGN}", "-"))
    except ValueError:
        value = float("nan")
    if not -1e6 < value < 1e6:  # noqa: PLR2004 - more than any joint turns or slides
        raise Refused(msg("“{text}” is not a figure.", text=clean(text)[:40]), field=field)


def _touch(session: Session, row: Recalibration) -> None:
    row.version += 1
    session.flush()


def _record(
    session: Session, actor: Actor, row: Recalibration, action: str, after: dict[str, object]
) -> None:
    audit.record(
        session,
        actor,
        action,
        subject=f"unit:{row.unit_id}",
        after={"target": row.target, **after},
        reason=row.reference or None,
    )
