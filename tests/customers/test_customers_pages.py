"""The book on screen: found, added, changed by two people at once, forgotten."""

import json
import re
from collections.abc import Iterator

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.customers import panels
from app.customers.models import Customer
from app.customers.panels import Panel, PanelRow
from app.kernel.money import Money
from app.kernel.text import msg
from tests.customers.conftest import House
from tests.makers.customers import a_customer
from tests.makers.identity import Screen

pytestmark = pytest.mark.only_on("sqlite")  # pages alike on both: test_pages_answer


@pytest.fixture
def anna(session: Session, house: House) -> Customer:
    customer = a_customer(session, house.seller, phone="+49 341 123456")
    session.commit()
    return customer


@pytest.fixture
def robots() -> Iterator[None]:
    """What a higher floor would show."""

    def owned(_session: object, _actor: object, customer: Customer) -> Panel:
        row = PanelRow("H2P-25-1", "/robots/H2P-25-1", (Money(5_000, "EUR"),), (msg("Owned"), "ok"))
        return Panel(msg("Robots"), msg("No robot yet."), [row] if customer.number == 1 else [])

    panels.show(owned)
    yield
    panels.customer_panels.remove(owned)


@pytest.mark.usefixtures("anna")
def test_the_address_holds_the_whole_state_of_the_list(screen: Screen) -> None:
    page = screen.get("/customers?q=mull")
    fragment = screen.get("/customers?q=mull", **{"HX-Request": "true"})

    assert 'value="mull"' in page.text
    assert 'href="/customers/1"' in page.text
    assert "<html" not in fragment.text
    assert 'href="/customers/1"' in fragment.text
    assert "Nobody like that" in screen.get("/customers?q=zzz").text


def test_a_long_list_goes_on(screen: Screen, session: Session, house: House) -> None:
    for number in range(51):
        a_customer(session, house.seller, f"Anna {number:03}")
    session.commit()

    first = screen.get("/customers?q=anna").text
    following = re.findall(r'href="(/customers\?[^"]*cursor=[^"]+)" rel="next"', first)[0]
    second = screen.get(following.replace("&amp;", "&")).text

    assert first.count('href="/customers/') == 51  # fifty, and the button for a new one
    assert 'href="/customers/51"' in second
    assert 'href="/customers?q=anna"' in second


def test_somebody_alike_is_shown_before_a_second_one_is_made(
    screen: Screen, session: Session, anna: Customer
) -> None:
    form = {"name": "A. Müller", "phone": "0341 12 34 56", "notes": "typed with care"}

    warned = screen.post("/customers/new", **form)
    added = screen.post("/customers/new", despite_duplicates="yes", **form)

    assert warned.status_code == 409
    assert f'href="/customers/{anna.number}"' in warned.text
    assert "Save anyway" in warned.text
    assert "typed with care" in warned.text
    assert added.headers["location"] == "/customers/2"
    session.rollback()
    assert len(session.scalars(select(Customer)).all()) == 2


def test_a_form_sent_twice_makes_one_customer(screen: Screen, session: Session) -> None:
    first = screen.post("/customers/new", name="Anna", token="once")
    second = screen.post("/customers/new", name="Anna", token="once")

    assert first.headers["location"] == second.headers["location"] == "/customers/1"
    assert len(session.scalars(select(Customer)).all()) == 1


def test_bad_input_comes_back_with_a_sentence_beside_each_field(screen: Screen) -> None:
    answer = screen.post("/customers/new", name="", email="nowhere", city="Leipzig")

    assert answer.status_code == 422
    assert 'id="f-name-error"' in answer.text
    assert 'id="f-email-error"' in answer.text
    assert 'value="nowhere"' in answer.text
    assert 'value="Leipzig"' in answer.text


def test_two_editors_see_each_others_change(
    screen: Screen, session: Session, anna: Customer
) -> None:
    page = screen.get("/customers/1/edit").text
    version = re.findall(r'name="version" value="(\d+)"', page)[0]
    screen.post("/customers/1/edit", version=version, name="Anna Schmidt", phone="+49 341 123456")

    late = screen.post("/customers/1/edit", version=version, name="Anna Maier", city="Halle")
    newer = re.findall(r'name="version" value="(\d+)"', late.text)[0]
    saved = screen.post("/customers/1/edit", version=newer, name="Anna Maier", city="Halle")

    assert late.status_code == 409
    theirs = late.text.split('id="theirs"')[1].split("</section>")[0]
    assert "Anna Schmidt" in theirs
    assert 'value="Anna Maier"' in late.text
    assert saved.status_code == 303
    session.rollback()
    assert session.get_one(Customer, anna.id, populate_existing=True).name == "Anna Maier"


@pytest.mark.usefixtures("robots", "anna")
def test_other_rooms_tell_what_they_know_of_a_customer(
    screen: Screen, session: Session, house: House
) -> None:
    a_customer(session, house.seller, "Otto Fern")
    session.commit()

    with_robot, without = screen.get("/customers/1").text, screen.get("/customers/2").text

    assert 'href="/robots/H2P-25-1"' in with_robot
    assert "€50.00" in with_robot
    assert "No robot yet." in without


@pytest.mark.usefixtures("anna")
def test_a_person_is_exported_and_then_forgotten(screen: Screen) -> None:
    early = screen.post("/customers/1/erase", number="1", reason="asked")
    file = screen.get("/customers/1/export")
    slip = screen.post("/customers/1/erase", number="2", reason="")
    done = screen.post("/customers/1/erase", number="1", reason="asked by letter")
    page = screen.get("/customers/1")

    assert early.status_code == 422
    assert "Export the data first" in early.text
    assert file.headers["content-disposition"] == 'attachment; filename="customer-1.json"'
    assert json.loads(file.text)["customer"]["name"] == "Anna Müller"
    assert slip.status_code == 422
    assert "number to confirm" in slip.text
    assert done.headers["location"] == "/customers/1"
    assert "asked to be forgotten" in page.text
    assert "Müller" not in page.text


@pytest.mark.parametrize("number", ["0", "99", "2147483648", "x", "1.0"])
def test_a_customer_who_is_not_there_is_no_defect(screen: Screen, number: str) -> None:
    assert screen.get(f"/customers/{number}").status_code in {404, 422}
