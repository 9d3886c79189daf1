"""References and cases for programs, by the same verbs; what `quatrefoil check` proves."""

from datetime import timedelta
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.calibration import equipment_checks, equipmentbook
from app.calibration.equipment_models import EquipmentState
from app.kernel import clock
from tests.makers.calibration import Lab, a_measured_job
from tests.makers.programs import a_token

PIECES = "/api/v1/calibration/equipment"
CASES = "/api/v1/calibration/impact"
SAMPLES = Path(__file__).parents[3] / "shared/data/dcc/samples"
CELL = {
    "asset_number": "TC-07",
    "name": "Torque cell",
    "kind": "torque_cell",
    "maker": "HBM",
    "type_name": "T22",
    "serial": "4711",
    "unit": "N·m",
}


@pytest.fixture
def program(session: Session, app: FastAPI, lab: Lab) -> TestClient:
    token = a_token(session, lab.manager)
    session.commit()
    return TestClient(app, headers={"Authorization": f"Bearer {token}"})


def test_a_program_names_who_may_measure_with_a_piece(program: TestClient, lab: Lab) -> None:
    here = f"{PIECES}/{lab.level.id}"
    emre = lab.technician.staff_id

    named = program.put(f"{here}/users", json={"staff": [emre]}).json()
    stranger = program.put(f"{here}/users", json={"staff": [99_999]})

    assert named["users"] == [emre]
    assert (stranger.status_code, program.get(here).json()["users"]) == (404, [emre])


def test_a_program_hands_in_the_paper_once(program: TestClient, lab: Lab) -> None:
    here = f"{PIECES}/{lab.level.id}"
    (certificate,) = program.get(here).json()["certificates"]
    paper = {"file": ("D-K-1.pdf", b"%PDF-1.7\n1 0 obj\n%%EOF\n", "application/pdf")}
    address = f"{here}/certificates/{certificate['id']}/paper"

    kept = program.post(address, files=paper)
    again = program.post(address, files=paper)

    assert (kept.status_code, again.status_code) == (201, 409)
    assert (kept.json()["file_name"], len(kept.json()["file_sha256"])) == ("D-K-1.pdf", 64)


def test_a_program_registers_certifies_and_asks_whether_it_may_be_used(program: TestClient) -> None:
    made = program.post(PIECES, json=CELL, headers={"Idempotency-Key": "k1"})
    here = f"{PIECES}/{made.json()['id']}"
    program.post(
        f"{here}/certificates",
        json={
            "issuer": "DKD lab",
            "number": "K-1",
            "calibrated_on": "2026-01-31",
            "due_on": "2030-01-31",
            "results": [{"unit": "N·m", "nominal": "50", "error": "0.02", "expanded": "0.05"}],
        },
        headers={"Idempotency-Key": "k2"},
    )

    found = program.get(f"{PIECES}/by-code", params={"code": "4711"}).json()

    assert (made.status_code, made.json()["may_be_used"]) == (201, False)
    assert (found["may_be_used"], found["certificates"][0]["results"][0]["error"]) == (True, "0.02")
    assert [one["asset_number"] for one in program.get(PIECES).json()["items"]] == [
        "LEVEL-01",
        "TC-07",
    ]


def test_what_cannot_be_is_a_problem_by_its_field(program: TestClient) -> None:
    refused = program.post(
        PIECES, json={**CELL, "unit": "furlong"}, headers={"Idempotency-Key": "k1"}
    )

    assert refused.status_code == 422
    assert "unit" in refused.text


@pytest.mark.skipif(not SAMPLES.exists(), reason="the samples are not at hand")
def test_a_program_sends_a_digital_certificate(program: TestClient, lab: Lab) -> None:
    sent = [
        program.post(
            f"{PIECES}/{lab.level.id}/certificates/digital",
            files={"file": ("dcc.xml", (SAMPLES / name).read_bytes(), "application/xml")},
            headers={"Idempotency-Key": name},
        )
        for name in (
            "dcc_gp_humidity_v1.0.xml",
            "dcc_gp_temperature_typical_v12_signed_manipulated.xml",
        )
    ]

    assert [one.status_code for one in sent] == [201, 422]
    assert sent[0].json()["dcc_schema"] == "3.1.2"


def test_a_program_opens_a_case_and_cannot_close_it_early(
    session: Session, program: TestClient, lab: Lab
) -> None:
    a_measured_job(session, lab)
    session.commit()
    now = clock.now()
    made = program.post(
        CASES,
        json={
            "subject": "equipment",
            "key": str(lab.level.id),
            "since": (now - timedelta(days=10)).isoformat(),
            "until": now.isoformat(),
            "reason": "dropped",
            "bias": "-0.08",
            "unit": "deg",
        },
        headers={"Idempotency-Key": "k1"},
    )
    here = f"{CASES}/{made.json()['number'].removeprefix('I-')}"
    items = program.get(f"{here}/items").json()["items"]
    early = program.post(f"{here}/close", headers={"Idempotency-Key": "k2"})
    program.post(
        f"{here}/dispositions",
        json={
            "items": [one["id"] for one in items],
            "disposition": "recall",
            "reason": "wrong",
        },
        headers={"Idempotency-Key": "k3"},
    )
    closed = program.post(f"{here}/close", headers={"Idempotency-Key": "k4"})

    assert made.json()["results"] == {"changes": 2}
    assert items[0]["shift"] == pytest.approx(-0.08)
    assert (early.status_code, closed.json()["state"]) == (422, "closed")


@pytest.mark.only_on("sqlite")
def test_check_finds_a_reading_taken_while_the_reference_was_set_aside(
    session: Session, lab: Lab
) -> None:
    equipmentbook.set_state(
        session, lab.metrologist, lab.level, EquipmentState.QUARANTINED, reason="dropped"
    )
    equipmentbook.set_state(
        session, lab.metrologist, lab.level, EquipmentState.IN_SERVICE, reason="sound"
    )
    a_measured_job(session, lab)
    assert not list(equipment_checks.breaches(session))

    equipmentbook.set_state(
        session, lab.metrologist, lab.level, EquipmentState.QUARANTINED, reason="again"
    )
    session.execute(text("DROP TRIGGER IF EXISTS tr_equipment_events_no_update"))
    session.execute(
        text("UPDATE equipment_events SET at = '2020-01-01 00:00:00' WHERE note = 'again'")
    )

    session.expire_all()

    assert any("set aside" in line for line in equipment_checks.breaches(session))


@pytest.mark.usefixtures("lab")
def test_check_finds_a_state_that_history_does_not_know(session: Session) -> None:
    session.execute(text("UPDATE equipment SET state = 'retired'"))

    assert any("its history says" in line for line in equipment_checks.breaches(session))
