"""Robots as JSON: for programs of the store."""

from collections.abc import Callable
from urllib.parse import quote

from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from app.identity.roles import Role
from app.kernel.actor import Actor
from app.kernel.text import msg
from app.robots import claims, registry
from app.robots.states import UnitState
from app.stores.models import Store
from tests.makers.robots import a_maker, a_model, a_unit

Bearer = Callable[..., dict[str, str]]
ROBOTS = "/api/v1/robots"


def arriving(serial: str, **more: object) -> dict[str, object]:
    return {"maker": "Unitree", "model": "G1", "serial": serial, **more}


def test_robots_are_received_all_or_none(
    session: Session, client: TestClient, bearer: Bearer
) -> None:
    # given
    a_model(session)
    headers = bearer()
    # when
    refused = client.post(
        ROBOTS,
        headers=headers,
        json={"items": [arriving("A1"), arriving(" "), arriving("9E+18"), arriving("a1")]},
    )
    # then
    assert refused.status_code == 422
    assert refused.headers["content-type"] == "application/problem+json"
    assert set(refused.json()["errors"]) == {f"items.{index}.serial" for index in range(4)}
    assert client.get(ROBOTS, headers=headers).json() == {"items": [], "next": None}
    # when
    received = client.post(
        ROBOTS,
        headers=headers,
        json={
            "items": [
                arriving(
                    "007",
                    firmware="1.4.2",
                    cost={"amount": 1_150_000, "currency": "EUR"},
                    components=[{"position": "left_knee", "serial": "K1"}],
                ),
                arriving("\x1d7\x04"),
            ]
        },
    )
    # then
    assert received.status_code == 201
    assert [item["serial"] for item in received.json()["items"]] == ["007", "7"]
    one = client.get(f"{ROBOTS}/007", headers=headers).json()
    assert one == received.json()["items"][0]
    assert one["state"] == "received"
    assert one["cost"] == {"amount": 1_150_000, "currency": "EUR"}
    assert client.get(ROBOTS, params={"q": "k1"}, headers=headers).json()["items"] == [one]


def test_the_same_key_receives_once(session: Session, client: TestClient, bearer: Bearer) -> None:
    a_model(session)
    headers = bearer() | {"Idempotency-Key": "delivery-1"}
    first = client.post(ROBOTS, headers=headers, json={"items": [arriving("A1")]})
    again = client.post(ROBOTS, headers=headers, json={"items": [arriving("A1")]})
    other = client.post(ROBOTS, headers=headers, json={"items": [arriving("A2")]})
    assert (first.status_code, again.status_code, other.status_code) == (201, 201, 409)
    assert again.json() == first.json()
    assert again.headers["Idempotent-Replayed"] == "true"


def test_what_cannot_be_received_is_a_problem_not_a_defect(
    session: Session, client: TestClient, bearer: Bearer
) -> None:
    # given
    a_model(session)
    headers = bearer()
    wrong: list[dict[str, object]] = [
        {},
        {"items": []},
        {"items": [{"maker": "Unitree"}]},
        {"items": [arriving("A1", colour="red")]},
        {"items": [arriving("A1") | {"serial": 7}]},
        {"items": [arriving("A1", cost={"amount": "12", "currency": "EUR"})]},
        {"items": [arriving("A1", cost={"amount": -1, "currency": "EUR"})]},
        {"items": [arriving("A1", cost={"amount": 1, "currency": "CNY"})]},
        {"items": [arriving("A1", model="G9")]},
        {"items": [arriving("x" * 101)]},
    ]
    for sent in wrong:
        # when
        answer = client.post(ROBOTS, headers=headers, json=sent)
        # then
        assert answer.status_code == 422, sent
        assert answer.json()["status"] == 422, sent


def test_a_serial_of_any_signs_has_its_address(
    session: Session, store: Store, client: TestClient, bearer: Bearer
) -> None:
    # given
    serials = [
        "A/B",
        "OXI 0.05% X",
        "🤖-1",
        "C?x=1#y",
        "50%2F50",
        "宇树/7",
        "A+B",
        "a;b",
        "..",
        "A//B",
    ]
    for serial in serials:
        a_unit(session, store, serial)
    headers = bearer()
    for serial in serials:
        # then
        listed = client.get(ROBOTS, params={"serial": serial}, headers=headers).json()["items"]
        assert [item["serial"] for item in listed] == [serial]
        # this client resolves dots, and decodes an address twice: those do not arrive as meant
        if serial not in {"..", "50%2F50"}:
            address = f"{ROBOTS}/{quote(serial, safe='')}"
            assert client.get(address, headers=headers).json()["serial"] == serial
            lines = client.get(f"{address}/timeline", headers=headers).json()
            assert lines == {"items": [], "next": None}


def test_a_serial_of_two_makers_asks_which(
    session: Session, store: Store, client: TestClient, bearer: Bearer
) -> None:
    a_unit(session, store, "0001")
    a_unit(session, store, "0001", model=a_model(session, "T1", maker=a_maker(session, "Booster")))
    headers = bearer()
    asked = client.get(f"{ROBOTS}/0001", headers=headers)
    assert asked.status_code == 409
    assert asked.json()["code"] == "shared_serial"
    one = client.get(f"{ROBOTS}/0001", params={"maker": "booster"}, headers=headers)
    assert one.json()["model"] == "T1"
    assert client.get(f"{ROBOTS}/0001", params={"maker": "x"}, headers=headers).status_code == 404


def test_the_list_is_paged_and_filtered(
    session: Session, store: Store, manager: Actor, client: TestClient, bearer: Bearer
) -> None:
    # given
    units = [a_unit(session, store, f"A{number}") for number in range(5)]
    a_unit(session, store, "S1", state=UnitState.SOLD, model=a_model(session, "H2"))
    claims.claim(session, manager, units[2], owner="order:7", holder="Jana, 7", minutes=30)
    headers = bearer()

    def listed(**params: str | int) -> list[str]:
        seen: list[str] = []
        cursor = None
        while True:
            answer = client.get(
                ROBOTS,
                params={**params, "limit": 2} | ({"cursor": cursor} if cursor else {}),
                headers=headers,
            ).json()
            seen += [item["serial"] for item in answer["items"]]
            cursor = answer["next"]
            if not cursor:
                return seen

    # then
    assert listed() == ["S1", "A4", "A3", "A2", "A1", "A0"]
    assert listed(state="available") == ["A4", "A3", "A1", "A0"]
    assert listed(state="held") == ["A2"]
    assert listed(maker="unitree", model="h2") == ["S1"]
    assert listed(maker="Unitree", state="sold") == ["S1"]
    held = client.get(f"{ROBOTS}/A2", headers=headers).json()
    assert held["state"] == "held"
    assert held["claim"]["holder"] == "Jana, 7"


def test_odd_questions_get_a_clear_answer(client: TestClient, bearer: Bearer) -> None:
    headers = bearer()
    asked: list[tuple[dict[str, str], int]] = [
        ({"cursor": "rubbish"}, 422),
        ({"cursor": "WzFlOTld"}, 422),
        ({"cursor": "Wzk5OTk5OTk5OTk5OTk5OTk5OTk5OTldIA"}, 422),
        ({"limit": "0"}, 422),
        ({"limit": "201"}, 422),
        ({"state": "gone"}, 422),
        ({"model": "G1"}, 422),
        ({"maker": "Nobody"}, 404),
        ({"q": "park. multi-agent don't @x \" % _ \\"}, 200),
        ({"q": "x" * 3000}, 200),
        ({"q": "\x00"}, 200),
    ]
    for params, status in asked:
        answer = client.get(ROBOTS, params=params, headers=headers)
        assert answer.status_code == status, params


def test_a_timeline_is_paged_and_said_in_the_callers_language(
    session: Session, store: Store, manager: Actor, client: TestClient, bearer: Bearer
) -> None:
    # given
    unit = a_unit(session, store, "A1", state=UnitState.RECEIVED)
    registry.move(session, manager, unit, UnitState.INSPECTED, why=msg("Inspected"))
    registry.move(session, manager, unit, UnitState.AVAILABLE, why=msg("For sale"), link="/x")
    headers = bearer()
    # when
    first = client.get(f"{ROBOTS}/A1/timeline", params={"limit": 1}, headers=headers).json()
    rest = client.get(
        f"{ROBOTS}/A1/timeline", params={"cursor": first["next"]}, headers=headers
    ).json()
    # then
    assert [(line["kind"], line["link"]) for line in first["items"]] == [("available", "/x")]
    assert [line["kind"] for line in rest["items"]] == ["inspected"]
    assert rest["next"] is None
    for cursor in ("rubbish", "WyJ4IiwxXQ", "WyIwMDAxLTAxLTAxVDAwOjAwOjAwKzIzOjAwIiwxXQ"):
        answer = client.get(f"{ROBOTS}/A1/timeline", params={"cursor": cursor}, headers=headers)
        assert answer.status_code == 422


def test_programs_need_token_and_permission(
    session: Session, store: Store, client: TestClient, bearer: Bearer
) -> None:
    a_unit(session, store, "A1")
    auditor = bearer(Role.AUDITOR)
    assert client.get(ROBOTS).status_code == 401
    assert client.post(ROBOTS, json={"items": [arriving("A2")]}).status_code == 401
    refused = client.post(ROBOTS, json={"items": [arriving("A2")]}, headers=auditor)
    assert refused.status_code == 403
    assert client.get(f"{ROBOTS}/A1", headers=auditor).json()["cost"] is None
    assert client.get(f"{ROBOTS}/A9", headers=auditor).status_code == 404
