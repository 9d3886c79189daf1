"""Till sessions for programs."""

import json
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx2 import Response

from app.identity import tokens
from app.identity.roles import Role
from tests.makers.payments import shop

sqlite = pytest.mark.only_on("sqlite")
ROOT = "/api/v1/till-sessions"


class Program:
    """A program with a token."""

    def __init__(self, app: FastAPI, role: Role = Role.SALES) -> None:
        self._client = TestClient(app)
        with app.state.database.transaction() as session:
            place = shop(session)
            token = tokens.create(session, place.manager, name="desk", role=role)
        self._client.headers["Authorization"] = f"Bearer {token}"

    def post(self, address: str, body: Any, *, key: str = "") -> Response:
        headers = {"Idempotency-Key": key} if key else {}
        headers["Content-Type"] = "application/json"
        # written in ASCII, so that half a surrogate pair travels too
        return self._client.post(f"{ROOT}{address}", content=json.dumps(body), headers=headers)

    def get(self, address: str) -> Response:
        return self._client.get(f"{ROOT}{address}")


def eur(minor: int) -> dict[str, Any]:
    return {"amount": minor, "currency": "EUR"}


def test_a_session_from_float_to_z_report(app: FastAPI) -> None:
    program = Program(app)

    opened = program.post("", {"till": "Till 1", "float": eur(20_000)}, key="one")
    assert opened.status_code == 201
    body = opened.json()
    assert (body["number"], body["float"], body["expected"]) == (1, eur(20_000), None)
    address = f"/{body['id']}"

    again = program.post("", {"till": "Till 1", "float": eur(20_000)}, key="one")
    assert again.json() == body
    assert again.headers["Idempotent-Replayed"] == "true"
    taken = program.post("", {"till": "Till 1", "float": eur(20_000)})
    assert (taken.status_code, taken.json()["code"]) == (409, "conflict")

    moved = program.post(f"{address}/movements", {"amount": eur(-500), "reason": "stamps"})
    assert (moved.status_code, moved.json()["amount"]) == (201, eur(-500))
    x = program.get(f"{address}/x-report").json()
    assert (x["expected"], x["counted"], x["number"]) == (eur(19_500), None, "")
    assert program.get(f"{address}/z-report").status_code == 404

    blind = program.post(f"{address}/close", {"counted": eur(19_000)})
    assert (blind.status_code, blind.json()["code"]) == (422, "difference_unexplained")
    assert "195" not in blind.text
    closed = program.post(f"{address}/close", {"counted": eur(19_000), "reason": "lost"}).json()
    assert (closed["difference"], closed["z_report"]) == (eur(-500), "Z-000001")
    z = program.get(f"{address}/z-report").json()
    assert (z["number"], z["difference"], z["till"]) == ("Z-000001", eur(-500), "Till 1")
    assert program.get(f"{address}/x-report").status_code == 422


@sqlite
@pytest.mark.parametrize(
    ("address", "body", "status"),
    [
        ("", {"till": "Till 9", "float": eur(0)}, 404),
        ("", {"till": "Till 1\x00", "float": eur(-1)}, 422),
        ("", {"till": "Till 1", "float": {"amount": 1.5, "currency": "EUR"}}, 422),
        ("", {"till": "Till 1", "float": {"amount": "1", "currency": "EUR"}}, 422),
        ("", {"till": "Till 1", "float": {"amount": 1, "currency": "CNY"}}, 422),
        ("", {"till": "Till 1", "float": {"amount": 10**20, "currency": "EUR"}}, 422),
        ("", {"till": "\ud800", "float": eur(1)}, 422),
        ("", {}, 422),
        ("/77/movements", {"amount": eur(1), "reason": "x"}, 404),
        ("/77/close", {"counted": eur(1)}, 404),
        (f"/{2**64}/close", {"counted": eur(1)}, 422),
    ],
)
def test_what_cannot_be_is_told_as_a_problem(
    app: FastAPI, address: str, body: Any, status: int
) -> None:
    answer = Program(app).post(address, body)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


@sqlite
def test_a_program_that_may_not_open_does_not(app: FastAPI) -> None:
    program = Program(app, Role.AUDITOR)
    assert program.post("", {"till": "Till 1", "float": eur(0)}).status_code == 403


@sqlite
def test_without_a_token_nothing_is_told(app: FastAPI) -> None:
    assert TestClient(app).get(f"{ROOT}/1/x-report").status_code == 401
