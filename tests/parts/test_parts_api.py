"""Parts for programs: the same rules as the pages, told as problems."""

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from app.identity.roles import Role
from app.kernel.money import Money
from app.parts import catalogue, stock
from app.parts.catalogue import Particulars
from tests.makers.programs import Program, a_program, eur, fields_of
from tests.makers.robots import a_model
from tests.makers.sales import Counter, a_counter

pytestmark = pytest.mark.only_on("sqlite")


@pytest.fixture
def counter(session: Session) -> Counter:
    return a_counter(session)


@pytest.fixture
def program(session: Session, client: TestClient, counter: Counter) -> Program:
    return a_program(session, client, counter, Role.PARTS)


def knee(program: Program, **facts: object) -> None:
    answer = program.post("/parts", {"number": "KNEE-L", "name": "Knee", **facts})
    assert answer.status_code == 201, answer.text


def test_a_part_is_added_changed_and_found_by_its_old_number(program: Program) -> None:
    knee(program, price=eur(1980), minimum=2, maximum=4, slot_class="actuator", maker="Unitree")

    changed = program.patch("/parts/knee%20l", {"number": "KNEE/L2", "minimum": 3})

    assert changed.status_code == 200, changed.text
    kept = program.get("/parts/KNEE%2FL2").json()
    assert kept["price"] == eur(1980)
    assert (kept["minimum"], kept["maximum"], kept["maker"]) == (3, 4, "Unitree")
    assert [one["number"] for one in program.get("/parts", q="kneel").json()["items"]] == [
        "KNEE/L2"
    ]


def test_a_twin_is_refused_on_this_way_too(program: Program) -> None:
    """STK-13"""
    knee(program)
    twin = program.post("/parts", {"number": "knee l", "name": "Another"})

    assert twin.status_code == 409
    assert "number" in fields_of(twin)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"number": "X", "name": "X", "gtin": "4006381333930"}, "gtin"),
        ({"number": "X", "name": "X", "price": {"amount": 1, "currency": "USD"}}, "price"),
        ({"number": "X", "name": "X", "minimum": 5, "maximum": 4}, "maximum"),
        ({"number": " ", "name": "X"}, "number"),
    ],
)
def test_what_cannot_be_is_told_at_its_field(
    program: Program, body: dict[str, object], field: str
) -> None:
    answer = program.post("/parts", body)

    assert answer.status_code == 422
    assert field in fields_of(answer)


def test_availability_and_ledger_say_what_is_where(
    session: Session, program: Program, counter: Counter
) -> None:
    part = catalogue.add_part(
        session,
        counter.manager,
        number="KNEE-L",
        name="Knee",
        particulars=Particulars(minimum=1),
    )
    for pieces in (3, 4):
        stock.receive(session, counter.manager, part.id, quantity=pieces, reason="delivery")
    session.commit()

    there = program.get("/parts/KNEE-L/availability").json()
    page = program.get("/parts/KNEE-L/movements", limit="1").json()
    following = program.get("/parts/KNEE-L/movements", limit="1", cursor=page["next"]).json()

    assert (there["on_hand"], there["free"], len(there["places"])) == (7, 7, 1)
    lines = [*page["items"], *following["items"]]
    assert [(line["change"], line["left"]) for line in lines] == [(4, 7), (3, 3)]
    assert following["next"] is None


def test_numbers_fit_successor_and_stand_ins(
    session: Session, client: TestClient, counter: Counter, program: Program
) -> None:
    manager = a_program(session, client, counter, Role.MANAGER)
    knee(program)
    program.post("/parts", {"number": "KNEE-M", "name": "Knee"})
    a_model(session)
    session.commit()
    where = {"model": {"maker": "Unitree", "code": "G1"}, "slot_class": "actuator"}

    number = {"kind": "maker", "owner": "Unitree", "number": "UT-1"}
    named = program.post("/parts/KNEE-L/numbers", number)
    fitting = program.post("/parts/KNEE-L/fits", where | {"revisions": "B.."})
    replaced = program.post("/parts/KNEE-L/successor", {"number": "knee m"})
    ring = program.post("/parts/KNEE-M/successor", {"number": "KNEE-L"})
    approved = manager.post(
        "/parts/KNEE-L/substitutions", {"instead_of": "KNEE-M", "reason": "same flange"}
    )
    refused = program.post(
        "/parts/KNEE-L/substitutions", {"instead_of": "KNEE-M", "reason": "same flange"}
    )

    assert named.json()["items"][0]["number"] == "UT-1"
    made_for = program.get("/parts", maker="Unitree", model="G1").json()["items"]
    assert [one["number"] for one in made_for] == ["KNEE-L"]
    assert program.get("/parts", maker="Unitree", model="X").status_code == 422
    assert fitting.json()["items"][0]["revisions"] == "B.."
    assert replaced.json()["replaced_by"] == "KNEE-M"
    assert ring.status_code == 422
    assert approved.json()["items"][0]["in_force"] is True
    assert refused.status_code == 403


def test_what_a_body_names_and_does_not_exist_is_bad_input(program: Program) -> None:
    knee(program)
    unknown = {"model": {"maker": "Nobody", "code": "X"}, "slot": "left_knee.actuator"}

    for address, body, field in (
        ("fits", unknown, "model"),
        ("successor", {"number": "none"}, "number"),
    ):
        answer = program.post(f"/parts/KNEE-L/{address}", body)
        assert answer.status_code == 422
        assert field in fields_of(answer)
    assert program.get("/parts/none").status_code == 404


def test_cost_is_told_to_those_who_keep_parts(
    session: Session, client: TestClient, counter: Counter, program: Program
) -> None:
    knee(program)
    part = catalogue.by_number(session, counter.manager, "KNEE-L")
    stock.receive(session, counter.manager, part.id, quantity=2, reason="x", cost=Money(700, "EUR"))
    seller = a_program(session, client, counter, Role.SALES)

    assert program.get("/parts/KNEE-L").json()["cost"] == eur(700)
    assert seller.get("/parts/KNEE-L").json()["cost"] is None
