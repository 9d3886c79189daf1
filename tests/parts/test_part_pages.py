"""The page of one part and its forms; what is typed stays, what is wrong is said."""

import re

import pytest
from fastapi import FastAPI
from sqlalchemy.orm import Session

from app.identity.roles import Role
from app.kernel.actor import Actor
from app.parts import addresses, numbers
from app.parts.catalogue_models import NumberKind
from app.parts.numbers import Numbered
from app.robots.bodyplan import SlotClass
from app.stores.models import Store
from tests.makers.browsing import Browser
from tests.makers.parts import shelved
from tests.makers.robots import a_model
from tests.parts.conftest import as_role

pytestmark = pytest.mark.only_on("sqlite")


def test_a_new_part_is_added_and_found_at_its_number(browser: Browser) -> None:
    answer = browser.post(
        "/parts/new",
        number="M4/12 #7",
        name="Screw",
        price="0,64",
        minimum="10",
        maximum="100",
        control="lot",
        maker="Unitree",
        token="t1",
    )

    assert answer.status_code == 303
    page = browser.get(answer.headers["location"])
    assert "Screw" in page.text
    assert "€0.64" in page.text
    assert "by lot" in page.text


@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        ({"number": ""}, 422),
        ({"number": "knee–l"}, 409),
        ({"price": "1.234"}, 422),
        ({"minimum": "1,5"}, 422),
        ({"control": "strange"}, 422),
        ({"gtin": "4006381333930"}, 422),
        ({"un_number": "UN12"}, 422),
    ],
)
def test_what_is_wrong_stands_at_its_field_and_what_was_typed_stays(
    session: Session, clerk: Actor, browser: Browser, wrong: dict[str, str], status: int
) -> None:
    shelved(session, clerk, "KNEE-L")
    (field,) = wrong

    answer = browser.post(
        "/parts/new", htmx=False, **{"number": "X-1", "name": "Typed name", **wrong}
    )

    assert answer.status_code == status
    assert f'id="f-{field}-error"' in answer.text
    assert "Typed name" in answer.text


def test_a_copy_takes_everything_but_the_numbers(
    session: Session, clerk: Actor, browser: Browser
) -> None:
    """STK-13: nothing comes in by a copy that another way would refuse."""
    part = shelved(session, clerk, "KNEE-L", minimum=7)
    numbers.add(session, clerk, part, Numbered(NumberKind.MAKER, "UT-1", "Unitree"))
    session.commit()

    page = browser.get("/parts/new?copy=knee-l").text

    assert 'value="7"' in page
    assert 'value="KNEE-L"' not in page
    assert "UT-1" not in page
    answer = browser.post("/parts/new", number="kneel", name="Part KNEE-L")
    assert answer.status_code == 409


def test_of_two_editors_the_second_is_told(
    session: Session, clerk: Actor, browser: Browser
) -> None:
    shelved(session, clerk, "KNEE-L")
    found = re.search(r'name="seen" value="(\w+)"', browser.get("/parts/KNEE-L/edit").text)
    assert found is not None
    typed = {"number": "KNEE-L", "seen": found[1]}

    first = browser.post("/parts/KNEE-L/edit", htmx=False, name="Mine", **typed)
    second = browser.post("/parts/KNEE-L/edit", htmx=False, name="Theirs", **typed)

    assert (first.status_code, second.status_code) == (303, 409)
    assert "Theirs" in second.text
    assert "Mine" in browser.get("/parts/KNEE-L").text


@pytest.mark.parametrize("number", ["AK/80 №7", "new", "..", "a/edit", "007", "a?b#c", "part"])
def test_a_part_has_its_page_whatever_its_number(
    session: Session, clerk: Actor, browser: Browser, number: str
) -> None:
    shelved(session, clerk, number)

    page = browser.get(addresses.part_page(number))
    edit = browser.get(addresses.page_below(number, "edit"))

    assert page.status_code == edit.status_code == 200
    assert f"Part {number}".replace("&", "&amp;") in page.text


def test_a_number_never_means_a_row(session: Session, clerk: Actor, browser: Browser) -> None:
    """STK-15"""
    part = shelved(session, clerk, "KNEE-L")

    assert browser.get(f"/parts/{part.id}").status_code == 404


FORMS = [
    ("numbers", {"kind": "maker", "owner": "Unitree", "number": "UT-4711"}, "UT-4711"),
    ("fits", {"model": "1", "slot": "left_knee.actuator", "revisions": "B.."}, "B.."),
    ("successor", {"successor": "knee r", "both_ways": "yes", "note": "better"}, "better"),
]


@pytest.mark.parametrize("asked", FORMS, ids=lambda asked: asked[0])
def test_what_a_form_of_the_page_adds_is_shown(
    session: Session, clerk: Actor, browser: Browser, asked: tuple[str, dict[str, str], str]
) -> None:
    form, fields, shown = asked
    shelved(session, clerk, "KNEE-L", slot_class=SlotClass.ACTUATOR)
    shelved(session, clerk, "KNEE-R")
    fields = fields | ({"model": str(a_model(session).id)} if form == "fits" else {})
    session.commit()

    answer = browser.post(f"/parts/KNEE-L/{form}", htmx=False, **fields)

    assert answer.status_code == 303, answer.text
    assert shown in browser.get("/parts/KNEE-L").text


@pytest.mark.parametrize(
    "asked",
    [
        ("numbers", {"kind": "maker", "number": "typed"}, "number-owner-error"),
        ("fits", {"model": "", "slot": "typed"}, "fit-model-error"),
        ("successor", {"successor": "knee-l", "note": "typed"}, "successor-number-error"),
        ("successor", {"successor": "typed"}, "successor-number-error"),
    ],
)
def test_a_refused_form_is_open_with_what_was_typed(
    session: Session, clerk: Actor, browser: Browser, asked: tuple[str, dict[str, str], str]
) -> None:
    form, fields, error = asked
    shelved(session, clerk, "KNEE-L")

    answer = browser.post(f"/parts/KNEE-L/{form}", htmx=False, **fields)

    assert answer.status_code in {404, 422}
    assert f'id="{error}"' in answer.text
    assert "typed" in answer.text
    assert "<details open>" in answer.text


def test_a_stand_in_is_approved_by_a_manager_and_seen_on_both_parts(
    session: Session, clerk: Actor, browser: Browser, app: FastAPI, store: Store
) -> None:
    shelved(session, clerk, "TENDON-81")
    shelved(session, clerk, "TENDON-90")
    manager = as_role(app, session, store, Role.MANAGER)
    fields = {"instead_of": "tendon 90", "reason": "holds 40 N too"}

    assert browser.post("/parts/TENDON-81/substitutions", htmx=False, **fields).status_code == 403
    assert manager.post("/parts/TENDON-81/substitutions", htmx=False, **fields).status_code == 303

    for number in ("TENDON-81", "TENDON-90"):
        assert "holds 40 N too" in browser.get(f"/parts/{number}").text


def test_who_only_sells_sees_no_cost_and_no_form(
    session: Session, clerk: Actor, app: FastAPI, store: Store
) -> None:
    shelved(session, clerk, "KNEE-L", pieces=1)
    seller = as_role(app, session, store, Role.SALES)

    page = seller.get("/parts/KNEE-L").text

    assert "Cost of a piece" not in page
    assert 'method="post"' not in page.partition('id="main"')[2].partition("</main>")[0]
    assert seller.post("/parts/KNEE-L/edit", number="K", name="K").status_code == 403
    assert seller.get("/parts/new").status_code == 403
