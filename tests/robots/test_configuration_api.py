"""Slots, parts, counters and versions as JSON: for programs of the store, and robots themselves."""

from collections.abc import Callable
from datetime import timedelta
from urllib.parse import quote

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response
from sqlalchemy.orm import Session

from app.identity.roles import Role
from app.kernel import clock
from app.robots.models import Unit
from app.stores.models import Store
from tests.makers.books import breaches_of
from tests.makers.robots import a_model, a_unit
from tests.makers.slots import a_plan
from tests.robots.test_plans import LEGS
from tests.robots.urdf_texts import robot

KNEE, OTHER_KNEE = "left_knee.actuator", "right_knee.actuator"


class Caller:
    """A program with a token."""

    def __init__(self, client: TestClient, headers: dict[str, str]) -> None:
        self.client, self.headers = client, headers

    def get(self, address: str, **query: str) -> Response:
        return self.client.get(f"/api/v1{address}", headers=self.headers, params=query)

    def post(self, address: str, **body: object) -> Response:
        """Send a body; `key` is the call's idempotency key and no part of it."""
        key = body.pop("key", None)
        headers = self.headers | ({"Idempotency-Key": str(key)} if key else {})
        return self.client.post(f"/api/v1{address}", headers=headers, json=body)


@pytest.fixture
def unit(session: Session, store: Store) -> Unit:
    a_plan(session, a_model(session))
    return a_unit(session, store, "G1-1")


@pytest.fixture
def bench(unit: Unit, client: TestClient, bearer: Callable[..., dict[str, str]]) -> Caller:
    """A bench program of a technician, in a store with one robot."""
    assert unit.id
    return Caller(client, bearer(Role.TECHNICIAN))


def inside(bench: Caller, **query: str) -> dict[str, str]:
    answer = bench.get("/robots/G1-1/configuration", **query)
    assert answer.status_code == 200, answer.text
    return {
        slot["slot"]: slot["occupant"]["serial"]
        for slot in answer.json()["slots"]
        if slot["occupant"]
    }


def test_a_part_is_fitted_once_replaced_and_taken_out(bench: Caller, session: Session) -> None:
    # given
    here = f"/robots/g1-1/slots/{KNEE}"
    before = clock.now().isoformat()
    # when
    fitted = bench.post(f"{here}/fit", key="k1", serial="AK-1", part_number="AK-80", lot="L7")
    again = bench.post(f"{here}/fit", key="k1", serial="AK-1", part_number="AK-80", lot="L7")
    # then
    assert (fitted.status_code, again.json()) == (201, fitted.json())
    assert fitted.json()["lot"] == "L7"
    assert inside(bench) == {KNEE: "AK-1"}
    taken = bench.post(f"{here}/fit", serial="AK-2", part_number="AK-80")
    assert (taken.status_code, taken.json()["field"]) == (409, "slot")
    old = fitted.json()["id"]
    new = bench.post(f"{here}/replace", serial="AK-2", part_number="AK-80", occupant=old)
    assert new.status_code == 201
    late = bench.post(f"{here}/remove", occupant=old)
    assert late.status_code == 409
    removed = bench.post(f"{here}/remove", occupant=new.json()["id"], reason="noise")
    assert removed.json()["until"] is not None
    # and the past stays as it was
    assert inside(bench) == {}
    assert inside(bench, at=before) == {}
    assert inside(bench, at=new.json()["since"]) == {KNEE: "AK-2"}
    found = bench.get("/components", serial="ak-1").json()["items"]
    assert [stay["robot"] for stay in found[0]["stays"]] == ["G1-1"]
    assert bench.get(f"/components/{found[0]['id']}").json() == found[0]
    assert breaches_of(session) == []


def test_two_robots_swap_or_nothing_happens(bench: Caller, session: Session, store: Store) -> None:
    a_unit(session, store, "G1/2")
    session.commit()
    bench.post(f"/robots/G1-1/slots/{KNEE}/fit", serial="1", part_number="AK-80")
    other = f"/robots/{quote('G1/2', safe='')}"
    bench.post(f"{other}/slots/{OTHER_KNEE}/fit", serial="2", part_number="AK-80")
    refused = bench.post(f"/robots/G1-1/slots/{KNEE}/swap", serial="G1/2", slot="tail")
    assert refused.status_code == 404
    swapped = bench.post(f"/robots/G1-1/slots/{KNEE}/swap", serial="G1/2", slot=OTHER_KNEE)
    assert swapped.status_code == 200
    assert inside(bench) == {KNEE: "2"}
    assert bench.get(f"{other}/configuration").json()["known"] == 1


@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize(
    "body",
    [
        {"serial": "A"},
        {"part_number": "B"},
        {"serial": "", "part_number": "AK-80"},
        {"serial": "A" * 101, "part_number": "AK-80"},
        {"serial": "A", "part_number": "P" * 65},
        {"serial": "A", "part_number": "AK-80", "at": "2999-01-01T00:00:00Z"},
        {"serial": "A", "part_number": "AK-80", "at": "2026-01-01T00:00:00"},
        {"serial": "A", "part_number": "AK-80", "at": "0001-01-01T00:00:00+14:00"},
        {"serial": "A", "part_number": "AK-80", "firmware": "v" * 65},
        {"serial": "A", "part_number": "AK-80", "reference": "T" * 65},
        {"component": 0},
        {"serial": 7, "part_number": "AK-80"},
        {"serail": "A"},
    ],
)
def test_what_cannot_be_meant_is_refused(bench: Caller, body: dict[str, object]) -> None:
    answer = bench.post(f"/robots/G1-1/slots/{KNEE}/fit", **body)
    assert answer.status_code == 422, answer.text
    assert inside(bench) == {}


def test_a_device_pushes_its_counters(bench: Caller) -> None:
    # given
    here = "/robots/G1-1/counters"
    early = (clock.now() - timedelta(hours=2)).isoformat()
    assert bench.get(here).json() == {"items": []}
    # when
    pushed = bench.post(here, hours=3412.25, steps=18_600_000, at=early)
    # then
    assert pushed.status_code == 200, pushed.text
    shown = {one["counter"]: one["total"] for one in pushed.json()["items"]}
    assert shown == {"hours": 3412.25, "steps": 18_600_000}
    falling = bench.post(here, hours="3412.2", steps=18_600_001)
    assert (falling.status_code, falling.json()["code"]) == (409, "counter_falls")
    assert falling.json()["field"] == "hours"
    exchanged = bench.post(
        f"{here}/exchange", counter="hours", last=3413, first=0, reason="new computer"
    )
    assert exchanged.status_code == 200
    again = bench.post(here, hours=1)
    assert {one["counter"]: one["total"] for one in again.json()["items"]} == {
        "hours": 3414,
        "steps": 18_600_000,
    }
    for nonsense in ({}, {"hours": -1}, {"hours": 1.001}, {"steps": 1.5}, {"steps": 10**16}):
        assert bench.post(here, **nonsense).status_code == 422, nonsense


def test_versions_are_recorded_and_confirmed(bench: Caller) -> None:
    here = "/robots/G1-1/firmware"
    made = bench.post(here, part="controller", version=" 2.1 ", reference="T-1")
    assert made.status_code == 201
    assert made.json()["version"] == "2.1"
    seen = bench.get(here).json()
    assert seen["now"] == {"robot": "1.4.2", "controller": "2.1"}
    assert [row["reference"] for row in seen["items"]] == ["T-1"]
    assert bench.post(here, part="component", version="1").status_code == 422
    assert bench.post(here, part="tail", version="1").status_code == 422


def test_auditors_look_and_change_nothing(
    unit: Unit, client: TestClient, bearer: Callable[..., dict[str, str]]
) -> None:
    auditor = Caller(client, bearer(Role.AUDITOR))
    assert auditor.get(f"/robots/{unit.serial}/configuration").status_code == 200
    fit = auditor.post(f"/robots/G1-1/slots/{KNEE}/fit", serial="1", part_number="AK-80")
    push = auditor.post("/robots/G1-1/counters", steps=1)
    record = auditor.post("/robots/G1-1/firmware", part="robot", version="2")
    assert (fit.status_code, push.status_code, record.status_code) == (403, 403, 403)


def test_models_come_from_descriptions_and_carry_their_rules(
    session: Session, store: Store, client: TestClient, bearer: Callable[..., dict[str, str]]
) -> None:
    # given
    office = Caller(client, bearer(Role.MANAGER))
    # when
    broken = office.post(
        "/robot-models",
        maker="Unitree",
        model="Legs",
        urdf=robot("<joint/>", links="a").decode(),
    )
    made = office.post(
        "/robot-models", maker="Unitree", model="Legs", revision="B", urdf=LEGS.decode()
    )
    # then
    assert (broken.status_code, broken.json()["code"]) == (422, "urdf")
    assert "Line 3" in broken.json()["detail"]
    assert made.status_code == 201, made.text
    assert [slot["slot"] for slot in made.json()["slots"]] == [
        "left_hip.actuator",
        "left_knee.actuator",
    ]
    (listed,) = office.get("/robot-models").json()["items"]
    assert (listed["code"], listed["revisions"], listed["axes"]) == ("Legs", ["B"], 2)
    here = f"/robot-models/{listed['id']}"
    assert office.get(f"{here}/slots", revision="b").json() == made.json()
    assert office.get(f"{here}/slots", revision="C").status_code == 404
    rule = {"code": "FW-7", "reason": "Falls over.", "parts": {"robot": ">=4.9,<4.10"}}
    assert office.post(f"{here}/firmware-rules", **rule).status_code == 201
    assert office.post(f"{here}/firmware-rules", **rule).status_code == 409
    assert office.get(f"{here}/firmware-rules").json()["items"][0]["parts"] == rule["parts"]
    assert store.id
    assert breaches_of(session) == []
