"""Pages of warranty, contracts and terms, as a browser sends and sees them."""

import re
from html import unescape

import pytest
from sqlalchemy.orm import Session

from app.identity.roles import Role
from app.kernel.actor import Actor
from app.kernel.frozen import freeze
from app.robots import bodies, termsbook
from app.robots.warranty_rules import UNITREE
from app.stores import desk
from app.stores.models import Store
from tests.kernel.test_uploads import a_picture
from tests.makers.bulletins import a_component, a_knee, sitting, taken_out
from tests.makers.robots import a_maker, a_model, a_unit
from tests.makers.slots import a_plan
from tests.robots.conftest import SignIn
from tests.robots.sending import File, send, send_files

pytestmark = pytest.mark.only_on("sqlite")  # pages alike on both: test_pages_answer


def test_a_warranty_is_shown_with_its_clause_and_what_it_rests_on(
    session: Session, store: Store, manager: Actor, signed_in: SignIn
) -> None:
    # given
    termsbook.put_published(session, manager, a_maker(session))
    a_plan(session, a_model(session))
    unit = a_unit(session, store, "A1")
    a_knee(session, unit)
    today = desk.business_day_of(store)
    browser = signed_in(Role.SALES)
    here = "/robots/A1/warranty"
    assert "Nothing on file says when the warranty started." in browser.get(here).text
    # when
    status, _, page = send(
        browser, f"{here}/papers", kind="receipt", day="30.11.2025", source="x", token="t1"
    )
    assert (status, "is not a day like 2025-11-30" in page) == (422, True)
    assert 'value="30.11.2025"' in page
    paper = {"kind": "receipt", "day": today.isoformat(), "source": "Card in the box"}
    assert send(browser, f"{here}/papers", **paper, token="t2")[0] == 303
    # then
    page = unescape(browser.get(here).text)
    assert "Covered until" in page
    assert "unitree.term" in page
    assert "Card in the box" in page
    # when one slot is asked for, and by HTMX
    one = unescape(browser.get(f"{here}?slot=left_knee.actuator").text)
    assert re.search(r"<h2>left knee</h2>", one)
    part = browser.get(f"{here}?slot=battery.1", headers={"HX-Request": "true"}).text
    assert "<html" not in part
    assert browser.get(f"{here}?slot=third.arm").status_code == 404


def test_evidence_is_recorded_with_a_photo_and_withdrawn(
    session: Session, store: Store, manager: Actor, signed_in: SignIn
) -> None:
    # given
    termsbook.put_published(session, manager, a_maker(session))
    a_plan(session, a_model(session))
    a_unit(session, store, "A1")
    today = desk.business_day_of(store).isoformat()
    browser = signed_in(Role.TECHNICIAN)
    here = "/robots/A1/warranty"
    form = {"code": "fall", "slot": "left_knee.actuator", "certainty": "confirmed"}
    # when
    broken: File = ("x.png", b"\x89PNG broken", "image/png")
    status, _, page = send_files(
        browser, f"{here}/evidence", {"photo": broken}, **form, seen_on=today, token="t1"
    )
    assert status == 422
    assert "This is not a PDF, PNG or JPEG that can be read." in page
    assert re.search(r'value="fall"\s+checked', page)
    photo: File = ("knee.jpg", a_picture("JPEG"), "image/jpeg")
    status, to, _ = send_files(
        browser, f"{here}/evidence", {"photo": photo}, **form, seen_on=today, token="t2"
    )
    # then
    assert (status, to) == (303, here)
    page = browser.get(here).text
    picture = re.search(r'href="([^"]+/photo)"', page)
    assert picture is not None
    answer = browser.get(picture[1])
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert (
        "Damage by falling is not covered." in browser.get(f"{here}?slot=left_knee.actuator").text
    )
    # when
    address = picture[1].replace("/photo", "/withdraw")
    assert send(browser, address, reason="", token="t3")[0] == 422
    assert send(browser, address, reason="It was another robot", token="t4")[0] == 303
    # then
    assert "It was another robot" in browser.get(here).text
    for code in ("bad_luck", ""):
        status, _, page = send(
            browser, f"{here}/evidence", code=code, seen_on=today, token=f"x{code}"
        )
        assert status == 422


def test_contracts_are_signed_used_and_ended(
    session: Session, store: Store, signed_in: SignIn
) -> None:
    # given
    a_unit(session, store, "A1")
    today = desk.business_day_of(store).isoformat()
    browser = signed_in(Role.MANAGER)
    here = "/robots/A1/warranty"
    # when
    status, _, page = send(
        browser, f"{here}/contracts", name="Care", since=today, months="1e3", visits="0",
        classes="wings", token="t1",
    )  # fmt: skip
    assert status == 422
    assert "“1e3” is not a whole number" in page
    assert 'value="Care"' in page
    fields = {"name": "Care", "since": today, "months": "12", "visits": "1"}
    assert send(browser, f"{here}/contracts", **fields, classes="actuator", token="t2")[0] == 303
    # then
    page = unescape(browser.get(here).text)
    assert "1 of 1 visit left." in page
    visits = f"{here}/contracts/1/visits"
    assert send(browser, visits, reference="T-1", token="t3")[0] == 303
    status, _, page = send(browser, visits, reference="T-2", token="t4")
    assert (status, "has no visit left" in page) == (422, True)
    assert send(browser, f"{here}/contracts/1/end", reason="Sold on", token="t5")[0] == 303
    assert send(browser, f"{here}/contracts/1/end", reason="Sold on", token="t6")[0] == 409
    assert send(browser, f"{here}/contracts/9/end", reason="x", token="t7")[0] == 404


def test_who_paid_for_a_part_is_said_once_it_was_replaced(
    session: Session, store: Store, manager: Actor, signed_in: SignIn
) -> None:
    # given
    termsbook.put_published(session, manager, a_maker(session))
    a_plan(session, a_model(session))
    unit = a_unit(session, store, "A1")
    place = bodies.slot_called(session, unit, "left_knee.actuator")
    first = sitting(session, unit, place, a_component(session, unit, "K1"), as_built=True)
    taken_out(session, first)
    second = sitting(session, unit, place, a_component(session, unit, "K2"))
    second_id, first_id = str(second.id), str(first.id)
    browser = signed_in(Role.TECHNICIAN)
    here = "/robots/A1/warranty"
    slot = f"{here}?slot=left_knee.actuator"
    assert "counts as replaced under warranty" in browser.get(slot).text
    # when
    assert send(browser, f"{here}/payer", occupant=first_id, paid="customer", token="a")[0] == 404
    assert send(browser, f"{here}/payer", occupant=second_id, paid="", token="b")[0] == 422
    assert send(browser, f"{here}/payer", occupant=second_id, paid="warranty", token="c")[0] == 303
    # then
    assert "counts as replaced under warranty" not in browser.get(slot).text


def test_terms_are_read_taken_and_put_back_in_a_new_version(
    session: Session, signed_in: SignIn
) -> None:
    # given
    maker_id = str(a_maker(session).id)
    a_maker(session, "Nobody knows")
    browser = signed_in(Role.MANAGER)
    page = browser.get("/robots/terms").text
    assert "what the maker publishes is known" in page
    assert "verdicts say: ask the maker" in page
    assert send(browser, "/robots/terms/published", maker=maker_id, token="t1")[0] == 303
    # when
    shown = unescape(browser.get("/robots/terms/1").text)
    taken = browser.get("/robots/terms/1/file").content
    # then
    assert "Damage by falling is not covered." in shown
    assert taken == freeze(UNITREE)
    # when it is changed
    longer = taken.replace(b'"months":12', b'"months":24')
    wrong: File = ("x.json", taken[:50], "application/json")
    fields = {"maker": maker_id, "buyers": "everybody", "valid_from": "2026-01-01"}
    status, _, page = send_files(browser, "/robots/terms", {"terms": wrong}, **fields, token="t2")
    assert (status, "These are not warranty terms." in page) == (422, True)
    right: File = ("x.json", longer, "application/json")
    status, to, _ = send_files(browser, "/robots/terms", {"terms": right}, **fields, token="t3")
    # then
    assert (status, to) == (303, "/robots/terms/2")
    assert ">24<" in browser.get(to).text
    assert browser.get("/robots/terms/99").status_code == 404
