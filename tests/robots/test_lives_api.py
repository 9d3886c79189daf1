"""Robots' lives as programs send and see them."""

from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from app.identity.roles import Role
from app.kernel.actor import Actor
from app.robots import passportkeys
from app.settings import Settings
from app.stores.models import Store
from tests.makers.robots import a_model, a_unit
from tests.robots.conftest import a_customer

Bearer = Callable[[Role], dict[str, str]]
BASE = "/api/v1/robots"


def test_a_life_from_register_to_retire(
    session: Session, manager: Actor, client: TestClient, bearer: Bearer, settings: Settings
) -> None:
    # given
    a_model(session)
    erika, max_ = (a_customer(session, manager, name).number for name in ("Erika", "Max"))
    headers = bearer(Role.MANAGER)

    def post(address: str, **sent: object) -> dict[str, object]:
        answer = client.post(BASE + address, json=sent, headers=headers)
        assert answer.is_success, answer.text
        return dict(answer.json())

    # when it comes in
    told = post("/register", customer=erika, serial="a 7", maker="Unitree", model="G1")
    assert (told["state"], told["owner"], told["custody"]) == ("handed_over", erika, "store")
    # when it goes from hand to hand
    assert post("/A%207/transfer", customer=max_, data="wiped", statement="Reset")["owner"] == max_
    owners = client.get(f"{BASE}/A 7/owners", headers=headers).json()["items"]
    assert [owner["customer"] for owner in owners] == [max_, erika]
    price = {"amount": 100_000, "currency": "EUR"}
    told = post("/A 7/buy-back", price=price, data="kept", statement="Max agreed")
    assert (told["state"], told["owner"], told["holding"]) == ("received", None, "stock")
    # when it serves the store
    assert post("/A 7/holding", holding="demo", reason="fair")["holding"] == "demo"
    assert post("/A 7/loans", holder="Fair", due_on="2199-01-01")["custody"] == "customer"
    assert post("/A 7/loans/back", condition="fine")["custody"] == "store"
    assert post("/A 7/retire", reason="burnt")["state"] == "retired"
    # then
    file = client.get(f"{BASE}/A 7/passport", headers=headers).content
    ours = passportkeys.house_key(settings.data_dir).public
    assert passportkeys.check(file, ours).problems == ()


@pytest.fixture
def a_store_at_work(session: Session, store: Store, manager: Actor) -> None:
    a_customer(session, manager, "Erika")
    a_unit(session, store, "G1-0001")


@pytest.mark.only_on("sqlite")
@pytest.mark.usefixtures("a_store_at_work")
@pytest.mark.parametrize(
    ("address", "sent", "status"),
    [
        ("/register", {"customer": 1, "serial": " "}, 422),
        ("/register", {"customer": 1, "serial": "8.9E+18"}, 422),
        ("/register", {"customer": 99, "serial": "x"}, 404),
        ("/register", {"customer": 1}, 422),
        ("/G1-0001/transfer", {"customer": 1, "data": "wiped", "statement": "Reset"}, 409),
        ("/G1-0001/transfer", {"customer": 1, "data": "nonsense"}, 422),
        ("/none/transfer", {"customer": 1, "data": "wiped", "statement": "Reset"}, 404),
        ("/G1-0001/loans", {"customer": 1}, 409),
        ("/G1-0001/loans/back", {}, 409),
        ("/G1-0001/holding", {"holding": "customer"}, 422),
        ("/G1-0001/retire", {"reason": ""}, 422),
    ],
)
def test_what_cannot_be_is_refused(
    client: TestClient,
    bearer: Bearer,
    address: str,
    sent: dict[str, object],
    status: int,
) -> None:
    answer = client.post(BASE + address, json=sent, headers=bearer(Role.MANAGER))
    assert answer.status_code == status, answer.text


def test_a_transfer_sent_again_is_one_transfer(
    session: Session, manager: Actor, client: TestClient, bearer: Bearer
) -> None:
    erika, max_ = (a_customer(session, manager, name).number for name in ("Erika", "Max"))
    headers = bearer(Role.MANAGER)
    client.post(f"{BASE}/register", json={"customer": erika, "serial": "7"}, headers=headers)
    for _ in range(2):
        again = client.post(
            f"{BASE}/7/transfer",
            json={"customer": max_, "data": "wiped", "statement": "Reset"},
            headers=headers | {"Idempotency-Key": "k"},
        )
        assert again.status_code == 201


def test_one_box_finds_robots_by_all_that_is_known(
    session: Session, store: Store, manager: Actor, client: TestClient, bearer: Bearer
) -> None:
    a_unit(session, store, "G1-0001", components={"knee": "AK-77"})
    a_customer(session, manager, "张伟")
    headers = bearer(Role.SALES)

    def kinds(said: str) -> list[tuple[str, str]]:
        found = client.get("/api/v1/search", params={"q": said}, headers=headers).json()
        return [(hit["kind"], hit["code"]) for hit in found["items"]]

    assert kinds("k-7") == [("unit", "G1-0001")]
    assert kinds("张") == [("customer", "C-1")]
    assert kinds('" OR *') == []
