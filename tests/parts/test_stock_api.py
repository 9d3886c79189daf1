"""Stock as programs move and see it."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from app.identity import tokens
from app.identity.roles import Role
from app.kernel.actor import Actor
from app.parts import reservations
from app.parts.models import Part
from app.robots.slot_models import Control
from app.stores.models import Store
from tests.makers.parts import a_bin, a_part, stocked, stocked_serials
from tests.makers.stores import a_store
from tests.parts.conftest import an_actor

BASE = "/api/v1/stock"
Bearer = Callable[..., dict[str, str]]


@pytest.fixture
def bearer(session: Session, store: Store) -> Bearer:
    def headers(role: Role = Role.PARTS) -> dict[str, str]:
        token = tokens.create(session, an_actor(store), name="robot arm", role=role)
        session.commit()
        return {"Authorization": f"Bearer {token}"}

    return headers


def test_pieces_come_in_move_and_are_scrapped(
    session: Session, manager: Actor, knee: Part, client: TestClient, bearer: Bearer
) -> None:
    # given
    a_bin(session, manager, "A-01")
    headers = bearer()

    def post(**sent: object) -> dict[str, Any]:
        answer = client.post(f"{BASE}/movements", json=sent, headers=headers)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    # when
    came = post(
        part="knee-l",
        quantity=5,
        start="kind:supplier",
        end="A-01",
        cost={"amount": 900, "currency": "EUR"},
    )
    moved = post(part=knee.number, quantity=2, start="a-01", end="kind:van")
    scrapped = post(part=knee.number, start="kind:van", end="kind:scrap", reason="bent")
    # then
    assert came["value"] == {"amount": 4500, "currency": "EUR"}
    assert (moved["stock_change"], scrapped["stock_change"]) == (0, -1)
    lines = client.get(f"{BASE}/movements?part=KNEE-L&place=A-01", headers=headers).json()
    assert [line["id"] for line in lines["items"]] == [moved["id"], came["id"]]
    value = client.get(f"{BASE}/value", headers=headers).json()
    assert (value["quantity"], value["value"]["amount"]) == (4, 3600)
    assert [worth["part"] for worth in value["items"]] == ["KNEE-L"]


def test_a_serial_comes_in_and_its_line_is_undone(
    session: Session, manager: Actor, client: TestClient, bearer: Bearer
) -> None:
    # given
    a_part(session, manager, "AK-80", control=Control.SERIAL)
    headers = bearer()
    sent = {"part": "AK-80", "start": "kind:supplier", "end": "kind:bin", "serial": "AK-1"}
    # when
    came = client.post(f"{BASE}/movements", json=sent, headers=headers).json()
    again = client.post(f"{BASE}/movements", json=sent, headers=headers)
    undone = client.post(
        f"{BASE}/movements/{came['id']}/reverse", json={"reason": "not ours"}, headers=headers
    ).json()
    # then
    assert (again.status_code, again.json()["field"]) == (409, "serial")
    assert (undone["reverses"], undone["serial"]) == (came["id"], "AK-1")
    lines = client.get(f"{BASE}/movements?serial=ak-1", headers=headers).json()["items"]
    assert len(lines) == 2


@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize(
    ("sent", "status", "field"),
    [
        ({"part": "KNEE-L", "quantity": 9, "end": "kind:van"}, 409, "quantity"),
        ({"part": "KNEE-L", "quantity": 0, "end": "kind:van"}, 422, "quantity"),
        ({"part": "KNEE-L", "quantity": 1.5, "end": "kind:van"}, 422, "quantity"),
        ({"part": "HIP-R", "end": "kind:van"}, 404, ""),
        ({"part": "KNEE-L", "end": "kind:robot"}, 422, "place"),
        ({"part": "KNEE-L", "end": "kind:nowhere"}, 404, "end"),
        ({"part": "KNEE-L", "end": "Z-99"}, 404, "end"),
        ({"part": "KNEE-L", "end": "kind:scrap"}, 422, "reason"),
        ({"part": "KNEE-L", "end": "kind:van", "serial": "X"}, 404, "serial"),
        ({"part": "KNEE-L", "start": "kind:supplier", "end": "kind:customer"}, 422, "end"),
        (
            {"part": "KNEE-L", "end": "kind:van", "cost": {"amount": 1, "currency": "EUR"}},
            422,
            "cost",
        ),
        ({"part": "KNEE-L", "start": "kind:van", "end": "kind:bin"}, 409, "quantity"),
        ({"part": "KNEE-L", "end": "kind:van", "reference": "DN-1"}, 422, "reference"),
    ],
)
def test_what_cannot_be_moved_is_refused_at_its_field(
    session: Session,
    manager: Actor,
    knee: Part,
    client: TestClient,
    bearer: Bearer,
    *,
    sent: dict[str, object],
    status: int,
    field: str,
) -> None:
    stocked(session, manager, knee, quantity=3)
    answer = client.post(f"{BASE}/movements", json=sent, headers=bearer())
    told = answer.json()
    named = told.get("field") or next(iter(told.get("errors", {})), "")
    assert (answer.status_code, named) == (status, field), answer.text


def test_pieces_are_put_aside_seen_and_given_back(
    session: Session, manager: Actor, client: TestClient, bearer: Bearer
) -> None:
    # given
    drive = a_part(session, manager, "AK-80", control=Control.SERIAL)
    stocked_serials(session, manager, drive, "AK-1")
    headers = bearer()
    wanted = {"part": "AK-80", "serial": "AK-1", "purpose": "fair", "minutes": 30}
    # when
    kept = client.post(f"{BASE}/reservations", json=wanted, headers=headers).json()
    refused = client.post(f"{BASE}/reservations", json=wanted, headers=headers)
    # then
    assert (kept["owner"], kept["serial"]) == ("aside:fair", "AK-1")
    assert (refused.status_code, refused.json()["code"]) == (409, "promised")
    listed = client.get(f"{BASE}/reservations?part=ak-80", headers=headers).json()["items"]
    assert [one["id"] for one in listed] == [kept["id"]]
    here = f"{BASE}/reservations/{kept['id']}"
    assert client.delete(here, headers=headers).status_code == 204
    assert client.delete(here, headers=headers).status_code == 409
    assert client.get(f"{BASE}/reservations", headers=headers).json()["items"] == []


def test_what_a_ticket_keeps_is_given_back_there(
    session: Session, manager: Actor, knee: Part, client: TestClient, bearer: Bearer
) -> None:
    stocked(session, manager, knee)
    kept = reservations.reserve(
        session, manager, knee.id, owner="ticket:S-1001", holder="Bo", minutes=None
    )
    answer = client.delete(f"{BASE}/reservations/{kept.id}", headers=bearer())
    assert answer.status_code == 409
    assert "ticket S-1001" in answer.json()["detail"]


def test_of_thirty_two_programs_ten_get_the_ten_pieces(
    session: Session, manager: Actor, knee: Part, client: TestClient, bearer: Bearer
) -> None:
    """STK-01, STK-09: as many as there are succeed, all others are told so."""
    # given
    stocked(session, manager, knee, quantity=10)
    headers = bearer()

    def reach(number: int) -> tuple[int, str]:
        wanted = {"part": "KNEE-L", "purpose": f"job {number}"}
        answer = client.post(f"{BASE}/reservations", json=wanted, headers=headers)
        return answer.status_code, answer.json().get("code", "")

    # when
    with ThreadPoolExecutor(8) as programs:
        got = sorted(programs.map(reach, range(32)))
    # then
    assert got == [(201, "")] * 10 + [(409, "not_enough_stock")] * 22


@pytest.mark.only_on("sqlite")
def test_places_are_listed_and_added(client: TestClient, bearer: Bearer) -> None:
    headers = bearer()
    room = client.post(f"{BASE}/places", json={"kind": "room", "name": "Cage"}, headers=headers)
    sent = {"kind": "bin", "name": "Shelf 1", "code": "C-1", "room": room.json()["id"]}
    made = client.post(f"{BASE}/places", json=sent, headers=headers)
    assert made.status_code == 201
    listed = client.get(f"{BASE}/places", headers=headers).json()["items"]
    assert [(place["name"], place["room"]) for place in listed] == [
        ("Cage", None),
        ("Shelf 1", room.json()["id"]),
    ]


@pytest.mark.only_on("sqlite")
def test_who_may_only_look_moves_and_keeps_nothing(
    session: Session, manager: Actor, knee: Part, client: TestClient, bearer: Bearer
) -> None:
    line = stocked(session, manager, knee)
    headers = bearer(Role.SALES)
    sent = {"part": "KNEE-L", "end": "kind:van"}
    for path, body in (
        ("movements", sent),
        (f"movements/{line.id}/reverse", {"reason": "x"}),
        ("reservations", {"part": "KNEE-L", "purpose": "x"}),
        ("places", {"kind": "bin", "name": "B"}),
    ):
        assert client.post(f"{BASE}/{path}", json=body, headers=headers).status_code == 403
    assert client.get(f"{BASE}/movements", headers=headers).status_code == 200


@pytest.mark.only_on("sqlite")
def test_another_stores_ledger_is_not_seen(
    session: Session, knee: Part, client: TestClient, bearer: Bearer
) -> None:
    # given
    other = an_actor(a_store(session, "BER"))
    theirs = a_part(session, other, "HIP-R")
    line = stocked(session, other, theirs)
    assert knee.id
    headers = bearer()
    # then
    assert client.get(f"{BASE}/movements", headers=headers).json()["items"] == []
    here = f"{BASE}/movements/{line.id}/reverse"
    assert client.post(here, json={"reason": "x"}, headers=headers).status_code == 404


@pytest.mark.only_on("sqlite")
def test_the_ledger_goes_on_page_by_page(
    session: Session, manager: Actor, knee: Part, client: TestClient, bearer: Bearer
) -> None:
    made = [stocked(session, manager, knee).id for _ in range(60)]
    headers = bearer()
    first = client.get(f"{BASE}/movements", headers=headers).json()
    rest = client.get(f"{BASE}/movements?cursor={first['next']}", headers=headers).json()
    found = [line["id"] for line in first["items"] + rest["items"]]
    assert found == sorted(made, reverse=True)
    assert rest["next"] is None
