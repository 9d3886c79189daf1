"""A program measures by the verbs of the pages."""

from typing import Any

from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from app.identity.roles import Role
from tests.makers.calibration import KNEES, LEVEL, SERIAL, Lab
from tests.makers.programs import a_token

HERE = "/api/v1/calibration/jobs"


def test_a_program_measures_a_robot(session: Session, app: FastAPI, lab: Lab) -> None:
    bench = _program(session, app, lab)

    planned = _sent(bench, "", {"unit": SERIAL, "procedure": "knee-zero"}, 201)
    here = f"/{planned['number']}"
    _sent(bench, f"{here}/start", {"temperature": "21.5"})
    _sent(bench, f"{here}/equipment", {"role": "level", "equipment": LEVEL})
    took = _sent(bench, f"{here}/readings", {"point": 1, "reading": "0.010", "unit": "deg"}, 201)
    assert took["results"][0]["verdict"] == "pass"
    late = {"point": 1, "reading": "0.011", "version": took["version"] - 1}
    assert bench.post(f"{HERE}{here}/readings", json=late).status_code == 409
    _sent(bench, f"{here}/readings", {**late, "version": took["version"]}, 201)
    _sent(bench, f"{here}/column", {"point": 2, "column": "0.01\n0.02"}, 201)
    wanted = {"target": KNEES[0], "parameter": "zero offset", "after": "0.01"}
    job = _sent(bench, f"{here}/adjustments", wanted, 201)
    assert job["missing"] == [{"point": 1, "phase": "as_left", "have": 0, "wanted": 2}]
    column = {"point": 1, "phase": "as_left", "column": "0.001\n0.002"}
    _sent(bench, f"{here}/column", column, 201)
    done = _sent(bench, f"{here}/finish", {})

    assert done["state"] == "measured"
    read = bench.get(f"{HERE}{here}/readings").json()["items"]
    assert len(read) == 6
    results = bench.get(f"{HERE}{here}/results").json()["items"]
    assert {(one["point"], one["phase"]) for one in results} == {
        (1, "as_found"),
        (2, "as_found"),
        (1, "as_left"),
    }
    assert results[0]["content"]["budget"]
    assert bench.get(HERE, params={"q": SERIAL}).json()["items"][0]["state"] == "measured"


def test_what_is_wrong_is_told_as_problem_json(session: Session, app: FastAPI, lab: Lab) -> None:
    bench = _program(session, app, lab)
    here = f"/{_sent(bench, '', {'unit': SERIAL, 'procedure': 'KNEE-ZERO'}, 201)['number']}"
    _sent(bench, f"{here}/start", {})
    _sent(bench, f"{here}/equipment", {"role": "level", "equipment": LEVEL})

    for body, code in (
        ({"point": 1, "reading": "NaN"}, "not_a_reading"),
        ({"point": 1, "reading": "0,01"}, "not_a_reading"),
        ({"point": 1, "reading": "0.01", "unit": "rad"}, "other_unit"),
        ({"point": 9, "reading": "0.01"}, "not_found"),
    ):
        answer = bench.post(f"{HERE}{here}/readings", json=body)
        assert answer.status_code in {404, 409, 422}
        assert answer.headers["content-type"].startswith("application/problem+json")
        assert answer.json()["code"] == code
    assert bench.post(f"{HERE}{here}/review", json={"pin": "4711"}).status_code >= 400
    assert bench.post(f"{HERE}{here}/cancel", json={"reason": "Not today"}).status_code == 200


def _program(session: Session, app: FastAPI, lab: Lab) -> TestClient:
    token = a_token(session, lab.manager, Role.METROLOGIST)
    session.commit()
    return TestClient(app, headers={"Authorization": f"Bearer {token}"})


def _sent(bench: TestClient, where: str, body: dict[str, Any], status: int = 200) -> Any:
    answer = bench.post(f"{HERE}{where}", json=body)
    assert answer.status_code == status, answer.text
    return answer.json()
