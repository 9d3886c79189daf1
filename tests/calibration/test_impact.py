"""A reference found bad: a small case worked out by hand, and how a case is ended."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.calibration import adjustments, equipmentbook, equipmentcertificates, impact, jobs
from app.calibration.equipment_models import Equipment, EquipmentCertificate, EquipmentState
from app.calibration.foundbad import Fault
from app.calibration.impact import Finding
from app.calibration.impact_models import Disposition, ImpactCase, ImpactItem, ImpactSubject
from app.calibration.job_models import CalibrationJob, JobReason, Reading
from app.calibration.metrology.impact import Effect
from app.calibration.procedure_models import ProcedureVersion, RowSource
from app.calibration.procedureinputs import NeedInput, RowInput
from app.calibration.typedcertificate import CertificateInput, ResultInput
from app.kernel import clock
from app.kernel.errors import Conflict, Forbidden, NotFound, Refused
from tests.makers.calibration import (
    KNEES,
    Lab,
    a_measured_job,
    a_point,
    a_procedure,
    an_equipment,
    measure,
)


def found_bad(session: Session, lab: Lab, *, bias: str, unit: str = "deg") -> ImpactCase:
    """The level was off by so much all along, as somebody found just now."""
    now = clock.now()
    return impact.open_case(
        session,
        lab.metrologist,
        Finding(
            subject=ImpactSubject.EQUIPMENT,
            key=str(lab.level.id),
            since=now - timedelta(days=20),
            until=now,
            reason="off at its yearly calibration",
            bias=bias,
            bias_standard="0.001",
            unit=unit,
        ),
    )


def items(session: Session, case: ImpactCase) -> list[ImpactItem]:
    return list(
        session.scalars(
            select(ImpactItem).where(ImpactItem.case_id == case.id).order_by(ImpactItem.id)
        )
    )


@pytest.fixture
def job(session: Session, lab: Lab) -> CalibrationJob:
    """Both knees at 0.0105 deg, within ±0.05 with U well below 0.01: they pass."""
    return a_measured_job(session, lab, text="0.010")


@pytest.mark.parametrize(
    ("bias", "effect"),
    [
        # 0.0105 - 0.010 = 0.0005: in the middle, passes all the more
        ("0.010", Effect.UNAFFECTED),
        # 0.0105 + 0.080 = 0.0905: far above 0.05, fails
        ("-0.080", Effect.CHANGES),
    ],
)
def test_each_value_shifts_by_the_bias_and_is_judged_again(
    session: Session, lab: Lab, job: CalibrationJob, *, bias: str, effect: Effect
) -> None:
    case = found_bad(session, lab, bias=bias)

    found = items(session, case)
    assert [item.unit_id for item in found] == [job.unit_id] * 2
    assert {item.effect for item in found} == {effect}
    assert found[0].shift == pytest.approx(float(bias))
    assert found[0].value == pytest.approx(0.0105 - float(bias))


def test_near_the_limit_of_acceptance_a_verdict_may_change(
    session: Session, lab: Lab, job: CalibrationJob
) -> None:
    """y - Delta lies where U passes and U with the bias's own doubt does not."""
    row = items(session, found_bad(session, lab, bias="0"))[0]
    expanded, standard = session.execute(
        text("SELECT expanded, standard FROM calibration_results WHERE id = :id"),
        {"id": row.result_id},
    ).one()
    growth = (standard**2 + 0.001**2) ** 0.5 / standard
    shift = 0.0105 - (0.05 - expanded * (1 + growth) / 2)

    case = found_bad(session, lab, bias=f"{shift:.9f}")

    assert {item.effect for item in items(session, case)} == {Effect.MAY_CHANGE}
    assert job.id


def test_a_bias_in_another_unit_is_carried_over(
    session: Session, lab: Lab, job: CalibrationJob
) -> None:
    case = found_bad(session, lab, bias="0.001", unit="rad")

    assert items(session, case)[0].shift == pytest.approx(0.0572957795)
    assert job.id


def test_what_was_read_before_the_window_is_not_touched(
    session: Session, lab: Lab, job: CalibrationJob
) -> None:
    last = session.scalar(
        select(Reading.taken_at).where(Reading.job_id == job.id).order_by(Reading.id.desc())
    )
    assert last
    with clock.set_to(last + timedelta(days=40)):
        case = found_bad(session, lab, bias="0.1")

    assert items(session, case) == []


def test_three_links_up_the_chain_reach_the_robot(
    session: Session, lab: Lab, job: CalibrationJob
) -> None:
    """National standard → working standard → level → robot, each link within the window."""
    top = an_equipment(session, lab.store, "TOP-01")
    middle = an_equipment(session, lab.store, "MID-01")
    certificate = session.scalar(
        select(EquipmentCertificate).where(EquipmentCertificate.equipment_id == lab.level.id)
    )
    assert certificate
    for piece, parent, of in ((middle, top, "M-9"),):
        equipmentcertificates.record_certificate(
            session,
            lab.metrologist,
            piece,
            CertificateInput(
                issuer="own laboratory",
                number=of,
                calibrated_on=str(clock.now().date() - timedelta(days=35)),
                parents=[parent.id],
            ),
        )
    session.execute(
        text(
            "INSERT INTO equipment_parents (certificate_id, parent_id, sensitivity) "
            "VALUES (:certificate, :parent, '2')"
        ),
        {"certificate": certificate.id, "parent": middle.id},
    )
    now = clock.now()

    case = impact.open_case(
        session,
        lab.metrologist,
        Finding(
            subject=ImpactSubject.EQUIPMENT,
            key=str(top.id),
            since=now - timedelta(days=60),
            until=now - timedelta(days=32),
            reason="found off",
            bias="0.003",
            unit="deg",
        ),
    )

    found = items(session, case)
    assert len(found) == 2
    assert found[0].shift == pytest.approx(0.006)
    assert job.id


@pytest.mark.parametrize("subject", ["procedure", "software", "person"])
def test_the_same_engine_judges_what_else_can_be_wrong(
    session: Session, lab: Lab, job: CalibrationJob, *, subject: str
) -> None:
    keys = {
        "procedure": str(lab.version.id),
        "software": "1",
        "person": str(lab.technician.staff_id),
    }
    now = clock.now()
    case = impact.open_case(
        session,
        lab.metrologist,
        Finding(
            subject=ImpactSubject(subject),
            key=keys[subject],
            since=now - timedelta(days=1),
            until=now,
            reason="wrong formula",
        ),
    )

    assert {item.effect for item in items(session, case)} == {Effect.MAY_CHANGE}
    assert len(items(session, case)) == 2
    assert job.id


@pytest.mark.usefixtures("app")
def test_a_calibration_that_failed_as_found_opens_a_case_by_itself(
    session: Session, lab: Lab, job: CalibrationJob
) -> None:
    equipmentcertificates.record_certificate(
        session,
        lab.metrologist,
        lab.level,
        CertificateInput(
            issuer="DKD lab",
            number="D-K-2",
            calibrated_on=str(clock.now().date()),
            as_found_ok="no",
            results=[ResultInput(unit="deg", nominal="0", error="0.09", phase="as_found")],
        ),
    )

    case = session.scalars(select(ImpactCase)).one()
    assert {item.effect for item in items(session, case)} == {Effect.CHANGES}
    assert job.id


@pytest.mark.usefixtures("app")
def test_of_a_lost_reference_nobody_knows_the_error(
    session: Session, lab: Lab, job: CalibrationJob
) -> None:
    equipmentbook.set_state(
        session,
        lab.metrologist,
        lab.level,
        EquipmentState.OUT_OF_SERVICE,
        reason="lost on the way",
        fault=Fault(),
    )

    case = session.scalars(select(ImpactCase)).one()
    assert {item.effect for item in items(session, case)} == {Effect.MAY_CHANGE}
    assert job.id


def test_a_case_closes_only_when_everything_is_disposed_of(
    session: Session, lab: Lab, job: CalibrationJob
) -> None:
    case = found_bad(session, lab, bias="-0.08")
    first, second = (item.id for item in items(session, case))
    impact.dispose(session, lab.metrologist, case, [first], Disposition.RECALL, reason="off")
    with pytest.raises(Refused, match="1 results"):
        impact.close(session, lab.metrologist, case)

    impact.dispose(session, lab.metrologist, case, [second], Disposition.NOTIFY, reason="off")
    impact.close(session, lab.metrologist, case)

    with pytest.raises(Conflict):
        impact.dispose(session, lab.metrologist, case, [first], Disposition.NOTIFY, reason="x")
    assert job.id


def test_the_database_does_not_let_an_open_case_close(
    session: Session, lab: Lab, job: CalibrationJob
) -> None:
    case = found_bad(session, lab, bias="-0.08")

    with pytest.raises(DBAPIError, match="does not close"):
        session.execute(
            text("UPDATE impact_cases SET state = 'closed' WHERE id = :id"), {"id": case.id}
        )
    assert job.id


def test_a_case_needs_a_reason_a_time_and_somebody_who_may(session: Session, lab: Lab) -> None:
    now = clock.now()
    finding = Finding(
        subject=ImpactSubject.PERSON,
        key=str(lab.technician.staff_id),
        since=now - timedelta(days=1),
        until=now,
        reason="was not trained",
    )
    for changed, field in (
        (replace(finding, reason=" "), "reason"),
        (replace(finding, since=now), "until"),
        (replace(finding, bias="nan"), "bias"),
        (replace(finding, bias="0.1"), "unit"),
    ):
        with pytest.raises(Refused) as refused:
            impact.open_case(session, lab.metrologist, changed)
        assert refused.value.field == field
    with pytest.raises(NotFound):
        impact.open_case(session, lab.metrologist, replace(finding, key="99999"))
    with pytest.raises(Forbidden):
        impact.open_case(session, lab.technician, finding)


def judged(
    session: Session, lab: Lab, piece: Equipment, *, bias: str, unit: str
) -> list[ImpactItem]:
    now = clock.now()
    finding = Finding(
        subject=ImpactSubject.EQUIPMENT,
        key=str(piece.id),
        since=now - timedelta(days=1),
        until=now,
        reason="found off",
        bias=bias,
        unit=unit,
    )
    return items(session, impact.open_case(session, lab.metrologist, finding))


def finished(session: Session, lab: Lab, version: ProcedureVersion, **pieces: Equipment) -> None:
    """Measured with these pieces in their roles."""
    job = jobs.plan(session, lab.technician, lab.unit, version=version, reason=JobReason.SCHEDULED)
    jobs.start(session, lab.technician, job)
    for role, piece in pieces.items():
        jobs.choose_equipment(session, lab.technician, job, role, piece)
    measure(session, lab, job)
    adjustments.nothing_adjusted(session, lab.technician, job)
    jobs.finish(session, lab.technician, job)


def test_a_reference_that_stands_in_a_budget_without_reading_reaches_by_its_sensitivity(
    session: Session, lab: Lab
) -> None:
    """A thermometer 2 °C off, of which 0.01 deg/K reach the angle: 0.02 deg."""
    thermometer = an_equipment(
        session, lab.store, "TH-01", kind="thermometer", unit="K", expanded="0.2"
    )
    version = a_procedure(
        session,
        lab.manager,
        "WARM",
        points=[a_point()],
        needs=[NeedInput("level", "level"), NeedInput("air", "thermometer")],
        rows=[
            RowInput("level", source=RowSource.REFERENCE, role="level"),
            RowInput(
                "air",
                source=RowSource.REFERENCE,
                role="air",
                unit="K",
                sensitivity="0.01",
                sensitivity_unit="deg/K",
            ),
        ],
    )
    finished(session, lab, version, level=lab.level, air=thermometer)

    (item,) = judged(session, lab, thermometer, bias="2", unit="K")

    assert item.shift == pytest.approx(0.02)


def test_an_error_common_to_both_readings_of_a_difference_falls_out(
    session: Session, lab: Lab
) -> None:
    """Backlash is the difference of two means: a level that is off by the same in both is not."""
    up, down = (a_point(target, label=target, readings=5) for target in KNEES)
    gap = replace(
        a_point("robot", label="gap", readings=0, role="", lower=""),
        method="backlash",
        inputs=(1, 2),
    )
    version = a_procedure(session, lab.manager, "GAP", points=[up, down, gap])
    finished(session, lab, version, level=lab.level)

    found = judged(session, lab, lab.level, bias="0.02", unit="deg")

    assert [item.shift for item in found] == pytest.approx([0.02, 0.02, 0.0])
    assert found[2].effect is Effect.UNAFFECTED
