"""Products by JSON."""

from typing import Any

from tests.makers.programs import Program, eur, fields_of

SERIAL = "DEMO-G1-0001"
PRODUCT = {
    "code": "ARM",
    "name": "Arm",
    "kind": "item",
    "category": "parts",
    "price": eur(100),
    "tax_code": "standard",
}
BAD_PRODUCTS: list[tuple[dict[str, Any], str]] = [
    ({"code": "x" * 65}, "code"),
    ({"code": "㍿" * 40}, "code"),
    ({"code": " "}, "code"),
    ({"name": "x" * 201}, "name"),
    ({"price": eur(-1)}, "price.amount"),
    ({"price": {"amount": 5, "currency": "USD"}}, "price"),
    ({"tax_code": "none"}, "tax_code"),
    ({"kind": "thing"}, "kind"),
    ({"kind": "robot"}, "model"),
    ({"kind": "robot", "model": {"maker": "Unitree", "code": "H9"}}, "model.code"),
    ({"kind": "plan"}, "plan_months"),
    ({"plan_months": 12}, "plan_months"),
    ({"plan_visits": 4}, "plan_visits"),
    ({"kind": "plan", "plan_months": 12, "plan_visits": 0}, "plan_visits"),
    ({"kind": "bundle"}, "contents"),
    ({"kind": "bundle", "contents": [{"product": "X"}]}, "contents.0.product"),
    ({"kind": "bundle", "contents": [{"product": "G1", "quantity": 2}]}, "contents.0.quantity"),
    ({"part_number": "x" * 65}, "part_number"),
    ({"part_number": "㍿" * 40}, "part_number"),
]


def test_products_are_added_and_found(shop: Program) -> None:
    sent = {
        "code": "SET-1",
        "name": "G1 with a spare battery",
        "kind": "bundle",
        "category": "robots",
        "price": eur(1_400_000),
        "tax_code": "standard",
        "contents": [{"product": "G1"}, {"product": "BAT-G1", "quantity": 1}],
    }
    added = shop.post("/products", sent)
    twice = shop.post("/products", sent)
    listed = {row["code"]: row for row in shop.get("/products").json()["items"]}
    found = shop.get("/products", q="spare").json()["items"]
    sold = shop.post("/orders", {"lines": [{"product": "SET-1", "serial": SERIAL}]})

    assert added.status_code == 201, added.text
    assert twice.status_code == 409
    assert listed["BAT-G1"]["left"] == 10
    assert listed["G1"]["left"] == 1
    assert [row["code"] for row in found] == ["SET-1"]
    assert sold.json()["gross"] == eur(1_400_000)
    assert {line["bundle"] for line in sold.json()["lines"]} == {"SET-1"}


def test_what_is_no_product_is_told_by_field(shop: Program) -> None:
    for changed, field in BAD_PRODUCTS:
        answer = shop.post("/products", PRODUCT | changed)

        assert answer.status_code == 422, (changed, answer.text)
        assert field in fields_of(answer), (changed, answer.text)
