"""Inspection and handover by JSON."""

from sqlalchemy.orm import Session

from app.robots.states import UnitState
from tests.makers.programs import Program, ordered
from tests.makers.robots import a_unit
from tests.makers.sales import Counter

SERIAL = "DEMO-G1-0001"
GOOD = {"01": {"result": "ok"}, "02": {"result": "ok"}}


def test_a_handover_names_what_is_missing(shop: Program, counter: Counter) -> None:
    number = ordered(shop, counter, {"serial": SERIAL})
    address = f"/orders/{number}/handover"
    unpaid = shop.post(address, {"answers": GOOD, "signer": "Mia Lind"})
    shop.post(f"/orders/{number}/payments", {"tender": "cash", "till": counter.till.id})

    gap = shop.post(address, {"answers": {"01": {"result": "ok"}}, "signer": "Mia Lind"})
    stranger = shop.post(address, {"answers": GOOD | {"99": {"result": "ok"}}, "signer": "M"})
    silent = shop.post(
        address, {"answers": GOOD | {"02": {"result": "fail"}}, "signer": "Mia Lind"}
    )
    unsigned = shop.post(address, {"answers": GOOD, "signer": " "})
    scribble = shop.post(
        address, {"answers": GOOD, "signer": "M", "signature": "data:image/png;base64,AAAA"}
    )
    done = shop.post(address, {"answers": GOOD, "signer": "Mia Lind"}, key="h")
    again = shop.post(address, {"answers": GOOD, "signer": "Mia Lind"})

    assert unpaid.status_code == 409
    assert list(gap.json()["errors"]) == ["answers.02.result"]
    assert list(stranger.json()["errors"]) == ["answers.99"]
    assert list(silent.json()["errors"]) == ["answers.02.note"]
    assert (unsigned.status_code, unsigned.json()["field"]) == (422, "signer")
    assert (scribble.status_code, scribble.json()["field"]) == (422, "signature")
    assert (done.status_code, again.status_code) == (201, 409)


def test_a_robot_is_inspected_before_it_is_sold(
    shop: Program, counter: Counter, session: Session
) -> None:
    a_unit(session, counter.store, "NEW-1", model=counter.model, state=UnitState.RECEIVED)
    session.commit()
    address = "/robots/NEW-1/inspection"
    early = shop.post("/orders", {"lines": [{"serial": "NEW-1"}]})

    asked = shop.get(address).json()
    faulty = {"01": {"result": "ok"}, "02": {"result": "fail", "note": "Button sticks"}}
    failed = shop.post(address, {"answers": faulty})
    passed = shop.post(address, {"answers": GOOD})
    again = shop.post(address, {"answers": GOOD})
    sold = shop.post("/orders", {"lines": [{"serial": "NEW-1"}]})

    assert early.status_code == 409
    assert [item["key"] for item in asked["checklist"]] == ["01", "02"]
    assert (failed.status_code, failed.json()["last"]["passed"]) == (201, False)
    assert (passed.status_code, passed.json()["state"]) == (201, "available")
    assert (again.status_code, sold.status_code) == (409, 201)
    assert shop.post("/robots/NOBODY/inspection", {"answers": {}}).status_code == 404
