"""A reference's units: levels keep their zero point, errors do not, and a misfit is named."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from app.calibration import equipment, equipmentbook, equipmentcertificates, foundbad, jobs
from app.calibration.dccimport import record_dcc
from app.calibration.equipment_models import Equipment, EquipmentParent
from app.calibration.equipmentbook import EquipmentInput
from app.calibration.job_models import JobReason
from app.calibration.metrology.units import level_in
from app.calibration.procedureinputs import NeedInput
from app.calibration.typedcertificate import CertificateInput, ResultInput
from app.kernel.errors import Refused
from tests.makers.calibration import Lab, a_job, a_procedure, an_equipment

SAMPLE = (
    Path(__file__).parents[3]
    / "shared/data/dcc/samples/dcc_gp_temperature_typical_adjustment_v12.xml"
)
THERMOMETER = EquipmentInput(
    asset_number="TH-01",
    name="Thermometer",
    kind="thermometer",
    maker="Testo",
    type_name="110",
    serial="55",
    unit="°C",
)
pytestmark = pytest.mark.only_on("sqlite")


@pytest.fixture
def thermometer(session: Session, lab: Lab) -> Equipment:
    return equipmentbook.register(session, lab.metrologist, THERMOMETER)


@pytest.mark.skipif(not SAMPLE.exists(), reason="the samples are not here")
def test_a_certificate_in_kelvin_corrects_readings_in_degrees_celsius(
    session: Session, lab: Lab, thermometer: Equipment
) -> None:
    """306.245 K is 33.095 °C; its error of 0.105 K and its U of 0.89 K are as many degrees."""
    made = record_dcc(session, lab.metrologist, thermometer, SAMPLE.read_bytes())
    left = [row for row in equipment.as_left(made.results) if row.error and row.expanded]
    row = left[0]
    at = float(row.nominal) - 273.15

    assert row.unit == "K"
    assert equipment.correction_for(made, "°C", at) == pytest.approx(float(row.error))
    assert equipment.expanded_for(made, "°C", at)[0] == pytest.approx(float(row.expanded))


def test_between_two_levels_in_kelvin_the_error_at_a_celsius_reading_is_in_proportion(
    session: Session, lab: Lab, thermometer: Equipment
) -> None:
    lines = [
        ResultInput(unit="K", nominal="273.15", error="0.0", expanded="0.1"),
        ResultInput(unit="K", nominal="293.15", error="0.2", expanded="0.3"),
    ]
    made = equipmentcertificates.record_certificate(
        session,
        lab.metrologist,
        thermometer,
        CertificateInput(issuer="DKD lab", number="T-1", calibrated_on="2026-01-31", results=lines),
    )

    assert equipment.correction_for(made, "°C", 5.0) == pytest.approx(0.05)
    assert equipment.expanded_for(made, "°C", 18.0)[0] == pytest.approx(0.3)


def test_how_wrong_it_was_is_told_beyond_what_was_corrected_at_that_level(
    session: Session, lab: Lab, thermometer: Equipment
) -> None:
    former = CertificateInput(
        issuer="DKD lab",
        number="T-1",
        calibrated_on="2026-01-31",
        results=[
            ResultInput(unit="°C", nominal="0", error="0.0", expanded="0.1"),
            ResultInput(unit="°C", nominal="20", error="0.2", expanded="0.1"),
        ],
    )
    equipmentcertificates.record_certificate(session, lab.metrologist, thermometer, former)
    found = replace(
        former,
        number="T-2",
        calibrated_on="2026-03-31",
        as_found_ok="no",
        results=[
            ResultInput(unit="K", nominal="293.15", error="0.5", expanded="0.1", phase="as_found")
        ],
    )
    made = equipmentcertificates.record_certificate(session, lab.metrologist, thermometer, found)

    assert float(foundbad.fault_of(session, thermometer, made).bias) == pytest.approx(0.3)


@given(st.floats(-273.15, 2_000))
def test_a_level_goes_to_kelvin_and_back(celsius: float) -> None:
    kelvin = level_in(celsius, written="°C", wanted="K")

    assert kelvin == pytest.approx(celsius + 273.15)
    assert level_in(kelvin or 0.0, written="K", wanted="°C") == pytest.approx(celsius, abs=1e-9)


def test_a_reference_whose_certificate_lacks_the_unit_is_refused_when_it_is_chosen(
    session: Session, lab: Lab
) -> None:
    other = an_equipment(session, lab.store, "LEVEL-02", unit="mm")
    job = a_job(session, lab, with_equipment=False)

    with pytest.raises(Refused, match="states no uncertainty in deg"):
        jobs.choose_equipment(session, lab.technician, job, "level", other)


def test_a_reference_that_is_less_good_than_the_procedure_asks_is_refused(
    session: Session, lab: Lab
) -> None:
    version = a_procedure(
        session, lab.manager, "FINE", needs=[NeedInput("level", "level", "0.001", "deg")]
    )
    job = jobs.plan(session, lab.technician, lab.unit, version=version, reason=JobReason.SCHEDULED)

    with pytest.raises(Refused, match=r"allows 0\.001 deg"):
        jobs.choose_equipment(session, lab.technician, job, "level", lab.level)


def test_how_much_of_a_parents_error_reaches_a_piece_is_kept_with_its_certificate(
    session: Session, lab: Lab, thermometer: Equipment
) -> None:
    wanted = CertificateInput(
        issuer="DKD lab",
        number="T-1",
        calibrated_on="2026-01-31",
        results=[ResultInput(unit="°C", nominal="0", error="0.0", expanded="0.1")],
        parents=[lab.level.id],
        sensitivities={lab.level.id: "0,5"},
    )
    with pytest.raises(Refused):
        equipmentcertificates.record_certificate(
            session,
            lab.metrologist,
            thermometer,
            replace(wanted, sensitivities={lab.level.id: "0"}),
        )
    made = equipmentcertificates.record_certificate(session, lab.metrologist, thermometer, wanted)

    link = session.query(EquipmentParent).filter_by(certificate_id=made.id).one()
    assert link.sensitivity == "0.5"
