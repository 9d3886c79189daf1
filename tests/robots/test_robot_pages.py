"""The robots' screens, as a browser sends and sees them."""

import re
from html import escape, unescape
from urllib.parse import parse_qs, urlsplit

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.identity.roles import Role
from app.kernel import clock
from app.kernel.actor import Actor
from app.kernel.text import msg
from app.robots import addresses, claims, makers, ownership, registry, timeline
from app.robots.models import RobotModel, Unit
from app.robots.states import UnitState
from app.stores.models import Store
from tests.makers.robots import a_maker, a_model, a_unit
from tests.robots.conftest import SignIn, a_customer
from tests.robots.sending import csrf, send

pytestmark = pytest.mark.only_on("sqlite")  # pages alike on both: test_pages_answer

_NOTE = b"maker,model,serial,Halle\nUnitree,G1,007,3\nUnitree,G1,7,3\n"


def upload(browser: TestClient, data: bytes, name: str = "note.csv") -> tuple[int, str, str]:
    answer = browser.post(
        "/robots/receive",
        data={"csrf_token": csrf(browser)},
        files={"file": (name, data, "text/csv")},
        follow_redirects=False,
    )
    return answer.status_code, answer.headers.get("location", ""), unescape(answer.text)


def robots_in(session: Session) -> int:
    count = session.scalar(select(func.count()).select_from(Unit)) or 0
    session.rollback()  # or this test would keep the service from writing
    return count


def serials_on(page: str) -> list[str]:
    return re.findall(r'<a class="id" href="/robots/[^"]*">([^<]*)</a>', page)


def test_an_empty_list_leads_to_receiving(signed_in: SignIn) -> None:
    page = signed_in(Role.MANAGER).get("/robots")
    assert page.status_code == 200
    assert "No robots yet" in page.text
    assert page.text.count('href="/robots/receive"') == 2


def test_a_note_is_previewed_received_and_known_again(session: Session, signed_in: SignIn) -> None:
    # given
    a_model(session)
    browser = signed_in(Role.SALES)
    # when it is chosen
    status, preview, _ = upload(browser, _NOTE, "Lieferschein 7.csv")
    # then: shown, with what it does not use, and nothing is in
    assert status == 303
    page = browser.get(preview).text
    assert "2 robots are ready to be received." in page
    assert "Lieferschein 7.csv" in page
    assert "One column is not used: Halle." in page
    assert robots_in(session) == 0
    # when: confirmed twice
    first = send(browser, preview, token="t1")
    again = send(browser, preview, token="t2")
    # then
    assert first[:2] == again[:2] == (303, "/robots?note=1")
    page = browser.get("/robots?note=1").text
    assert "2 robots came with delivery note 1" in page
    assert serials_on(page) == ["7", "007"]
    # when: the same file once more
    _, preview, _ = upload(browser, _NOTE, "copy.csv")
    # then
    assert "Received already" in browser.get(preview).text


def test_problems_stand_in_their_rows_and_nothing_comes_in(
    session: Session, manager: Actor, signed_in: SignIn
) -> None:
    # given
    a_model(session)
    browser = signed_in(Role.MANAGER)
    data = b"maker,model,serial\nUnitree,G1,A1\nUnitree,G9,A2\nUnitree,G1,8.93901E+18\n"
    _, preview, _ = upload(browser, data)
    # when
    page = unescape(browser.get(preview).text)
    # then
    assert "2 of 3 rows have problems." in page
    assert "confirm-button" not in page
    row = re.search(r'<tr id="row-3">.*?</tr>', page, re.DOTALL)
    assert row is not None
    assert "This maker has no such model here." in row[0]
    assert "/robots/models?maker=Unitree&code=G9#new-model" in row[0]
    only_bad = browser.get(preview, params={"rows": "faulty"}).text
    assert re.findall(r'<tr id="row-(\d+)">', only_bad) == ["3", "4"]
    # when: sent all the same
    status, _, page = send(browser, preview, token="t1")
    # then
    assert status == 422
    assert "Nothing was received: 2 of 3 rows have problems." in page
    assert robots_in(session) == 0
    # when: the model is added, the page needs no new upload for it
    makers.add_model(session, manager, makers.ModelInput("Unitree", "G9", "G9"))
    session.commit()
    assert "1 of 3 rows have problems." in unescape(browser.get(preview).text)


def test_a_long_note_is_shown_by_pages(session: Session, signed_in: SignIn) -> None:
    a_model(session)
    browser = signed_in(Role.MANAGER)
    rows = "".join(f"Unitree,G1,A{number}\n" for number in range(250))
    _, preview, _ = upload(browser, f"maker,model,serial\n{rows}".encode())
    first = browser.get(preview).text
    assert "Receive 250 robots" in first
    assert len(re.findall(r'<tr id="row-', first)) == 200
    rest = browser.get(preview, params={"after": "201"}).text
    assert len(re.findall(r'<tr id="row-', rest)) == 50


def test_what_is_no_note_is_refused_beside_the_field(signed_in: SignIn) -> None:
    browser = signed_in(Role.MANAGER)
    for data, status, sentence in (
        (b"PK\x03\x04", 422, "This is a workbook."),
        (b"", 422, "no column maker, model, serial"),
        (b"x" * 5_000_001, 413, "at most 5 MB"),
    ):
        answered, _, page = upload(browser, data)
        assert answered == status
        assert sentence in page
        assert 'id="f-file-error"' in page
    assert send(browser, "/robots/receive")[0] == 422
    assert browser.get(f"/robots/receive/{'0' * 64}").status_code == 404


def test_the_list_keeps_its_state_in_the_address(
    session: Session, store: Store, manager: Actor, signed_in: SignIn
) -> None:
    # given
    units = [a_unit(session, store, f"A{number:02}") for number in range(60)]
    sold = a_unit(session, store, "S1", state=UnitState.SOLD, model=a_model(session, "H2"))
    claims.claim(session, manager, units[3], owner="order:7", holder="Jana, 7", minutes=30)
    browser = signed_in(Role.SALES)

    def shown(**params: str) -> list[str]:
        return serials_on(browser.get("/robots", params=params).text)

    # then
    assert len(shown()) == 50
    assert shown(state="held") == ["A03"]
    assert shown(model=str(sold.model_id)) == ["S1"]
    assert shown(q="a0", state="available") == [f"A{n:02}" for n in range(10) if n != 3]
    assert shown(q="a0", state="sold") == []
    assert shown(q="5") == ["A05", "A15", "A25", "A35", "A45", *(f"A5{n}" for n in range(10))]
    # strange filters count as none
    assert len(shown(model="x", state="gone")) == 50
    assert len(shown(model="9" * 30)) == 50
    # the next page goes on with the filter
    page = browser.get("/robots", params={"state": "available"}).text
    onward = re.search(r'href="(/robots\?[^"]*cursor=[^"]*)" rel="next"', page)
    assert onward is not None
    address = unescape(onward[1])
    assert parse_qs(urlsplit(address).query)["state"] == ["available"]
    assert len(serials_on(browser.get(address).text)) == 9
    assert browser.get("/robots?cursor=rubbish").status_code == 422
    assert browser.get("/robots?note=99999999999").status_code == 404


def test_htmx_gets_the_results_alone(session: Session, store: Store, signed_in: SignIn) -> None:
    a_unit(session, store, "A1")
    answer = signed_in(Role.SALES).get("/robots?q=a", headers={"HX-Request": "true"})
    assert "<html" not in answer.text
    assert serials_on(answer.text) == ["A1"]


def test_any_text_can_be_searched_for(session: Session, store: Store, signed_in: SignIn) -> None:
    a_unit(session, store, "OXI 0.05% X")
    a_unit(session, store, "MÜLLER-1")
    browser = signed_in(Role.SALES)
    for text, found in (
        ("0.05%", ["OXI 0.05% X"]),
        ("müller", ["MÜLLER-1"]),
        ("Ü", ["MÜLLER-1"]),
        ("park. multi-agent don't @x \"", []),
        ("\x1d\x04", ["MÜLLER-1", "OXI 0.05% X"]),
        ("%_\\", []),
        ("y" * 5000, []),
    ):
        page = browser.get("/robots", params={"q": text})
        assert page.status_code == 200, text
        assert serials_on(page.text) == found, text


def test_a_robots_page_shows_what_is_known_and_what_to_do(
    session: Session, store: Store, manager: Actor, signed_in: SignIn
) -> None:
    # given
    unit = a_unit(session, store, "A1", state=UnitState.RECEIVED, components={"battery": "BT-1"})
    browser = signed_in(Role.MANAGER)
    # then, as received
    page = browser.get("/robots/a1").text
    assert "Unitree G1" in page
    assert "BT-1" in page
    assert "€11,500.00" in page
    assert 'href="/robots/A1/inspection"' in page
    assert 'id="sell"' not in page
    # when: for sale
    registry.move(session, manager, unit, UnitState.INSPECTED, why=msg("Looked at"), link="/x/1")
    registry.move(session, manager, unit, UnitState.AVAILABLE, why=msg("For sale"))
    session.commit()
    # then
    page = browser.get("/robots/A1").text
    assert 'id="sell"' in page
    assert '<a href="/x/1">Looked at</a>' in page
    # when: somebody keeps it
    claims.claim(session, manager, unit, owner="order:7", holder="Jana, 7", minutes=30)
    session.commit()
    # then
    page = browser.get("/robots/A1").text
    assert "Kept for Jana, 7 until" in page
    assert 'href="/sales/7"' in page
    assert 'id="sell"' not in page
    # when: it has an owner
    customer = a_customer(session, manager, "Klinik am Park")
    ownership.give_to(session, manager, unit, customer.id, at=clock.now())
    session.commit()
    # then
    assert (
        f'<a href="/customers/{customer.number}">Klinik am Park</a>'
        in browser.get("/robots/A1").text
    )


def test_cost_is_for_those_alone_who_may_change_robots(
    session: Session, store: Store, signed_in: SignIn
) -> None:
    a_unit(session, store, "A1")
    assert "11,500" not in signed_in(Role.SALES).get("/robots/A1").text


def test_a_long_timeline_goes_on_below(session: Session, store: Store, signed_in: SignIn) -> None:
    unit = a_unit(session, store, "A1")
    for number in range(25):
        timeline.note(session, unit.id, kind="x", summary=msg("Event {n}", n=str(number)))
    browser = signed_in(Role.SALES)
    page = browser.get("/robots/A1").text
    older = re.search(r'rel="next" href="([^"]+)"', page)
    assert older is not None
    assert "Event 24" in page
    assert "Event 4<" not in page
    assert "Event 4<" in browser.get(unescape(older[1])).text


def test_a_serial_of_any_signs_has_its_page(
    session: Session, store: Store, signed_in: SignIn
) -> None:
    # given
    serials = [
        "A/B",
        "OXI 0.05% X",
        "🤖-1",
        "C?x=1#y",
        "宇树/7",
        "A+B",
        "..",
        "A//B",
        "models",
        "receive",
        "unit",
        "A/inspection",
        "<b>&amp;",
        '"',
    ]
    for serial in serials:
        a_unit(session, store, serial)
    browser = signed_in(Role.SALES)
    # then
    for serial in serials:
        page = browser.get(addresses.robot_page(serial))
        assert page.status_code == 200, serial
        assert unescape(page.text).count(f'<span class="id strong wrap-any">{serial}</span>') == 1
    listed = browser.get("/robots").text
    assert all(f'href="{escape(addresses.robot_page(serial))}"' in listed for serial in serials)


def test_a_serial_of_two_makers_is_chosen_by_maker(
    session: Session, store: Store, signed_in: SignIn
) -> None:
    a_unit(session, store, "0001")
    a_unit(session, store, "0001", model=a_model(session, "T1", maker=a_maker(session, "Böster")))
    browser = signed_in(Role.SALES)
    page = browser.get("/robots/0001").text
    assert "Which robot?" in page
    links = [unescape(link) for link in re.findall(r'class="strong"\s+href="([^"]+)"', page)]
    assert len(links) == 2
    assert "Böster T1" in browser.get(links[1]).text
    assert browser.get("/robots/0001?maker=nobody").status_code == 404
    assert browser.get("/robots/0002").status_code == 404


def test_a_model_is_added_and_what_was_typed_is_never_lost(
    session: Session, signed_in: SignIn
) -> None:
    # given
    browser = signed_in(Role.MANAGER)
    typed = {"maker": "宇树科技", "code": "G1", "name": "G1 EDU", "mass": "35,25", "axes": "23"}
    # when
    status, _, page = send(browser, "/robots/models", **typed, height="tall", token="t1")
    # then
    assert status == 422
    assert "“tall” is not a number like 132.5." in page
    assert all(f'value="{value}"' in page for value in [*typed.values(), "tall"])
    # when
    assert send(browser, "/robots/models", **typed, height="132.5", token="t2")[0] == 303
    # then
    kept = session.execute(select(RobotModel.height_mm, RobotModel.mass_g, RobotModel.axes)).one()
    session.rollback()  # or this test would keep the service from writing
    assert tuple(kept) == (1325, 35_250, 23)
    page = browser.get("/robots/models").text
    assert "132.5" in page
    assert "35.25" in page
    # when: the same code in another writing
    again = {**typed, "code": " ｇ1 "}
    status, _, page = send(browser, "/robots/models", **again, token="t3")
    assert status == 409
    assert "宇树科技 already has a model" in page


def test_pages_ask_for_permission(
    session: Session, store: Store, client: TestClient, signed_in: SignIn
) -> None:
    a_unit(session, store, "A1")
    session.commit()
    for address in ("/robots", "/robots/A1", "/robots/receive", "/robots/models"):
        assert client.get(address, follow_redirects=False).status_code == 303
    browser = signed_in(Role.AUDITOR)
    assert browser.get("/robots/A1").status_code == 200
    assert browser.get("/robots/receive").status_code == 403
    assert upload(browser, _NOTE)[0] == 403
    assert send(browser, "/robots/models", maker="x", code="y", name="z")[0] == 403
    without_token = browser.post("/robots/models", data={"maker": "x", "code": "y", "name": "z"})
    assert without_token.status_code == 403


def test_the_number_of_statements_does_not_grow(
    session: Session, store: Store, signed_in: SignIn, statements_of_app: list[str]
) -> None:
    # given
    units = [
        a_unit(session, store, f"A{number}", components={"knee": f"K{number}"})
        for number in range(40)
    ]
    for number in range(30):
        timeline.note(session, units[0].id, kind="x", summary=msg("Event {n}", n=str(number)))
    browser = signed_in(Role.SALES)
    for address, most in (("/robots", 3), ("/robots?q=A1", 6), ("/robots/A0", 12)):
        statements_of_app.clear()
        # when
        assert browser.get(address).status_code == 200
        # then: one of them finds out who is there; the outbox is emptied beside the requests
        asked = [one for one in statements_of_app if one.startswith("SELECT")]
        assert len(asked) <= most, (address, asked)
