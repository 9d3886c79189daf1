"""What a store asks of each robot before it is handed over."""

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from app import wiring
from app.calibration import presale
from app.calibration.procedureinputs import VersionInput
from app.kernel.errors import Forbidden, NotFound
from app.robots import gate
from app.robots.gate import Way
from app.robots.models import Unit
from tests.makers.browsing import Browser
from tests.makers.calibration import a_point, a_procedure
from tests.makers.calibration_validity import IMU, Legs, a_walker, reviewed
from tests.makers.programs import a_token
from tests.makers.robots import a_unit

pytestmark = pytest.mark.only_on("sqlite")


@pytest.fixture
def legs(session: Session) -> Legs:
    wiring.connect()
    return a_walker(session)


def why_not(session: Session, legs: Legs, unit: Unit, way: Way = Way.HANDOVER) -> list[str]:
    found = gate.answers(session, legs.lab.manager, unit, way=way)
    return [str(reason.text) for one in found if one.name == "presale" for reason in one.reasons]


def test_by_default_nothing_is_asked_of_a_new_robot(session: Session, legs: Legs) -> None:
    assert why_not(session, legs, legs.unit) == []


def test_a_robot_leaves_once_it_passed_what_is_asked(session: Session, legs: Legs) -> None:
    presale.require(session, legs.lab.manager, ["imu"])
    before = why_not(session, legs, legs.unit)

    reviewed(session, legs.lab, legs.imu, legs.unit)

    assert [text.partition(" at ")[0] for text in before] == ["IMU has to pass before the sale,"]
    assert why_not(session, legs, legs.unit) == []
    assert len(why_not(session, legs, legs.other)) == 1


def test_only_the_handover_asks(session: Session, legs: Legs) -> None:
    presale.require(session, legs.lab.manager, ["IMU"])

    assert why_not(session, legs, legs.unit, Way.RELEASE) == []


def test_what_is_no_longer_ticked_is_no_longer_asked(session: Session, legs: Legs) -> None:
    presale.require(session, legs.lab.manager, ["IMU", "POSE"])

    presale.require(session, legs.lab.manager, ["POSE"])

    assert [one.code for one in presale.listed(session, legs.lab.store.id)] == ["POSE"]


def test_who_may_not_change_procedures_may_not_ask_and_codes_are_known_ones(
    session: Session, legs: Legs
) -> None:
    with pytest.raises(Forbidden):
        presale.require(session, legs.lab.technician, ["IMU"])
    with pytest.raises(NotFound, match="no procedure TAIL"):
        presale.require(session, legs.lab.manager, ["TAIL"])


def test_it_is_ticked_on_the_page_of_rules(office: Browser) -> None:
    there = "/calibration/rules"

    office.send(f"{there}/presale", {"procedures": "KNEE-ZERO"})

    assert 'value="KNEE-ZERO" checked' in " ".join(office.get(there).text.split())


def test_a_program_sets_it(session: Session, app: FastAPI, legs: Legs) -> None:
    token = a_token(session, legs.lab.manager)
    session.commit()
    client = TestClient(app, headers={"Authorization": f"Bearer {token}"})
    there = "/api/v1/calibration/presale"

    assert client.put(there, json={"procedures": ["pose"]}).json() == {"procedures": ["POSE"]}
    assert client.get(there).json() == {"procedures": ["POSE"]}


def test_a_robot_of_a_model_without_a_version_is_not_asked(session: Session, legs: Legs) -> None:
    a_procedure(
        session,
        legs.lab.manager,
        "HANDS",
        points=[a_point(IMU)],
        wanted=VersionInput(title="Hands", model_id=legs.unit.model_id),
    )
    presale.require(session, legs.lab.manager, ["HANDS"])
    stranger = a_unit(session, legs.lab.store, "X-1")

    assert len(why_not(session, legs, legs.unit)) == 1
    assert why_not(session, legs, stranger) == []
