"""The doors as a browser meets them: cookies, addresses to come back to, what stays on the page."""

import json
from datetime import timedelta

import pytest
from fastapi import FastAPI
from httpx2 import Response
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.identity.guard import TERMINAL_COOKIE
from app.identity.models import Staff, StaffSession, WrongTries
from app.kernel import clock
from tests.identity.conftest import House
from tests.makers.identity import BADGE, PASSWORD, PIN, Screen, a_session

pytestmark = pytest.mark.only_on("sqlite")  # pages alike on both: test_pages_answer


@pytest.fixture
def screen(app: FastAPI, session: Session, house: House) -> Screen:  # noqa: ARG001 - lives there
    """A browser that nobody has signed in at, on a device of no store."""
    session.commit()
    return Screen(app)


@pytest.fixture
def counter(app: FastAPI, session: Session, house: House) -> Screen:
    """The enrolled terminal's browser, where Jana is signed in."""
    cookie = a_session(session, house.jana, house.terminal)
    session.commit()
    return Screen(app, terminal=house.terminal, cookie=cookie)


def sign_in(screen: Screen, **more: str) -> Response:
    return screen.post("/sign-in", **{"login": "jana", "password": PASSWORD, **more})


def age(session: Session, **ages: timedelta) -> None:
    """Let every session have been like that for a while."""
    then = {column: clock.now() - ago for column, ago in ages.items()}
    session.execute(update(StaffSession).values(**then))
    session.commit()


def test_signing_in_leads_back_to_the_page_with_a_cookie_that_no_script_reads(
    screen: Screen,
) -> None:
    refused = screen.get("/robots?state=available&q=G1 7")
    answer = sign_in(screen, next="/robots?state=available")

    assert refused.headers["location"] == (
        "/sign-in?next=%2Frobots%3Fstate%3Davailable%26q%3DG1%25207"
    )
    assert (answer.status_code, answer.headers["location"]) == (303, "/robots?state=available")
    cookie = next(one for one in answer.headers.get_list("set-cookie") if "qf_session" in one)
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Secure" not in cookie
    assert "Max-Age" not in cookie
    assert screen.get("/account").status_code == 200


def test_behind_tls_every_cookie_is_secure(app: FastAPI, screen: Screen) -> None:
    app.state.settings = app.state.settings.model_copy(update={"secure_cookies": True})
    screen.client.base_url = "https://testserver"

    answer = sign_in(screen)

    assert all("Secure" in cookie for cookie in answer.headers.get_list("set-cookie"))


@pytest.mark.parametrize(
    "wanted",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "/\t/evil.example",
        "\\/evil.example",
        "javascript:alert(1)",
        "/sign-out",
        "/sign-in?next=/sign-in",
        "",
        "/" + "a" * 3000,
    ],
)
def test_nobody_is_sent_to_another_site_or_in_circles(screen: Screen, wanted: str) -> None:
    assert sign_in(screen, next=wanted).headers["location"] == "/"


def test_a_cookie_from_before_the_sign_in_opens_nothing_after(
    app: FastAPI, session: Session, house: House
) -> None:
    planted = a_session(session, house.petra)
    session.commit()
    screen = Screen(app, cookie=planted)
    before = screen.csrf_token()

    sign_in(screen)

    assert screen.session_cookie != planted
    assert Screen(app, cookie=planted).get("/account").headers["location"].startswith("/sign-in")
    assert screen.csrf_token() != before
    assert screen.client.post("/sign-out", data={"csrf_token": before}).status_code == 403


def test_a_wrong_password_says_so_keeps_the_name_and_is_remembered(
    screen: Screen, session: Session
) -> None:
    answer = sign_in(screen, login="jana", password="not the password")

    assert answer.status_code == 401
    assert "Name and password do not fit together." in answer.text
    assert 'value="jana"' in answer.text
    assert "not the password" not in answer.text
    assert screen.session_cookie is None
    assert session.scalars(select(WrongTries.tries)).all() == [1]


def test_without_the_pages_token_nobody_signs_in(screen: Screen) -> None:
    answer = screen.client.post("/sign-in", data={"login": "jana", "password": PASSWORD})

    assert answer.status_code == 403
    assert screen.session_cookie is None


def test_a_terminal_lists_its_people_and_takes_a_pin(
    app: FastAPI, session: Session, house: House
) -> None:
    session.commit()
    screen = Screen(app, terminal=house.terminal)

    people = screen.get("/sign-in").text
    wrong = screen.post("/sign-in/pin", staff=str(house.jana.id), pin="0000", next="/counter")
    right = screen.post("/sign-in/pin", staff=str(house.jana.id), pin=PIN, next="/counter")

    assert "Jana Voss" in people
    assert "Petra Krause" in people
    assert wrong.status_code == 401
    assert "This PIN is not right." in wrong.text
    assert f'name="staff" value="{house.jana.id}"' in wrong.text
    assert right.headers["location"] == "/counter"
    assert TERMINAL_COOKIE in right.headers["set-cookie"]
    assert "Counter 1" in screen.get("/account").text


@pytest.mark.parametrize("staff_id", ["", "abc", "-1", "9" * 19, "1e3"])
def test_a_person_who_is_no_person_is_turned_away(
    app: FastAPI, session: Session, house: House, staff_id: str
) -> None:
    session.commit()
    screen = Screen(app, terminal=house.terminal)

    assert screen.post("/sign-in/pin", staff=staff_id, pin=PIN).status_code == 401


def test_a_scanned_badge_signs_in_and_an_unknown_one_changes_nothing(
    app: FastAPI, session: Session, house: House
) -> None:
    session.commit()
    screen = Screen(app, terminal=house.terminal)

    unknown = screen.send("/sign-in/badge", code="4012345678901")
    nobody = screen.session_cookie
    known = screen.send("/sign-in/badge", code=BADGE, next="/counter")

    assert unknown.status_code == 401
    assert "This badge is not known here." in unknown.text
    assert "4012345678901" not in unknown.text
    assert "<html" not in unknown.text
    assert "hx-redirect" not in unknown.headers
    assert nobody is None
    assert (known.status_code, known.headers["hx-redirect"]) == (204, "/counter")
    assert "Jana Voss" in screen.get("/account").text


def test_no_badge_and_no_pin_opens_a_device_that_nobody_enrolled(
    screen: Screen, house: House
) -> None:
    screen.keep(TERMINAL_COOKIE, "made up")

    badge = screen.post("/sign-in/badge", code=BADGE)
    pin = screen.post("/sign-in/pin", staff=str(house.jana.id), pin=PIN)

    assert (badge.status_code, pin.status_code) == (401, 401)
    assert "opens only an enrolled device" in badge.text
    assert "Jana Voss" not in screen.get("/sign-in").text
    assert screen.session_cookie is None


def test_somebody_else_takes_over_the_screen(
    counter: Screen, house: House, session: Session
) -> None:
    jana = counter.session_cookie
    page = counter.get(f"/switch?next=/account&who={house.petra.id}").text

    answer = counter.post("/sign-in/pin", staff=str(house.petra.id), pin="4812", next="/account")

    assert "Petra Krause" in page
    assert answer.headers["location"] == "/account"
    assert "Petra Krause" in counter.get("/account").text
    assert counter.session_cookie != jana
    open_sessions = select(StaffSession.staff_id).where(StaffSession.ended_at.is_(None))
    assert session.scalars(open_sessions).all() == [house.petra.id]


def test_a_screen_that_was_left_asks_for_the_pin_and_goes_on(counter: Screen) -> None:
    locked = counter.post("/lock", on_page="/account?done=pin")
    refused = counter.get("/account?done=pin")
    page = counter.get(refused.headers["location"]).text
    staff_id = page.split('name="staff" value="')[1].split('"')[0]

    answer = counter.post(
        "/sign-in/pin", door="lock", staff=staff_id, pin=PIN, next="/account?done=pin"
    )

    assert locked.headers["location"] == "/lock?next=%2Faccount%3Fdone%3Dpin"
    assert refused.headers["location"] == "/lock?next=%2Faccount%3Fdone%3Dpin"
    assert "Jana Voss" in page
    assert answer.headers["location"] == "/account?done=pin"
    assert counter.get("/account").status_code == 200


def test_a_screen_that_nobody_touched_locks_by_itself(counter: Screen, session: Session) -> None:
    age(session, seen_at=timedelta(minutes=9))
    touched = counter.get("/account")
    age(session, seen_at=timedelta(minutes=11))

    assert touched.status_code == 200
    assert counter.get("/account").headers["location"].startswith("/lock")


def test_what_a_page_fetches_by_itself_is_no_hand_on_the_screen(
    counter: Screen, session: Session
) -> None:
    age(session, seen_at=timedelta(minutes=9))

    quiet = counter.get("/account", **{"X-Quiet": "yes"})
    left_alone = session.scalars(select(StaffSession.seen_at)).one()
    session.rollback()
    counter.get("/account")

    assert quiet.status_code == 200
    assert left_alone < clock.now() - timedelta(minutes=8)
    assert session.scalars(select(StaffSession.seen_at)).one() > clock.now() - timedelta(minutes=1)


def test_htmx_is_told_the_door_that_opens_over_the_page(counter: Screen, session: Session) -> None:
    age(session, locked_at=timedelta(0))
    headers = {"HX-Request": "true", "HX-Current-URL": "http://testserver/customers?q=anna"}

    refused = counter.get("/customers?q=ann", **headers)
    door = counter.get(refused.headers["hx-redirect"], **headers)

    assert refused.status_code == 401
    assert refused.headers["hx-redirect"] == "/lock?next=%2Fcustomers%3Fq%3Danna"
    assert "<html" not in door.text
    assert 'hx-post="/sign-in/pin"' in door.text
    assert 'name="over" value="yes"' in door.text


def test_over_the_page_the_same_person_goes_on_and_another_gets_it_anew(
    counter: Screen, session: Session, house: House
) -> None:
    age(session, locked_at=timedelta(0))
    form = {"door": "lock", "over": "yes", "next": "/counter"}
    jana, petra = str(house.jana.id), str(house.petra.id)

    wrong = counter.send("/sign-in/pin", staff=jana, pin="0000", **form)
    same = counter.send("/sign-in/pin", staff=jana, pin=PIN, **form)
    other = counter.send("/sign-in/pin", staff=petra, pin="4812", **form)

    assert (wrong.status_code, wrong.headers["hx-retarget"]) == (401, "#door")
    assert "hx-redirect" not in wrong.headers
    assert same.status_code == 204
    assert "csrf" in json.loads(same.headers["hx-trigger"])["signed-in"]
    assert other.headers["hx-refresh"] == "true"


def test_signing_out_ends_this_session_and_everywhere_all_of_them(
    app: FastAPI, session: Session, house: House
) -> None:
    cookies = [a_session(session, house.jana) for _ in range(3)]
    session.commit()
    one, two, three = (Screen(app, cookie=cookie) for cookie in cookies)

    one.post("/sign-out")
    two_after_one = two.get("/account").status_code
    two.post("/sign-out-everywhere")

    assert Screen(app, cookie=cookies[0]).get("/account").status_code == 303
    assert two_after_one == 200
    assert three.get("/account").headers["location"].startswith("/sign-in")


def test_a_visitor_chooses_a_language_and_stays_on_the_way(screen: Screen) -> None:
    answer = screen.post("/preferences", language="de", next="/sign-in?next=%2Fcounter")

    assert answer.headers["location"] == "/sign-in?next=%2Fcounter"
    assert '<html lang="de"' in screen.get("/sign-in").text


def test_staff_keep_their_preferences_and_the_page_its_filters(
    counter: Screen, session: Session, house: House
) -> None:
    choices = ({"theme": "dark"}, {"sounds": "off"}, {"density": "office"}, {"theme": "pink"})
    answers = [
        counter.post("/preferences", on_page="/robots?q=G1", **{"next": "/robots", **choice})
        for choice in choices
    ]

    assert {answer.headers["location"] for answer in answers} == {"/robots?q=G1"}
    session.rollback()
    kept = session.get_one(Staff, house.jana.id, populate_existing=True)
    assert (kept.theme, kept.sounds, kept.density) == ("dark", False, "office")
    page = counter.get("/account").text
    assert 'data-theme="dark"' in page
    assert 'data-density="office"' in page


def test_the_demo_store_offers_its_people(app: FastAPI, screen: Screen) -> None:
    plain = screen.get("/sign-in").text
    app.state.demo_logins = [("jana", PASSWORD, "Sales")]

    assert "This is the demo store" not in plain
    assert "Sign in as Sales" in screen.get("/sign-in").text


def test_a_new_password_of_ones_own_ends_the_other_sessions(
    app: FastAPI, counter: Screen, session: Session, house: House
) -> None:
    elsewhere = Screen(app, cookie=a_session(session, house.jana))
    session.commit()
    new = {"password": "another long word", "again": "another long word"}

    wrong = counter.post("/account/password", current="not the password", **new)
    differing = counter.post("/account/password", current=PASSWORD, password="one", again="two")
    right = counter.post("/account/password", current=PASSWORD, **new)

    assert wrong.status_code == 422
    assert "do not fit" in wrong.text
    assert "The two passwords differ." in differing.text
    assert right.headers["location"] == "/account?done=password"
    assert counter.get("/account").status_code == 200
    assert elsewhere.get("/account").status_code == 303
    assert session.scalars(select(WrongTries)).all() == []


def test_whoever_finds_an_open_screen_cannot_guess_the_password_there(counter: Screen) -> None:
    for _ in range(5):
        counter.post("/account/pin", current="a guess", pin="7391")

    answer = counter.post("/account/pin", current=PASSWORD, pin="7391")

    assert answer.status_code == 422
    assert "Too many wrong tries" in answer.text
