"""A scan of a part's number or label leads to the right page; at the counter it is what is sold."""

import pytest
from fastapi import FastAPI
from sqlalchemy.orm import Session

from app.parts import addresses, catalogue, numbers, places, supersession
from app.parts.catalogue_models import NumberKind
from app.parts.models import Part, PlaceKind
from app.parts.numbers import Numbered
from app.sales import scanning
from app.sales.scanning import HitKind
from tests.makers.browsing import Browser, a_browser
from tests.makers.programs import Program, a_program
from tests.makers.sales import Counter, a_counter

pytestmark = pytest.mark.only_on("sqlite")
LABEL = "https://store.example"


@pytest.fixture
def counter(session: Session) -> Counter:
    return a_counter(session)


@pytest.fixture
def browser(app: FastAPI, session: Session, counter: Counter) -> Browser:
    session.commit()
    return a_browser(app, counter.session_cookie)


@pytest.fixture
def knee(session: Session, counter: Counter) -> Part:
    part = catalogue.add_part(session, counter.manager, number="KNEE/L-7", name="Knee, left")
    further = Numbered(NumberKind.MAKER, "UT-4711", "Unitree")
    numbers.add(session, counter.manager, part, further)
    session.commit()
    return part


@pytest.mark.parametrize(
    "code", ["KNEE/L-7", "knee/l7", "UT-4711", "ut 4711", f"{LABEL}/parts/KNEE%2FL-7"]
)
def test_any_number_and_the_label_lead_to_the_parts_page(
    browser: Browser, knee: Part, code: str
) -> None:
    answer = browser.client.get("/find", params={"code": code}, follow_redirects=False)

    assert answer.status_code == 303, answer.text
    assert answer.headers["location"] == addresses.part_page(knee.number)


@pytest.mark.parametrize("code", ["C-04-2", "c-04-2"])
def test_a_bins_code_leads_to_the_bin(
    session: Session, counter: Counter, browser: Browser, code: str
) -> None:
    bin_ = places.add(session, counter.manager, kind=PlaceKind.BIN, name="Shelf", code="C-04-2")
    session.commit()

    for scanned in (code, f"{LABEL}/parts/places/{bin_.id}"):
        answer = browser.client.get("/find", params={"code": scanned}, follow_redirects=False)
        assert answer.headers.get("location") == addresses.place_page(bin_.id)


def test_a_number_that_is_another_rows_id_means_only_the_number(
    session: Session, counter: Counter, knee: Part
) -> None:
    """STK-15"""
    other = catalogue.add_part(session, counter.manager, number=str(knee.id), name="Other")

    meaning = scanning.resolve(session, counter.manager, scanning.read(str(knee.id)))

    assert [hit.thing for hit in meaning.hits] == [other]


def test_two_parts_with_the_same_makers_number_are_asked_about(
    session: Session, counter: Counter, browser: Browser, knee: Part
) -> None:
    hip = catalogue.add_part(session, counter.manager, number="HIP", name="Hip")
    numbers.add(session, counter.manager, hip, Numbered(NumberKind.MAKER, "UT-4711", "Booster"))
    session.commit()

    page = browser.get("/find?code=UT-4711")

    assert page.status_code == 200
    for part in (knee, hip):
        assert addresses.part_page(part.number) in page.text


def test_the_palette_finds_the_new_part_by_a_piece_of_the_old_number(
    session: Session, counter: Counter, browser: Browser, knee: Part
) -> None:
    new = catalogue.add_part(session, counter.manager, number="KNX-8", name="Knee, left")
    supersession.replace(session, counter.manager, knee, new, both_ways=False)
    session.commit()

    found = browser.get("/find/palette?q=ee/l", htmx=True).text

    assert 0 < found.index(addresses.part_page("KNX-8")) < found.index("/parts/KNEE%2FL-7")


def test_at_the_counter_a_part_is_the_product_that_it_is_sold_as(
    session: Session, counter: Counter
) -> None:
    product = counter.battery
    part = catalogue.by_id(session, counter.manager, product.part_id or 0)
    further = Numbered(NumberKind.SUPPLIER, "MP-1", "Motus")
    numbers.add(session, counter.manager, part, further)

    sold = scanning.for_sale(session, counter.manager, scanning.read("mp1"))
    found = scanning.resolve(session, counter.manager, scanning.read("mp1"))

    assert [hit.thing for hit in sold.hits] == [product]
    assert [hit.thing for hit in scanning.to_look_at(found).hits] == [part]


def test_programs_find_parts_too(
    session: Session, counter: Counter, browser: Browser, knee: Part
) -> None:
    program: Program = a_program(session, browser.client, counter)

    found = program.get("/search", q="ut-4711").json()

    assert found["exact"] is True
    assert {"kind": HitKind.PART, "code": knee.number}.items() <= found["items"][0].items()
