"""A laboratory: a store, people, references, a released procedure, a robot."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy.orm import Session

from app.calibration import adjustments, chosenpoints, jobs, procedures, readings
from app.calibration.equipment_models import Equipment, EquipmentCertificate, EquipmentResult
from app.calibration.job_models import CalibrationJob, JobReason, Phase
from app.calibration.metrology.budget import Distribution
from app.calibration.metrology.decision import Rule
from app.calibration.procedure_models import ProcedureVersion, RowSource
from app.calibration.procedureinputs import NeedInput, PointInput, RowInput, VersionInput
from app.calibration.readings import Spot
from app.identity.models import Staff
from app.identity.roles import Role
from app.identity.signing import actor_for
from app.kernel import clock
from app.kernel.actor import Actor
from app.kernel.searchkeys import search_key
from app.robots.models import Unit
from app.stores.models import Store
from tests.makers.identity import a_person
from tests.makers.robots import a_model, a_unit
from tests.makers.slots import a_plan
from tests.makers.stores import a_store

SERIAL = "DEMO-G1-0001"
LEVEL = "LEVEL-01"
KNEES = ("joint:left_knee_joint", "joint:right_knee_joint")


@dataclass(frozen=True)
class Lab:
    """`version` is released: two knee zeros in deg, within ±0.05, two readings each."""

    store: Store
    people: dict[Role, Staff]
    technician: Actor
    metrologist: Actor
    manager: Actor
    version: ProcedureVersion
    level: Equipment
    unit: Unit


def a_lab(session: Session) -> Lab:
    store = a_store(session)
    people = {
        Role.TECHNICIAN: a_person(session, store, "Emre Kaya", role=Role.TECHNICIAN),
        Role.METROLOGIST: a_person(session, store, "Mei Hoffmann", role=Role.METROLOGIST),
        Role.MANAGER: a_person(session, store, "Petra Krause", role=Role.MANAGER),
    }
    manager = actor_for(people[Role.MANAGER], terminal=None)
    a_plan(session, a_model(session))
    return Lab(
        store=store,
        people=people,
        technician=actor_for(people[Role.TECHNICIAN], terminal=None),
        metrologist=actor_for(people[Role.METROLOGIST], terminal=None),
        manager=manager,
        version=a_procedure(session, manager),
        level=an_equipment(session, store),
        unit=a_unit(session, store, SERIAL),
    )


def a_procedure(
    session: Session,
    actor: Actor,
    code: str = "KNEE-ZERO",
    *,
    points: Sequence[PointInput] | None = None,
    wanted: VersionInput | None = None,
    needs: Sequence[NeedInput] = (NeedInput("level", "level"),),
    rows: Sequence[RowInput] | None = None,
    released: bool = True,
) -> ProcedureVersion:
    """A procedure, released; by default the zero positions of both knees, read with a level."""
    version = procedures.add(
        session,
        actor,
        code=code,
        wanted=wanted or VersionInput(title="Zero positions of the knees", rule=Rule.GUARD_BAND),
    )
    procedures.set_needs(session, actor, version, needs)
    budget = default_budget(needs) if rows is None else rows
    for point in points or [a_point(target) for target in KNEES]:
        procedures.add_point(session, actor, version, point, budget if point.readings else ())
    return procedures.release(session, actor, version) if released else version


def default_budget(needs: Sequence[NeedInput]) -> list[RowInput]:
    """What the reference states, and 0.004 for mounting it."""
    rows = [RowInput("mounting", distribution=Distribution.RECTANGULAR, value="0.004")]
    if needs:
        rows.insert(0, RowInput("reference", source=RowSource.REFERENCE, role=needs[0].role))
    return rows


def a_point(
    target: str = KNEES[0],
    *,
    label: str = "",
    unit: str = "deg",
    lower: str = "-0.05",
    upper: str = "0.05",
    readings: int = 2,
    role: str = "level",
) -> PointInput:
    return PointInput(
        label=label or target.partition(":")[2].replace("_", " "),
        target=target,
        quantity="angle",
        unit=unit,
        nominal="0",
        lower=lower,
        upper=upper,
        readings=readings,
        role=role,
    )


def an_equipment(
    session: Session,
    store: Store,
    asset: str = LEVEL,
    *,
    kind: str = "level",
    unit: str = "deg",
    expanded: str = "0.004",
    error: str = "0",
    calibrated_on: date | None = None,
    due_on: date | None = None,
) -> Equipment:
    """A reference with a certificate of last month that is due next year."""
    today = clock.now().date()
    equipment = Equipment(
        store_id=store.id,
        asset_number=asset,
        asset_key=search_key(asset),
        name=f"Reference {asset}",
        kind=kind,
        maker="Wyler",
        maker_key="wyler",
        type_name="Clinotronic",
        type_key="clinotronic",
        serial=f"W-{asset}",
        serial_key=search_key(f"W-{asset}"),
        resolution="0.001",
        unit=unit,
        registered_at=clock.now(),
        registered_by="Petra Krause",
    )
    session.add(equipment)
    session.flush()
    a_certificate(
        session,
        equipment,
        expanded=expanded,
        error=error,
        calibrated_on=calibrated_on or today - timedelta(days=30),
        due_on=due_on or today + timedelta(days=335),
    )
    return equipment


def a_certificate(
    session: Session,
    equipment: Equipment,
    number: str = "D-K-1",
    *,
    expanded: str = "0.004",
    error: str = "0",
    calibrated_on: date,
    due_on: date | None,
) -> EquipmentCertificate:
    """A certificate of a reference with one line."""
    certificate = EquipmentCertificate(
        equipment_id=equipment.id,
        issuer="Kalibrierlabor Sachsen",
        issuer_key="kalibrierlabor sachsen",
        number=number,
        number_key=search_key(number),
        calibrated_on=calibrated_on,
        due_on=due_on,
        recorded_at=clock.now(),
        recorded_by="Petra Krause",
    )
    session.add(certificate)
    session.flush()
    session.add(
        EquipmentResult(
            certificate_id=certificate.id,
            seq=1,
            unit=equipment.unit,
            nominal="0",
            value=error,
            error=error,
            expanded=expanded,
        )
    )
    session.flush()
    return certificate


def a_job(
    session: Session,
    lab: Lab,
    *,
    version: ProcedureVersion | None = None,
    unit: Unit | None = None,
    reason: JobReason = JobReason.SCHEDULED,
    reference: str = "",
    started: bool = True,
    with_equipment: bool = True,
) -> CalibrationJob:
    """A job of the technician's, by default begun and with its level."""
    job = jobs.plan(
        session,
        lab.technician,
        unit or lab.unit,
        version=version or lab.version,
        reason=reason,
        reference=reference,
    )
    if started:
        jobs.start(session, lab.technician, job)
    if with_equipment:
        for need in job.procedure_version.needs:
            jobs.choose_equipment(session, lab.technician, job, need.role, lab.level)
    return job


def measure(
    session: Session,
    lab: Lab,
    job: CalibrationJob,
    *,
    phase: Phase = Phase.AS_FOUND,
    text: str = "0.010",
    seqs: Sequence[int] | None = None,
) -> None:
    """Read every measured point as often as it wants, a little apart."""
    for point in chosenpoints.of_job(job):
        if seqs is None or point.seq in seqs:
            for place in range(point.readings):
                typed = str(round(float(text) + 0.001 * place, 6))
                readings.take(session, lab.technician, job, Spot(point, phase), typed)


def a_measured_job(session: Session, lab: Lab, *, text: str = "0.010") -> CalibrationJob:
    """Read as found, nothing adjusted, waiting for its review."""
    job = a_job(session, lab)
    measure(session, lab, job, text=text)
    adjustments.nothing_adjusted(session, lab.technician, job)
    jobs.finish(session, lab.technician, job)
    return job
