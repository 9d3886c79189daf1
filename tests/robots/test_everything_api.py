"""What pages do around a robot, programs do as well: papers, data, contracts, models, bulletins."""

import base64
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response
from sqlalchemy.orm import Session

from app.identity.roles import Role
from app.kernel import clock
from app.kernel.actor import Actor
from app.robots import fitting, ownership, termsbook
from app.robots.bulletincriteria import Criterion
from app.robots.choosing import Part
from app.robots.models import Unit
from app.robots.states import UnitState
from app.stores import desk
from app.stores.models import Store
from tests.makers.bulletins import a_bulletin
from tests.makers.robots import a_maker, a_model, a_unit
from tests.makers.slots import a_plan
from tests.robots.conftest import a_customer

PDF = base64.b64encode(b"%PDF-1.4\n%%EOF\n").decode()
KNEE = "left_knee.actuator"
Call = Callable[..., Response]


@pytest.fixture
def unit(session: Session, store: Store) -> Unit:
    a_plan(session, a_model(session))
    return a_unit(session, store, "G1-1")


@pytest.fixture
def call(client: TestClient, bearer: Callable[[Role], dict[str, str]]) -> Call:
    """`call(address, body)` posts, `call(address)` gets, with a manager's token."""
    headers: dict[str, str] = {}

    def send(address: str, body: Any = None) -> Response:
        if not headers:
            headers.update(bearer(Role.MANAGER))
        url = f"/api/v1{address}"
        if body is None:
            return client.get(url, headers=headers)
        return client.post(url, headers=headers, json=body)

    return send


def test_what_a_warranty_rests_on_is_filed_and_taken_back(
    session: Session, store: Store, manager: Actor, unit: Unit, call: Call
) -> None:
    # given
    first = fitting.fit(session, manager, unit, KNEE, part=Part("AK-80", "1"))
    fitting.replace(session, manager, unit, KNEE, part=Part("AK-80", "2"))
    today = desk.business_day_of(store).isoformat()
    robot = "/robots/G1-1"
    # when
    call(f"{robot}/warranty/papers", {"kind": "receipt", "day": today, "source": "S-1"})
    seen = {"code": "fall", "seen_on": today, "slot": KNEE, "confirmed": False}
    basis = call(f"{robot}/warranty/evidence", seen).json()
    (evidence,) = basis["evidence"]
    wrong = call(f"{robot}/warranty/evidence", seen | {"code": "x", "photo": {"content": "?"}})
    withdrawn = call(f"{robot}/warranty/evidence/{evidence['id']}/withdraw", {"reason": "None"})
    paid = call(f"{robot}/warranty/payer", {"occupant": first.id + 1, "under_warranty": True})
    # then
    assert [paper["source"] for paper in basis["papers"]] == ["S-1"]
    assert (wrong.status_code, list(wrong.json()["errors"])) == (422, ["file.content"])
    assert withdrawn.json()["evidence"][0]["counts"] is False
    assert paid.status_code == 201


def test_contracts_are_agreed_used_and_ended(store: Store, call: Call, unit: Unit) -> None:
    today = desk.business_day_of(store).isoformat()
    robot = f"/robots/{unit.serial}"
    contract = {"name": "Care", "since": today, "months": 12, "visits": 1}
    (made,) = call(f"{robot}/contracts", contract).json()["contracts"]
    address = f"{robot}/contracts/{made['number']}"
    used = call(f"{address}/visits", {"reference": "T-1"})
    over = call(f"{address}/visits", {"reference": "T-2"})
    ended = call(f"{address}/end", {"reason": "Sold on"})
    assert made["visits_left"] == 1
    assert used.json()["contracts"][0]["visits_left"] == 0
    assert (over.status_code, ended.status_code) == (422, 200)
    assert call(f"{robot}/warranty/basis").json() == ended.json()


def test_documents_and_data_are_filed(session: Session, unit: Unit, call: Call) -> None:
    # given
    robot, model = f"/robots/{unit.serial}", f"/robot-models/{unit.model_id}"
    paper = {"kind": "conformity", "title": "Declaration", "valid_from": "2025-01-01"}
    # when
    own = call(f"{robot}/documents", paper | {"file": {"name": "d.pdf", "content": PDF}})
    homeless = call(f"{model}/documents", paper)
    theirs = call(f"{model}/documents", paper | {"kept_at": "Shelf 3"})
    file = call(f"/robot-documents/{own.json()['id']}/file")
    nowhere = call(f"/robot-documents/{theirs.json()['id']}/file")
    gone = call(f"/robot-documents/{theirs.json()['id']}/withdraw", {"reason": "Wrong"})
    call(f"{robot}/data/backup", {"has_backup": True, "person": "Erika"})
    wipe = call(f"{robot}/data/wipe", {"scope": "Maps", "method": "Reset"})
    # then
    assert (own.status_code, own.json()["of_model"]) == (201, False)
    assert list(homeless.json()["errors"]) == ["file"]
    assert (file.json()["name"], file.json()["content"]) == ("d.pdf", PDF)
    assert (nowhere.status_code, gone.json()["valid"]) == (404, False)
    assert [one["certificate"] for one in call(f"{robot}/data").json()["items"]] == [
        "W-00001",
        None,
    ]
    assert wipe.json()["method"] == "Reset"
    session.expire_all()


def test_what_is_owed_around_models_is_kept(unit: Unit, call: Call) -> None:
    model, today = f"/robot-models/{unit.model_id}", date(2025, 11, 1).isoformat()
    assessed = call(
        f"{model}/ai-class",
        {"role": "distributor", "risk": "transparency", "basis": "Art. 50", "assessed_on": today},
    )
    figure = {"name": "Height", "value": "132", "unit": "cm", "source": "maker", "as_of": today}
    call(f"{model}/figures", figure)
    figures = call(f"{model}/figures", figure | {"value": "127", "source": "shop"}).json()["items"]
    left = call(f"{model}/figures/{figures[0]['said'][0]['id']}/withdraw", {}).json()["items"]
    rule = call("/document-requirements", {"market": "DE", "kind": "label"})
    ended = call(f"/document-requirements/{rule.json()['id']}/end", {})
    assert call(f"{model}/ai-class").json()["items"] == [assessed.json()]
    assert figures[0]["in_conflict"] is True
    assert left[0]["in_conflict"] is False
    assert (rule.status_code, ended.json()["items"]) == (201, [])
    assert call("/document-requirements").json()["items"] == []


def test_terms_go_in_and_come_out(session: Session, manager: Actor, call: Call) -> None:
    maker = a_maker(session, "Unitree")
    row = termsbook.put_published(session, manager, maker)[0]
    session.commit()
    taken = call(f"/warranty-terms/{row.id}")
    again = call("/warranty-terms", {"maker": "Unitree", "terms": taken.text})
    broken = call("/warranty-terms", {"maker": "Unitree", "terms": "{"})
    assert taken.status_code == 200
    assert (again.status_code, broken.status_code) == (409, 422)
    assert call("/warranty-terms").json()["items"][0]["maker"] == "Unitree"


def test_slots_are_added_changed_and_dropped(unit: Unit, call: Call) -> None:
    slots = f"/robot-models/{unit.model_id}/slots"
    added = call(slots, {"slot": "battery.9", "slot_class": "battery"})
    changed = call(f"{slots}/battery.9", {"slot_class": "battery", "part_numbers": ["BAT-1"]})
    dropped = call(f"{slots}/battery.9/drop", {})
    gone = call(f"{slots}/battery.9/drop", {})
    assert "battery.9" in {one["slot"] for one in added.json()["slots"]}
    parts = {one["slot"]: one["part_numbers"] for one in changed.json()["slots"]}
    assert parts["battery.9"] == ["BAT-1"]
    assert "battery.9" not in {one["slot"] for one in dropped.json()["slots"]}
    assert gone.status_code == 404


def test_bulletins_are_withdrawn_and_their_letters_taken(
    session: Session, store: Store, manager: Actor, call: Call
) -> None:
    unit = a_unit(session, store, "G1-2", state=UnitState.HANDED_OVER)
    owner = a_customer(session, manager, "Erika Muster")
    ownership.give_to(session, manager, unit, owner.id, at=clock.now())
    bulletin = a_bulletin(session, manager, a_maker(session), Criterion(serials="G1-2"))
    letters = call(f"/bulletins/{bulletin.id}/letters", {})
    withdrawn = call(f"/bulletins/{bulletin.id}/withdraw", {"reason": "Wrong range"})
    assert [letter["name"] for letter in letters.json()["items"]] == ["Erika Muster"]
    assert withdrawn.json()["withdrawn_at"] is not None


def test_body_label_and_timeline_are_told(
    session: Session, manager: Actor, unit: Unit, call: Call
) -> None:
    fitting.fit(session, manager, unit, KNEE, part=Part("AK-80", "1"))
    body = call("/robots/G1-1/body").json()
    measured = call("/robots/G1-1/body?look=calibration").json()
    label = call("/robots/G1-1/label?file=zpl&stock=100x50")
    marks = {one["slot"]: one["words"] for one in body["slots"]}
    assert (body["known"], marks[KNEE]) == (True, "AK-80 1, Added")
    assert measured["known"] is True  # measurement answers, also of a robot it never saw
    assert base64.b64decode(label.json()["content"]).startswith(b"^XA")
    assert call("/robots/G1-1/label?stock=1x1").status_code == 404
    kinds = [one["kind"] for one in call("/robots/G1-1/timeline?kind=part").json()["items"]]
    assert kinds == ["part"]


def test_a_device_tells_what_it_counts_and_runs_and_does_nothing_else(
    unit: Unit, client: TestClient, bearer: Callable[[Role], dict[str, str]]
) -> None:
    headers, robot = bearer(Role.DEVICE), f"/api/v1/robots/{unit.serial}"
    told = {
        "counters": {"hours": 12.5},
        "firmware": {"part": "robot", "version": "1.5"},
    }
    for what, body in told.items():
        assert client.post(f"{robot}/{what}", headers=headers, json=body).status_code < 300
    anew = {"counter": "hours", "last": 13, "reason": "mine"}
    assert client.post(f"{robot}/counters/exchange", headers=headers, json=anew).status_code == 403
    fit = client.post(f"{robot}/slots/{KNEE}/fit", headers=headers, json={"serial": "1"})
    assert fit.status_code == 403
    assert client.get("/api/v1/customers", headers=headers).status_code == 403


def test_an_owners_address_is_told_once_and_ends(
    session: Session, store: Store, manager: Actor, client: TestClient, call: Call
) -> None:
    unit = a_unit(session, store, "G1-2", state=UnitState.HANDED_OVER)
    owner = a_customer(session, manager, "Erika Muster")
    ownership.give_to(session, manager, unit, owner.id, at=clock.now())
    url = call("/robots/G1-2/owner-link", {}).json()["url"]
    address = url.removeprefix("http://127.0.0.1:8000")
    assert 'id="passport-title"' in client.get(address).text
    assert call("/robots/G1-2/owner-link/revoke", {}).status_code == 200
    assert 'id="passport-title"' not in client.get(address).text
