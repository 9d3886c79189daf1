"""The register of references: due days to the day, quarantine, checks, certificates, circles."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from sqlalchemy.orm import Session

from app.calibration import equipment, equipmentbook, equipmentcertificates
from app.calibration.equipment_models import Equipment, EquipmentCertificate, EquipmentState
from app.calibration.equipmentbook import EquipmentInput
from app.calibration.events import EquipmentFoundBad
from app.calibration.foundbad import Fault
from app.calibration.typedcertificate import CertificateInput, ResultInput
from app.kernel import clock, events
from app.kernel.errors import Conflict, Forbidden, Invalid, Refused
from tests.makers.calibration import Lab

CELL = EquipmentInput(
    asset_number="TC-07",
    name="Torque cell 50 N·m",
    kind="torque_cell",
    maker="HBM",
    type_name="T22",
    serial="4711",
    unit="N·m",
    resolution="0.01",
    interval_months="12",
)
LINE = ResultInput(unit="N·m", nominal="50", value="50.02", error="0.02", expanded="0.05")


@pytest.fixture
def told() -> Iterator[list[EquipmentFoundBad]]:
    """What is said of references found bad."""
    heard: list[EquipmentFoundBad] = []

    def hear(_: Session, event: EquipmentFoundBad) -> None:
        heard.append(event)

    events.listen(EquipmentFoundBad, hear)
    yield heard
    events._listeners[EquipmentFoundBad].remove(hear)


@pytest.fixture
def cell(session: Session, lab: Lab) -> Equipment:
    return equipmentbook.register(session, lab.metrologist, CELL)


def certified(session: Session, lab: Lab, cell: Equipment, **said: object) -> EquipmentCertificate:
    wanted = CertificateInput(
        issuer="DKD lab", number="K-1", calibrated_on="2025-01-31", results=[LINE]
    )
    return equipmentcertificates.record_certificate(
        session,
        lab.metrologist,
        cell,
        replace(wanted, **said),  # type: ignore[arg-type]
    )


def test_a_new_piece_cannot_be_used_before_it_has_a_certificate(
    session: Session, cell: Equipment
) -> None:
    with pytest.raises(Refused, match="no certificate"):
        equipment.usable(session, cell)


def test_without_a_due_day_the_interval_says_one_by_the_month(
    session: Session, lab: Lab, cell: Equipment
) -> None:
    equipmentbook.edit(session, lab.metrologist, cell, replace(CELL, interval_months="1"))

    made = certified(session, lab, cell)

    assert made.due_on == date(2025, 2, 28)


@pytest.mark.parametrize(
    ("zone", "at", "usable"),
    [
        ("Europe/Berlin", datetime(2025, 3, 31, 21, 59, tzinfo=UTC), True),
        ("Europe/Berlin", datetime(2025, 4, 1, 2, 1, tzinfo=UTC), False),
        # 18:00 UTC is 2 at night of the next day: before the shop's day begins, then after it
        ("Asia/Shanghai", datetime(2025, 3, 31, 18, 0, tzinfo=UTC), True),
        ("Asia/Shanghai", datetime(2025, 3, 31, 20, 1, tzinfo=UTC), False),
        ("America/Los_Angeles", datetime(2025, 4, 1, 6, 0, tzinfo=UTC), True),
    ],
)
def test_it_holds_through_the_end_of_its_due_day_where_the_store_is(
    session: Session, lab: Lab, cell: Equipment, *, zone: str, at: datetime, usable: bool
) -> None:
    lab.store.zone = zone
    certified(session, lab, cell, due_on="2025-03-31")

    if usable:
        assert equipment.usable(session, cell, at=at).number == "K-1"
    else:
        with pytest.raises(Refused, match="due on 2025-03-31"):
            equipment.usable(session, cell, at=at)


def test_quarantine_says_why_and_a_return_ends_it(
    session: Session, lab: Lab, cell: Equipment
) -> None:
    certified(session, lab, cell, due_on="2030-01-01")
    equipmentbook.set_state(
        session, lab.metrologist, cell, EquipmentState.QUARANTINED, reason="dropped"
    )
    with pytest.raises(Refused, match="dropped"):
        equipment.usable(session, cell)

    equipmentbook.set_state(
        session, lab.metrologist, cell, EquipmentState.IN_SERVICE, reason="checked, sound"
    )

    assert equipment.usable(session, cell).number == "K-1"


def test_a_failed_check_is_quarantine_at_once(session: Session, lab: Lab, cell: Equipment) -> None:
    equipmentbook.check(session, lab.technician, cell, passed=False, note="0.4 N·m off")

    assert cell.state is EquipmentState.QUARANTINED
    assert cell.state_reason == "0.4 N·m off"


def test_a_due_check_keeps_it_from_use(session: Session, lab: Lab, cell: Equipment) -> None:
    equipmentbook.edit(session, lab.metrologist, cell, replace(CELL, check_days="30"))
    certified(session, lab, cell, due_on="2030-01-01")
    with pytest.raises(Refused, match="intermediate check"):
        equipment.usable(session, cell)

    equipmentbook.check(session, lab.technician, cell, passed=True)

    assert equipment.usable(session, cell).number == "K-1"


def test_only_the_named_may_use_it(session: Session, lab: Lab, cell: Equipment) -> None:
    certified(session, lab, cell, due_on="2030-01-01")
    named = lab.metrologist.staff_id
    assert named
    equipmentbook.authorise(session, lab.metrologist, cell, [named])

    assert equipment.usable(session, cell, staff_id=named).number == "K-1"
    with pytest.raises(Refused, match="not among those"):
        equipment.usable(session, cell, staff_id=lab.technician.staff_id)


def test_as_found_lines_do_not_correct_what_is_read_from_now_on(
    session: Session, lab: Lab, cell: Equipment
) -> None:
    made = certified(
        session,
        lab,
        cell,
        results=[replace(LINE, error="0.9", phase="as_found"), replace(LINE, phase="as_left")],
    )

    assert equipment.correction_for(made, "N·m", 50) == 0.02


def test_found_bad_tells_the_window_and_the_bias(
    session: Session, lab: Lab, cell: Equipment, told: list[EquipmentFoundBad]
) -> None:
    certified(session, lab, cell, number="K-0", calibrated_on="2024-01-31")
    certified(
        session,
        lab,
        cell,
        as_found_ok="no",
        results=[replace(LINE, error="0.32", phase="as_found")],
    )

    assert (told[0].bias, told[0].bias_standard) == ("0.3", "0.025")
    assert told[0].since == datetime(2024, 1, 30, 23, tzinfo=UTC)
    assert told[0].until == datetime(2025, 1, 31, 23, tzinfo=UTC)


def test_damage_is_a_fault_of_unknown_size(
    session: Session, lab: Lab, cell: Equipment, told: list[EquipmentFoundBad]
) -> None:
    equipmentbook.set_state(
        session,
        lab.metrologist,
        cell,
        EquipmentState.OUT_OF_SERVICE,
        reason="lost",
        fault=Fault(),
    )

    assert (told[0].bias, told[0].since) == ("", cell.registered_at)


def test_a_chain_of_references_is_never_a_circle(
    session: Session, lab: Lab, cell: Equipment
) -> None:
    certified(session, lab, cell, parents=[lab.level.id])

    with pytest.raises(Refused, match="circle"):
        equipmentcertificates.record_certificate(
            session,
            lab.metrologist,
            lab.level,
            CertificateInput(
                issuer="own", number="L-2", calibrated_on="2025-02-01", parents=[cell.id]
            ),
        )


@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"number": " "}, "number"),
        ({"calibrated_on": ""}, "calibrated_on"),
        ({"calibrated_on": "2999-01-01"}, "calibrated_on"),
        ({"due_on": "2024-12-31"}, "due_on"),
        ({"results": [replace(LINE, expanded="nan")]}, "results-0-expanded"),
        ({"results": [replace(LINE, expanded="-1")]}, "results-0-expanded"),
        ({"results": [LINE, replace(LINE, unit="furlong")]}, "results-1-unit"),
        ({"results": [replace(LINE, error="1,000.5")]}, "results-0-error"),
    ],
)
def test_what_cannot_stand_on_a_certificate_is_told_at_its_field(
    session: Session, lab: Lab, cell: Equipment, *, said: dict[str, object], field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        certified(session, lab, cell, **said)

    assert field in refused.value.problems


def test_a_certificate_is_recorded_once(session: Session, lab: Lab, cell: Equipment) -> None:
    certified(session, lab, cell)

    with pytest.raises(Conflict, match="on record already"):
        certified(session, lab, cell, number=" k-1 ")


def test_a_withdrawn_certificate_no_longer_counts(
    session: Session, lab: Lab, cell: Equipment
) -> None:
    made = certified(session, lab, cell, due_on="2030-01-01")
    equipmentcertificates.withdraw(session, lab.metrologist, made, reason="of another cell")

    with pytest.raises(Refused, match="no certificate"):
        equipment.usable(session, cell, at=clock.now())


def test_two_pieces_cannot_share_asset_number_or_serial(
    session: Session, lab: Lab, cell: Equipment
) -> None:
    with pytest.raises(Conflict) as asset:
        equipmentbook.register(session, lab.metrologist, replace(CELL, serial="1"))
    with pytest.raises(Conflict) as serial:
        equipmentbook.register(session, lab.metrologist, replace(CELL, asset_number="TC-08"))

    assert (asset.value.field, serial.value.field) == ("asset_number", "serial")
    assert cell.asset_number == "TC-07"


def test_a_technician_does_not_keep_the_register(session: Session, lab: Lab) -> None:
    with pytest.raises(Forbidden):
        equipmentbook.register(session, lab.technician, CELL)
