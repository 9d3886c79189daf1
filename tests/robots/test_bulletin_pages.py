"""Pages of bulletins, as a browser sends and sees them."""

import csv
import io
import re
from datetime import timedelta
from html import unescape

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.identity.roles import Role
from app.kernel import clock
from app.kernel.actor import Actor
from app.kernel.audit import AuditEntry
from app.robots import ownership
from app.robots.bulletin_models import Bulletin, BulletinKind
from app.robots.bulletincriteria import Criterion
from app.stores import desk
from app.stores.models import Store
from tests.makers.bulletins import a_bulletin, a_knee
from tests.makers.robots import a_maker, a_model, a_unit
from tests.makers.slots import a_plan
from tests.robots.conftest import SignIn, a_customer
from tests.robots.sending import csrf, send

pytestmark = pytest.mark.only_on("sqlite")  # pages alike on both: test_pages_answer


def test_a_bulletin_is_typed_published_and_stands_on_its_robots(
    session: Session, store: Store, signed_in: SignIn
) -> None:
    # given
    a_plan(session, a_model(session))
    unit = a_unit(session, store, "A1")
    a_knee(session, unit)
    maker_id = str(a_maker(session).id)
    browser = signed_in(Role.MANAGER)
    assert "No bulletins yet" in browser.get("/robots/bulletins").text
    typed = {
        "maker": maker_id,
        "code": "SB-25-07",
        "title": "Knee actuator",
        "kind": "mandatory",
        "issued_on": "2025-11-01",
        "lots": "24-11\n 24-12 ",
        "text": "Tighten\nto 4 Nm",
    }
    # when: a range that runs backwards, and a deadline before the issue
    status, _, page = send(
        browser,
        "/robots/bulletins/new",
        **typed,
        serials="A1..A5\nA12..A9",
        firmware=">=4.10,<4.9",
        due_on="2025-10-01",
        token="t1",
    )
    # then: told beside the fields, and nothing is lost
    assert status == 422
    assert "The range runs backwards: a12 comes after a9." in page
    assert "No version can be in the range" in page
    assert "The deadline is before the day of issue." in page
    assert "A1..A5\nA12..A9</textarea>" in page
    assert 'value="SB-25-07"' in page
    # when
    status, here, _ = send(
        browser, "/robots/bulletins/new", **typed, serials="A1..A5\nA9..A12", token="t2"
    )
    # then
    assert status == 303
    campaign = unescape(browser.get(here).text)
    assert "Tighten\nto 4 Nm" in campaign
    assert campaign.count("Lot inside") == 4
    assert re.search(r'<a class="id" href="/robots/A1">A1</a>', campaign)
    robot = unescape(browser.get("/robots/A1").text)
    assert "1 open bulletin." in robot
    assert 'href="/robots/A1/bulletins"' in robot
    listed = browser.get("/robots/bulletins").text
    assert "SB-25-07" in listed
    assert "0%" in listed
    # when the robot is settled
    status, to, page = send(browser, "/robots/A1/bulletins/1", outcome="maybe", token="t3")
    assert (status, "Please choose from the list." in page) == (422, True)
    status, to, _ = send(
        browser, "/robots/A1/bulletins/1", outcome="done", reference="T-7", token="t4"
    )
    assert (status, to) == (303, "/robots/A1/bulletins")
    # then
    settled = unescape(browser.get(to).text)
    assert "Done, Jana Voss" in settled
    assert "open bulletin" not in settled
    assert "100%" in browser.get(here).text
    assert send(browser, "/robots/A1/bulletins/1", outcome="done", token="t5")[0] == 409


def test_letters_name_owners_and_hold_no_formula(
    session: Session, store: Store, manager: Actor, signed_in: SignIn
) -> None:
    # given
    sold, ours = a_unit(session, store, "A1"), a_unit(session, store, "A2")
    customer = a_customer(session, manager, "=HYPERLINK(1)")
    ownership.give_to(session, manager, sold, customer.id, at=clock.now())
    bulletin = a_bulletin(session, manager, a_maker(session), Criterion(serials="A*"))
    assert ours.serial == "A2"
    browser = signed_in(Role.MANAGER)
    # when
    answer = browser.post(
        f"/robots/bulletins/{bulletin.id}/letters",
        data={"csrf_token": csrf(browser), "token": "t1"},
    )
    # then
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert "attachment" in answer.headers["content-disposition"]
    titles, *rows = csv.reader(io.StringIO(answer.content.decode("utf-8-sig"), newline=""))
    (row,) = [dict(zip(titles, row, strict=True)) for row in rows]
    assert (row["name"], row["serial"], row["kind"]) == ("'=HYPERLINK(1)", "A1", "Mandatory")
    actions = list(session.scalars(select(AuditEntry.action)))
    session.rollback()
    assert "bulletin.letters_taken" in actions


def test_a_bulletin_is_withdrawn_with_a_reason(
    session: Session, store: Store, manager: Actor, signed_in: SignIn
) -> None:
    a_unit(session, store, "A1")
    bulletin = a_bulletin(session, manager, a_maker(session), Criterion(serials="A1"))
    here = f"/robots/bulletins/{bulletin.id}"
    browser = signed_in(Role.MANAGER)
    status, _, page = send(browser, f"{here}/withdraw", reason=" ", token="t1")
    assert (status, "Say why it is withdrawn." in page) == (422, True)
    assert send(browser, f"{here}/withdraw", reason="Wrong range", token="t2")[0] == 303
    assert "Wrong range" in browser.get(here).text
    assert "open bulletin" not in browser.get("/robots/A1").text
    assert "SB-25-07" in browser.get("/robots/bulletins?show=withdrawn").text
    assert "SB-25-07" not in browser.get("/robots/bulletins").text


def test_lists_keep_their_filters_in_the_address(
    session: Session, store: Store, manager: Actor, signed_in: SignIn
) -> None:
    for number in range(60):
        a_unit(session, store, f"A{number}")
    yesterday = desk.business_day_of(store) - timedelta(days=1)
    for number in range(30):
        a_bulletin(
            session,
            manager,
            a_maker(session),
            Criterion(serials="A*"),
            code=f"SB-{number:02}",
            kind=BulletinKind.STOP_SALE if number == 7 else BulletinKind.INFORMATION,
            issued_on=yesterday,
            due_on=yesterday if number == 3 else None,
        )
    first = session.scalar(select(Bulletin.id).order_by(Bulletin.id).limit(1))
    browser = signed_in(Role.SALES)

    def codes(address: str) -> list[str]:
        return re.findall(r'<a class="id" href="/robots/bulletins/\d+">', browser.get(address).text)

    assert len(codes("/robots/bulletins")) == 25
    following = re.search(r'href="([^"]+)" rel="next"', browser.get("/robots/bulletins").text)
    assert following is not None
    assert len(codes(unescape(following[1]))) == 5
    assert len(codes("/robots/bulletins?kind=stop_sale")) == 1
    assert len(codes("/robots/bulletins?show=overdue")) == 1
    assert len(codes("/robots/bulletins?show=nonsense&kind=nonsense")) == 25
    page = browser.get(f"/robots/bulletins/{first}?show=open&place=stock").text
    assert 'rel="next"' in page
    assert browser.get(f"/robots/bulletins/{first}?show=done").text.count('id="robot-') == 0
    assert browser.get("/robots/bulletins/999999").status_code == 404
    assert browser.get("/robots/bulletins/99999999999999999999").status_code == 422
    assert send(browser, "/robots/bulletins/new", code="x", token="t")[0] == 403
