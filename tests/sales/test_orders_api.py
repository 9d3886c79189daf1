"""A whole sale by JSON, and everything that it refuses."""

from fastapi.testclient import TestClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.identity import tokens
from app.identity.models import ApiToken
from app.identity.roles import Role
from app.parts import stock
from app.payments.checks import breaches as payment_breaches
from app.robots import claims, ownership, registry
from app.robots.states import UnitState
from app.sales.checks import breaches
from app.sales.models import Order
from app.stores.models import Till
from tests.makers.programs import Program, a_program, eur, ordered
from tests.makers.sales import Counter, a_counter, a_robot

SERIAL = "DEMO-G1-0001"
PRICE = 1_350_000
GOOD = {"01": {"result": "ok"}, "02": {"result": "ok"}}


def test_a_robot_is_ordered_paid_and_handed_over(
    shop: Program, counter: Counter, session: Session
) -> None:
    opened = shop.post(
        "/orders",
        {
            "customer": counter.customer.number,
            "lines": [{"serial": " demo-g1-0001 "}, {"product": "BAT-G1", "quantity": 2}],
        },
    )
    assert opened.status_code == 201
    order = opened.json()
    assert (order["status"], order["till"], order["number"]) == ("open", None, 1)
    assert [line["serial"] for line in order["lines"]] == [SERIAL, None]
    assert order["gross"] == order["due"] == eur(PRICE + 2 * 89_900)
    assert order["customer"]["name"] == "Lindenhof Robotik GmbH"

    more = shop.post("/orders/1/lines", {"product": "CARE-24"})
    assert (more.status_code, more.json()["lines"][2]["product"]) == (201, "CARE-24")
    due = more.json()["due"]["amount"]

    deposit = shop.post(
        "/orders/1/payments",
        {"tender": "transfer", "amount": eur(500_000), "note": "RF18", "till": counter.till.id},
    )
    assert (deposit.status_code, deposit.json()["order"]["status"]) == (201, "part_paid")
    rest = shop.post(
        "/orders/1/payments",
        {"tender": "cash", "tendered": eur(due), "till": counter.till.id},
    )
    assert rest.status_code == 201, rest.text
    assert rest.json()["payment"]["change"] == eur(500_000)
    paid = rest.json()["order"]
    assert (paid["status"], paid["due"], paid["till"]) == ("paid", eur(0), counter.till.id)
    assert [paper["kind"] for paper in paid["documents"]] == ["invoice"]
    listed = shop.get("/orders/1/payments").json()["items"]
    assert [(one["tender"], one["booked"]) for one in listed] == [
        ("transfer", True),
        ("cash", True),
    ]

    asked = shop.get("/orders/1/handover").json()
    assert [item["text"] for item in asked["checklist"]] == ["Walks", "Stops on the button"]
    given = shop.post("/orders/1/handover", {"answers": GOOD, "signer": "Mia Lind"})
    assert given.status_code == 201, given.text
    assert given.json()["serials"] == [SERIAL]
    assert shop.get("/orders/1").json()["status"] == "handed_over"
    assert [row["status"] for row in shop.get("/orders").json()["items"]] == ["handed_over"]

    session.expire_all()
    unit = registry.by_serial(session, counter.seller, SERIAL)
    assert unit.state is UnitState.HANDED_OVER
    assert ownership.owner_of(session, unit.id) == counter.customer.id
    assert [*breaches(session), *payment_breaches(session)] == []


def test_a_robot_kept_for_another_order_is_a_conflict(shop: Program, counter: Counter) -> None:
    ordered(shop, counter, {"serial": SERIAL})

    taken = shop.post("/orders", {"lines": [{"product": "BAT-G1"}, {"serial": SERIAL}]})

    assert taken.status_code == 409
    assert taken.json()["field"] == "lines.1.serial"
    assert "web shop, S-1" in taken.json()["detail"]
    # nothing of it is left, not even its number
    assert ordered(shop, counter) == 2


def test_a_sold_robot_is_a_conflict_that_names_the_sale(shop: Program, counter: Counter) -> None:
    number = ordered(shop, counter, {"serial": SERIAL})
    shop.post(f"/orders/{number}/payments", {"tender": "cash", "till": counter.till.id})

    again = shop.post("/orders", {"lines": [{"serial": SERIAL}]})

    assert again.status_code == 409
    assert again.json()["code"] == "not_sellable"
    assert again.json()["facts"]["number"] == number


def test_more_than_is_on_the_shelf_is_a_conflict(shop: Program) -> None:
    answer = shop.post("/orders", {"lines": [{"product": "BAT-G1", "quantity": 11}]})

    assert (answer.status_code, answer.json()["field"]) == (409, "lines.0.quantity")
    assert answer.json()["facts"]["free"] == 10


def test_a_cancelled_order_lets_its_robot_go(shop: Program, counter: Counter) -> None:
    number = ordered(shop, counter, {"serial": SERIAL})

    unsaid = shop.post(f"/orders/{number}/cancel", {})
    cancelled = shop.post(f"/orders/{number}/cancel", {"reason": "Buyer changed their mind"})
    again = shop.post(f"/orders/{number}/cancel", {"reason": "again"})

    assert (unsaid.status_code, unsaid.json()["field"]) == (422, "reason")
    assert (cancelled.status_code, cancelled.json()["status"]) == (200, "cancelled")
    assert again.status_code == 409
    ordered(shop, counter, {"serial": SERIAL})


def test_a_robot_needs_its_owner_before_it_is_paid(shop: Program, counter: Counter) -> None:
    opened = shop.post("/orders", {"lines": [{"serial": SERIAL}]})

    answer = shop.post("/orders/1/payments", {"tender": "cash", "till": counter.till.id})

    assert opened.status_code == 201
    assert (answer.status_code, answer.json()["field"]) == (422, "customer")


def test_a_closed_till_and_a_paid_order_take_nothing(
    shop: Program, counter: Counter, session: Session
) -> None:
    closed = Till(store_id=counter.store.id, name="Till 2")
    session.add(closed)
    session.commit()
    number = ordered(shop, counter, {"product": "BAT-G1"})

    at_closed = shop.post(f"/orders/{number}/payments", {"tender": "cash", "till": closed.id})
    paid = shop.post(f"/orders/{number}/payments", {"tender": "cash", "till": counter.till.id})
    again = shop.post(f"/orders/{number}/payments", {"tender": "cash", "till": counter.till.id})
    line = shop.post(f"/orders/{number}/lines", {"product": "BAT-G1"})

    assert at_closed.status_code == 409
    assert (paid.status_code, paid.json()["order"]["status"]) == (201, "closed")
    assert (again.status_code, line.status_code) == (409, 409)


def test_an_order_on_a_tills_screen_waits_for_the_one_before(
    shop: Program, counter: Counter
) -> None:
    sent = {"till": counter.till.id, "lines": [{"product": "BAT-G1"}]}
    first = shop.post("/orders", sent)

    second = shop.post("/orders", sent)
    paid = shop.post("/orders/1/payments", {"tender": "cash"})
    third = shop.post("/orders", sent)

    assert (first.status_code, second.status_code) == (201, 409)
    assert second.json()["field"] == "till"
    assert paid.json()["order"]["status"] == "closed"
    assert third.status_code == 201


def test_an_order_that_costs_nothing_is_complete_without_a_payment(
    shop: Program, counter: Counter
) -> None:
    shop.post(
        "/products",
        {
            "code": "HELLO",
            "name": "A first hour",
            "kind": "service",
            "category": "services",
            "price": eur(0),
            "tax_code": "standard",
        },
    )
    number = ordered(shop, counter, {"product": "HELLO"})

    paid = shop.post(f"/orders/{number}/payments", {"tender": "cash", "till": counter.till.id})

    assert paid.status_code == 201, paid.text
    assert paid.json()["payment"] is None
    assert paid.json()["order"]["status"] == "closed"


def test_the_same_key_orders_and_pays_once(
    shop: Program, counter: Counter, session: Session
) -> None:
    sent = {"customer": counter.customer.number, "lines": [{"serial": SERIAL}]}
    pays = {"tender": "cash", "till": counter.till.id}

    first, again = (shop.post("/orders", sent, key="o-1") for _ in range(2))
    other = shop.post("/orders", {"lines": []}, key="o-1")
    paid, repaid = (shop.post("/orders/1/payments", pays, key="p-1") for _ in range(2))

    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert again.headers["Idempotent-Replayed"] == "true"
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_key_reused")
    assert (paid.status_code, repaid.status_code) == (201, 201)
    assert repaid.content == paid.content
    session.rollback()
    assert list(session.scalars(select(Order.number))) == [1]
    assert len(shop.get("/orders/1/payments").json()["items"]) == 1


def test_a_key_is_its_programs_own(
    shop: Program, counter: Counter, session: Session, client: TestClient
) -> None:
    other = a_program(session, client, counter)

    mine = shop.post("/orders", {"lines": []}, key="1")
    theirs = other.post("/orders", {"lines": []}, key="1")
    too_long = shop.post("/orders", {"lines": []}, key="x" * 129)

    assert (mine.json()["number"], theirs.json()["number"]) == (1, 2)
    assert too_long.status_code == 422


def test_a_refusal_is_not_kept_under_its_key(shop: Program, counter: Counter) -> None:
    number = ordered(shop, counter, {"serial": SERIAL})
    sent = {"lines": [{"serial": SERIAL}]}
    refused = shop.post("/orders", sent, key="o-2")

    shop.post(f"/orders/{number}/cancel", {"reason": "gone"})
    then = shop.post("/orders", sent, key="o-2")

    assert (refused.status_code, then.status_code) == (409, 201)


def test_who_does_not_sell_may_look_and_nothing_else(
    shop: Program, counter: Counter, session: Session, client: TestClient
) -> None:
    number = ordered(shop, counter, {"serial": SERIAL})
    other = a_program(session, client, counter, Role.AUDITOR)
    pays = {"tender": "cash", "till": counter.till.id}

    assert other.get("/orders").status_code == 200
    assert other.get(f"/orders/{number}").status_code == 200
    assert other.get(f"/orders/{number}/payments").status_code == 200
    assert other.get("/products").status_code == 200
    refused = [
        other.post("/orders", {"lines": []}),
        other.post(f"/orders/{number}/lines", {"product": "BAT-G1"}),
        other.post(f"/orders/{number}/payments", pays),
        other.post(f"/orders/{number}/payments/1/cancel"),
        other.post(f"/orders/{number}/payments/1/reconcile"),
        other.post(f"/orders/{number}/cancel", {"reason": "x"}),
        other.post(f"/orders/{number}/handover", {"answers": {}, "signer": "x"}),
        other.get(f"/orders/{number}/handover"),
    ]
    assert {answer.status_code for answer in refused} == {403}


def test_a_token_counts_until_it_is_revoked(
    shop: Program, counter: Counter, session: Session, client: TestClient
) -> None:
    before = shop.get("/orders").status_code
    row = session.scalars(select(ApiToken)).one()
    tokens.revoke(session, counter.manager, row.id)
    session.commit()

    after = [shop.get("/orders"), shop.post("/orders", {"lines": []})]
    strange = Program(client, "qf_nothing").get("/orders")
    without = client.get("/api/v1/orders")

    assert before == 200
    assert [answer.status_code for answer in after] == [401, 401]
    assert (strange.status_code, without.status_code) == (401, 401)


def test_orders_of_another_store_are_not_there(
    shop: Program, counter: Counter, session: Session, client: TestClient
) -> None:
    number = ordered(shop, counter, {"serial": SERIAL})
    elsewhere = a_program(session, client, a_counter(session, code="MUC"))

    assert elsewhere.get(f"/orders/{number}").status_code == 404
    assert elsewhere.post(f"/orders/{number}/cancel", {"reason": "x"}).status_code == 404
    assert elsewhere.post("/orders", {"lines": [{"serial": SERIAL}]}).status_code == 422
    assert elsewhere.post("/orders", {"till": counter.till.id}).status_code == 422


def test_orders_with_one_number_in_two_stores_keep_their_own(
    shop: Program, counter: Counter, session: Session, client: TestClient
) -> None:
    other = a_counter(session, code="MUC")
    theirs = a_robot(session, other, "MUC-0001")
    elsewhere = a_program(session, client, other)
    battery = {"product": "BAT-G1", "quantity": 2}
    number = ordered(shop, counter, {"serial": SERIAL}, battery)
    assert ordered(elsewhere, other, {"serial": "MUC-0001"}, battery) == number

    shop.post(f"/orders/{number}/cancel", {"reason": "gone"})
    paid = elsewhere.post(f"/orders/{number}/payments", {"tender": "cash", "till": other.till.id})

    assert paid.status_code == 201, paid.text
    session.rollback()
    assert claims.live_claim(session, theirs.id) is None
    assert stock.free(session, other.battery.part_id or 0) == 8
    assert stock.free(session, counter.battery.part_id or 0) == 10
    assert list(breaches(session)) == []


def test_orders_are_paged_newest_first(shop: Program, counter: Counter) -> None:
    for _ in range(52):
        ordered(shop, counter)

    first = shop.get("/orders").json()
    rest = shop.get("/orders", cursor=first["next"]).json()

    numbers = [row["number"] for row in first["items"] + rest["items"]]
    assert numbers == list(range(52, 0, -1))
    assert rest["next"] is None
    assert shop.get("/orders", cursor="rubbish").status_code == 422
