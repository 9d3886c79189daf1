"""Procedures as programs meet them."""

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from app.identity.roles import Role
from tests.makers.calibration import Lab
from tests.makers.programs import Program, a_token, fields_of

HERE = "/calibration/procedures"
GAP = {
    "label": "Gap",
    "target": "robot",
    "quantity": "length",
    "unit": "mm",
    "lower": "-1",
    "upper": "1",
    "readings": 3,
    "budget": [{"name": "gauge", "value": "0.1"}],
}


@pytest.fixture
def program(session: Session, lab: Lab, client: TestClient) -> Program:
    token = a_token(session, lab.manager)
    session.commit()
    return Program(client, token)


def test_a_program_drafts_and_releases(program: Program) -> None:
    draft = program.post(HERE, {"code": "GAP", "title": "Gap"}).json()
    here = f"{HERE}/versions/{draft['id']}"

    added = program.post(f"{here}/points", GAP)
    released = program.post(f"{here}/release")

    assert added.status_code == 201, added.text
    planned = added.json()["points"][0]["planned"]
    assert planned["expanded"] == pytest.approx(0.1155, abs=1e-4)
    assert planned["accepted_upper"] == pytest.approx(0.8845, abs=1e-4)
    assert released.json()["state"] == "released"
    assert len(released.json()["content_sha256"]) == 64
    assert program.post(f"{here}/points", GAP).status_code == 409


def test_a_refusal_names_its_field(program: Program) -> None:
    draft = program.post(HERE, {"code": "GAP", "title": "Gap"}).json()
    here = f"{HERE}/versions/{draft['id']}"

    reversed_limits = program.post(f"{here}/points", GAP | {"lower": "2"})
    empty = program.post(f"{here}/release")

    assert reversed_limits.status_code == 422
    assert "lower" in fields_of(reversed_limits)
    assert "points" in fields_of(empty)
    assert program.post(HERE, {"code": "GAP", "title": "Gap"}).status_code == 409


def test_what_no_row_can_be_is_refused(program: Program) -> None:
    draft = program.post(HERE, {"code": "GAP", "title": "Gap"}).json()
    here = f"{HERE}/versions/{draft['id']}/points"
    pose = GAP | {"method": "pose_accuracy", "settings": {"commanded": "1; 2; 3"}}
    program.post(here, pose | {"components": 3})

    spread = GAP | {"method": "pose_repeatability", "readings": 0, "inputs": [1]}
    computed = program.post(here, spread | {"components": 99})

    assert computed.json()["points"][1]["components"] == 1
    assert program.post(here, GAP | {"components": 99}).status_code == 422
    huge = {"code": "HUGE", "title": "Huge", "model_id": 2**70}
    assert program.post(HERE, huge).status_code == 422


def test_a_program_edits_changes_and_takes_back(program: Program) -> None:
    draft = program.post(HERE, {"code": "GAP", "title": "Gap"}).json()
    here = f"{HERE}/versions/{draft['id']}"
    program.post(f"{here}/points", GAP)

    edited = program.patch(here, {"title": "Wider gap", "coverage": "0.99"}).json()
    needs = program.patch(f"{here}/needs", {"items": [{"role": "gauge", "kind": "caliper"}]})
    changed = program.patch(f"{here}/points/1", GAP | {"upper": "2", "role": "gauge"}).json()
    removed = program.post(f"{here}/points/1/remove").json()
    discarded = program.post(f"{here}/discard")

    assert (edited["title"], edited["coverage"]) == ("Wider gap", "0.99")
    assert needs.json()["needs"][0]["kind"] == "caliper"
    assert (changed["points"][0]["upper"], changed["points"][0]["role"]) == ("2", "gauge")
    assert removed["points"] == []
    assert discarded.json()["number"] == 1
    assert program.get(here).status_code == 404


def test_a_program_brings_the_starting_set_once(program: Program) -> None:
    first = program.post(f"{HERE}/starting-set").json()["items"]
    again = program.post(f"{HERE}/starting-set").json()["items"]

    assert {one["code"] for one in first} >= {"JOINT-ZERO", "POSE", "STOPPING"}
    assert again == []
    found = program.get(HERE, q="imu", state="released").json()["items"]
    assert {one["code"] for one in found} == {"IMU"}


def test_a_program_makes_the_next_version(lab: Lab, program: Program) -> None:
    code = lab.version.procedure.code
    draft = program.post(f"{HERE}/{code}/drafts", {"of": lab.version.id})
    assert draft.status_code == 201, draft.text
    released = program.post(f"{HERE}/versions/{draft.json()['id']}/release")

    assert released.status_code == 200
    states = {one["number"]: one["state"] for one in program.get(f"{HERE}/{code}").json()["items"]}
    assert states == {1: "retired", 2: "released"}
    retired = program.post(f"{HERE}/versions/{draft.json()['id']}/retire", {"reason": "Wrong jig"})
    assert retired.json()["state"] == "retired"


def test_methods_and_clauses_are_told(program: Program) -> None:
    methods = {one["key"]: one for one in program.get(f"{HERE}/methods").json()["items"]}
    clauses = program.get(f"{HERE}/clauses").json()

    assert methods["pose_accuracy"]["components"] == [3]
    assert methods["state_of_health"]["settings"][0]["key"] == "rated"
    assert clauses["standard"] == "GB/T 44251-2024"
    draft = program.post(f"{HERE}/clauses/7")
    assert draft.json()["points"][0]["upper"] == ""


def test_a_technicians_token_writes_nothing(session: Session, lab: Lab, client: TestClient) -> None:
    token = a_token(session, lab.manager, Role.TECHNICIAN)
    session.commit()
    program = Program(client, token)

    assert program.get(f"{HERE}/versions/{lab.version.id}").status_code == 200
    assert program.post(HERE, {"code": "GAP", "title": "Gap"}).status_code == 403
