"""Stocktakes, batteries and imports as programs see them."""

import time
from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response
from sqlalchemy.orm import Session

from app.identity import tokens
from app.identity.roles import Role
from tests.makers.store_room import StoreRoom, a_store_room

pytestmark = pytest.mark.only_on("sqlite")
Send = Callable[..., Response]


@pytest.fixture
def room(session: Session) -> StoreRoom:
    made = a_store_room(session)
    session.commit()
    return made


@pytest.fixture
def send(session: Session, room: StoreRoom, client: TestClient) -> Send:
    """Call as a program of a role: `send(Role.PARTS, "POST", "/stock/counts", json=...)`."""
    made = {
        role: tokens.create(session, room.manager, name=role.value, role=role)
        for role in (Role.PARTS, Role.MANAGER)
    }
    session.commit()

    def call(role: Role, method: str, path: str, **sent: object) -> Response:
        headers = {"Authorization": f"Bearer {made[role]}"}
        return client.request(method, f"/api/v1{path}", headers=headers, **sent)  # type: ignore[arg-type]

    return call


def test_a_stocktake_from_beginning_to_end(send: Send) -> None:
    begun = send(Role.PARTS, "POST", "/stock/counts", json={"places": ["A-1", "A-2"]})
    assert begun.status_code == 201, begun.text
    here = f"/stock/counts/{begun.json()['number']}"
    for entry in (
        {"place": "A-1", "part": "cab-1", "quantity": 9},
        {"place": "A-1", "part": "PAD-7", "quantity": 20, "lot": "L1"},
        {"place": "A-2", "part": "BAT-9", "serial": "B-001"},
    ):
        counted = send(Role.PARTS, "POST", f"{here}/entries", json=entry)
        assert counted.status_code == 201, counted.text
        assert "expected" not in counted.json()
    for place in ("A-1", "A-2"):
        send(Role.PARTS, "POST", f"{here}/finish", json={"place": place})

    hidden = send(Role.PARTS, "GET", f"{here}/differences")
    shown = send(Role.MANAGER, "GET", f"{here}/differences").json()
    booked = send(Role.MANAGER, "POST", f"{here}/approve", json={"note": "fine"}).json()

    assert hidden.status_code == 403
    assert [(one["part"], one["difference"]) for one in shown["items"]] == [("CAB-1", -1)]
    assert (booked["state"], booked["missing"]) == ("booked", {"amount": 500, "currency": "EUR"})
    listed = send(Role.PARTS, "GET", "/stock/counts").json()
    assert [one["number"] for one in listed["items"]] == [1]


def test_a_battery_is_checked_set_aside_and_let_go(room: StoreRoom, send: Send) -> None:
    here = f"/batteries/{room.pack.id}"
    checked = send(Role.PARTS, "POST", f"{here}/checks", json={"soc_percent": 45, "cycles": 3})
    aside = send(Role.PARTS, "POST", f"{here}/set-aside", json={"reason": "fell"})
    refused = send(Role.PARTS, "POST", f"{here}/let-go", json={"reason": "fine"})
    free = send(Role.MANAGER, "POST", f"{here}/let-go", json={"reason": "fine", "place": "a-2"})

    assert (checked.status_code, checked.json()["may_be_used"]) == (201, True)
    assert (aside.json()["set_aside"], aside.json()["may_be_used"]) == (True, False)
    assert refused.status_code == 403
    assert (free.json()["place"], free.json()["may_be_used"]) == ("A-2", True)
    whole = send(Role.PARTS, "GET", here).json()
    assert [one["soc_percent"] for one in whole["checks"]] == [45]
    assert [one["serial"] for one in send(Role.PARTS, "GET", "/batteries").json()["items"]] == [
        "B-001"
    ]


def wait_for(send: Send, here: str) -> dict[str, object]:
    """Ask again until nobody reads the file any more; the service does that by itself."""
    told: dict[str, object] = {}
    for _ in range(200):
        told = send(Role.PARTS, "GET", here).json()
        if told["state"] not in {"checking", "importing"}:
            return told
        time.sleep(0.05)
    raise AssertionError(told)


def test_a_file_is_sent_checked_and_taken_in_by_the_service_itself(send: Send) -> None:
    file = {"file": ("parts.csv", b"Part no;Name;What\nNEW-1;New;x\n", "text/csv")}
    sent = send(Role.PARTS, "POST", "/imports", data={"kind": "parts"}, files=file)
    assert sent.status_code == 201, sent.text
    here = f"/imports/{sent.json()['number']}"
    assert sent.json()["columns"] == ["number", "name", ""]

    asked = send(Role.PARTS, "POST", f"{here}/check", json={})
    checked = wait_for(send, here)
    send(Role.PARTS, "POST", f"{here}/import")
    done = wait_for(send, here)

    assert asked.status_code == 202
    assert (checked["state"], checked["rows_new"]) == ("checked", 1)
    assert (done["state"], done["rows_new"]) == ("done", 1)
    assert send(Role.PARTS, "GET", "/parts/NEW-1").status_code == 200


def test_a_bad_row_is_told_by_its_number_and_field(send: Send) -> None:
    file = {"file": ("stock.csv", b"number,quantity\nCAB-1,2\nCAB-1,x\n", "text/csv")}
    sent = send(Role.PARTS, "POST", "/imports", data={"kind": "stock"}, files=file)
    here = f"/imports/{sent.json()['number']}"
    send(Role.PARTS, "POST", f"{here}/check", json={})

    told = wait_for(send, here)

    assert told["bad_rows"] == 1
    assert told["problems"] == [
        {"row": 3, "field": "quantity", "detail": "“x” is not a whole number of pieces."}
    ]
    assert send(Role.PARTS, "POST", f"{here}/import").status_code == 422
