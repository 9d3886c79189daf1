"""Customers for programs."""

from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx2 import Response
from sqlalchemy.orm import Session

from app.identity.roles import Role
from tests.customers.conftest import House
from tests.makers.customers import a_customer
from tests.makers.programs import Program, a_token

ANNA = {"name": "Anna Müller", "phone": "+49 341 123456", "marketing_consent": True}


class Shop(Program):
    def patch(self, address: str, body: Any) -> Response:
        return self._client.patch(f"/api/v1{address}", json=body, headers=self._headers)


@pytest.fixture
def shop(app: FastAPI, session: Session, house: House) -> Shop:
    token = a_token(session, house.manager)
    session.commit()
    return Shop(TestClient(app), token)


def test_a_customer_is_added_read_changed_and_found(shop: Shop) -> None:
    added = shop.post("/customers", ANNA)
    one = added.json()
    changed = shop.patch(f"/customers/{one['id']}", {"version": 1, "city": "Leipzig", "phone": ""})
    late = shop.patch(f"/customers/{one['id']}", {"version": 1, "city": "Halle"})
    found = shop.get("/customers", q="mull").json()

    assert (added.status_code, one["number"], one["version"]) == (201, 1, 1)
    assert one["marketing_consent_at"].endswith("Z")
    assert shop.get(f"/customers/{one['id']}").json() == changed.json()
    assert (changed.json()["city"], changed.json()["phone"]) == ("Leipzig", "")
    assert changed.json()["name"] == "Anna Müller"
    assert (late.status_code, late.json()["code"]) == (409, "conflict")
    assert [each["id"] for each in found["items"]] == [one["id"]]
    assert found["next"] is None


def test_somebody_alike_is_told_and_added_only_on_purpose(shop: Shop) -> None:
    shop.post("/customers", ANNA)

    warned = shop.post("/customers", ANNA)
    added = shop.post("/customers", {**ANNA, "despite_duplicates": True})

    assert warned.status_code == 409
    assert warned.json()["facts"] == {"numbers": "1"}
    assert added.json()["number"] == 2


def test_the_same_key_makes_one_customer(shop: Shop) -> None:
    first = shop.post("/customers", ANNA, key="k1")
    again = shop.post("/customers", ANNA, key="k1")

    assert first.json() == again.json()
    assert again.status_code == 201


def test_a_list_goes_on_where_it_ended(shop: Shop, session: Session, house: House) -> None:
    for number in range(5):
        a_customer(session, house.seller, f"Anna {number}")
    session.commit()

    first = shop.get("/customers", limit="3").json()
    second = shop.get("/customers", limit="3", cursor=first["next"]).json()

    names = [one["name"] for one in first["items"] + second["items"]]
    assert names == [f"Anna {number}" for number in range(5)]
    assert second["next"] is None


def test_a_person_is_exported_and_forgotten(shop: Shop) -> None:
    shop.post("/customers", ANNA)

    early = shop.post("/customers/1/erase", {"reason": "asked"})
    export = shop.get("/customers/1/export").json()
    done = shop.post("/customers/1/erase", {"reason": "asked"})

    assert early.status_code == 422
    assert export["customer"]["phone"] == "+49 341 123456"
    assert done.json()["name"] == "#1"
    assert done.json()["erased_at"] is not None
    assert shop.get("/customers").json()["items"] == []


@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "name"),
        ({"name": " "}, "name"),
        ({"name": "A", "e_mail": "x"}, "e_mail"),
        ({"name": "A", "email": "x"}, "email"),
        ({"name": "A", "kind": "robot"}, "kind"),
        ({"name": "A", "marketing_consent": "yes"}, "marketing_consent"),
        ({"name": "A\ud800"}, "name"),
    ],
)
def test_what_cannot_be_is_told_by_field(shop: Shop, body: dict[str, Any], field: str) -> None:
    answer = shop.post("/customers", body)

    assert answer.status_code == 422
    assert field in answer.json()["errors"]


def test_an_auditors_program_reads_and_does_not_write(
    app: FastAPI, session: Session, house: House
) -> None:
    token = a_token(session, house.manager, Role.AUDITOR)
    a_customer(session, house.seller)
    session.commit()
    auditor = Shop(TestClient(app), token)

    assert auditor.get("/customers/1").status_code == 200
    assert auditor.post("/customers", ANNA).status_code == 403
    assert auditor.patch("/customers/1", {"version": 1}).status_code == 403
    assert auditor.post("/customers/1/erase", {"reason": "x"}).status_code == 403
    assert auditor.get(f"/customers/{2**63}").status_code == 422
    assert auditor.get("/customers/99").status_code == 404
