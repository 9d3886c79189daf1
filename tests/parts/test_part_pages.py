"""The pages of parts: list, one part, its forms; what is typed stays, what is wrong is said."""

import re
from io import BytesIO

import pytest
from fastapi import FastAPI
from PIL import Image
from sqlalchemy import event
from sqlalchemy.orm import Session

from app import wiring
from app.identity.models import Staff
from app.identity.roles import Role
from app.identity.signing import actor_for
from app.kernel.actor import Actor
from app.kernel.db import Database
from app.kernel.filestore import FileStore
from app.parts import (
    addresses,
    arrivals,
    aside,
    catalogue,
    ledgerlook,
    numbers,
    pictures,
    places,
    stock,
    supersession,
)
from app.parts.catalogue import Particulars
from app.parts.catalogue_models import NumberKind
from app.parts.models import Part, PlaceKind
from app.parts.numbers import Numbered
from app.robots import choosing, components, fitting
from app.robots.bodyplan import SlotClass
from app.robots.components import Identity
from app.robots.slot_models import Control
from app.stores.models import Store
from app.web import csrf
from tests.makers.browsing import SECRET, Browser, a_browser
from tests.makers.identity import a_person, a_session
from tests.makers.robots import a_model, a_unit
from tests.makers.slots import a_plan

pytestmark = pytest.mark.only_on("sqlite")


@pytest.fixture
def clerk(session: Session, store: Store) -> Actor:
    return actor_for(a_person(session, store, "Mei Lin", role=Role.PARTS), terminal=None)


@pytest.fixture
def browser(app: FastAPI, session: Session, clerk: Actor) -> Browser:
    cookie = a_session(session, session.get_one(Staff, clerk.staff_id))
    session.commit()
    return a_browser(app, cookie)


def as_role(app: FastAPI, session: Session, store: Store, role: Role) -> Browser:
    cookie = a_session(session, a_person(session, store, f"{role.value} one", role=role))
    session.commit()
    return a_browser(app, cookie)


def shelf(session: Session, actor: Actor, number: str, *, pieces: int = 0, **facts: object) -> Part:
    made = catalogue.add_part(
        session,
        actor,
        number=number,
        name=f"Part {number}",
        particulars=Particulars(**facts),  # type: ignore[arg-type]
    )
    if pieces:
        stock.receive(session, actor, made.id, quantity=pieces, reason="first stock")
    session.commit()
    return made


def test_the_list_says_what_runs_out_and_each_filter_keeps_it_in_the_address(
    session: Session, clerk: Actor, browser: Browser
) -> None:
    shelf(session, clerk, "GOOD-1", pieces=9, minimum=2)
    shelf(session, clerk, "LOW-1", pieces=2, minimum=2)
    shelf(session, clerk, "OUT-1", minimum=1, core_days=14)

    everything, low, out, core = (
        browser.get(f"/parts?show={show}").text for show in ("", "low", "out", "core")
    )

    for page, numbers_there in (
        (everything, {"GOOD-1", "LOW-1", "OUT-1"}),
        (low, {"LOW-1", "OUT-1"}),
        (out, {"OUT-1"}),
        (core, {"OUT-1"}),
    ):
        assert {one for one in ("GOOD-1", "LOW-1", "OUT-1") if f"/parts/{one}" in page} == (
            numbers_there
        )
    assert "Enough" in everything
    assert "<html" not in browser.get("/parts?show=low", htmx=True).text


@pytest.mark.parametrize("typed", ["ak80 25", "AK-8025", "ut-7", "4006381333931", "Part ak"])
def test_a_search_by_any_number_finds_the_part(
    session: Session, clerk: Actor, browser: Browser, typed: str
) -> None:
    part = shelf(session, clerk, "AK80-25")
    numbers.add(session, clerk, part, Numbered(NumberKind.SUPPLIER, "UT-77", "Motus"))
    numbers.add(session, clerk, part, Numbered(NumberKind.GTIN, "4006381333931"))
    session.commit()

    assert "/parts/AK80-25" in browser.get(f"/parts?q={typed}").text


def test_the_old_number_finds_the_new_part_and_says_so(
    session: Session, clerk: Actor, browser: Browser
) -> None:
    old, new = shelf(session, clerk, "AK80-24"), shelf(session, clerk, "AK80-25", pieces=3)
    supersession.replace(session, clerk, old, new, both_ways=False)
    session.commit()

    found = browser.get("/parts?q=ak80-24").text
    page = browser.get("/parts/AK80-24").text

    assert found.index("/parts/AK80-25") < found.index("/parts/AK80-24")
    assert "replaced by AK80-25" in found
    assert "AK80-24 was replaced by AK80-25." in page


def test_the_list_asks_as_often_for_many_parts_as_for_few(
    session: Session, clerk: Actor, browser: Browser, app: FastAPI
) -> None:
    for number in range(4):
        shelf(session, clerk, f"P-{number}", pieces=1)
    few = statements(app.state.database, browser, "/parts")
    for number in range(4, 70):
        shelf(session, clerk, f"P-{number}", pieces=1)

    assert statements(app.state.database, browser, "/parts") == few <= 15
    first = browser.get("/parts").text
    assert first.count('id="part-') - first.count('id="part-filter"') >= 50
    assert "Next page" in first


def test_a_parts_page_asks_as_often_for_much_as_for_little(
    session: Session, clerk: Actor, browser: Browser, app: FastAPI
) -> None:
    part = shelf(session, clerk, "AK-80", control=Control.SERIAL, slot_class=SlotClass.ACTUATOR)
    a_model(session)

    def more(numbers_: range) -> None:
        for n in numbers_:
            (piece,) = arrivals.components(session, clerk, [(part, f"S-{n}", "")]).values()
            bin_ = places.add(session, clerk, kind=PlaceKind.BIN, name=f"Rack {n}", code=f"C-{n}")
            stock.receive(
                session, clerk, part.id, quantity=1, reason="x", component=piece, place=bin_
            )
            aside.put_aside(session, clerk, part.id, quantity=1, purpose="x", minutes=9)
            other = shelf(session, clerk, f"OLD-{n}")
            supersession.replace(session, clerk, other, part, both_ways=False)
            numbers.add(session, clerk, part, Numbered(NumberKind.MAKER, f"M-{n}", "CubeMars"))
        session.commit()

    more(range(1))
    few = statements(app.state.database, browser, "/parts/AK-80")
    more(range(1, 6))

    assert statements(app.state.database, browser, "/parts/AK-80") == few <= 15


def statements(database: Database, browser: Browser, address: str) -> int:
    seen: list[str] = []

    def note(*args: object) -> None:
        seen.append(str(args[2]))

    event.listen(database.reader, "before_cursor_execute", note)
    try:
        assert browser.get(address).status_code == 200
    finally:
        event.remove(database.reader, "before_cursor_execute", note)
    return len(seen)


def test_pages_of_the_list_follow_each_other_without_gap(
    session: Session, clerk: Actor, browser: Browser
) -> None:
    made = {shelf(session, clerk, f"P-{number}").id for number in range(120)}
    seen: list[int] = []
    address = "/parts"
    while address:
        page = browser.get(address).text
        seen += map(int, re.findall(r'<tr id="part-(\d+)"', page))
        found = re.search(r'href="([^"]+)" rel="next"', page)
        address = found[1].replace("&amp;", "&") if found else ""

    assert len(seen) == len(set(seen)) == len(made)
    assert set(seen) == made


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
    shelf(session, clerk, "KNEE-L")
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
    part = shelf(session, clerk, "KNEE-L", minimum=7)
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
    shelf(session, clerk, "KNEE-L")
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
    shelf(session, clerk, number)

    page = browser.get(addresses.part_page(number))
    edit = browser.get(addresses.page_below(number, "edit"))

    assert page.status_code == edit.status_code == 200
    assert f"Part {number}".replace("&", "&amp;") in page.text


def test_a_number_never_means_a_row(session: Session, clerk: Actor, browser: Browser) -> None:
    """STK-15"""
    part = shelf(session, clerk, "KNEE-L")

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
    shelf(session, clerk, "KNEE-L", slot_class=SlotClass.ACTUATOR)
    shelf(session, clerk, "KNEE-R")
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
    shelf(session, clerk, "KNEE-L")

    answer = browser.post(f"/parts/KNEE-L/{form}", htmx=False, **fields)

    assert answer.status_code in {404, 422}
    assert f'id="{error}"' in answer.text
    assert "typed" in answer.text
    assert "<details open>" in answer.text


def test_a_stand_in_is_approved_by_a_manager_and_seen_on_both_parts(
    session: Session, clerk: Actor, browser: Browser, app: FastAPI, store: Store
) -> None:
    shelf(session, clerk, "TENDON-81")
    shelf(session, clerk, "TENDON-90")
    manager = as_role(app, session, store, Role.MANAGER)
    fields = {"instead_of": "tendon 90", "reason": "holds 40 N too"}

    assert browser.post("/parts/TENDON-81/substitutions", htmx=False, **fields).status_code == 403
    assert manager.post("/parts/TENDON-81/substitutions", htmx=False, **fields).status_code == 303

    for number in ("TENDON-81", "TENDON-90"):
        assert "holds 40 N too" in browser.get(f"/parts/{number}").text


def test_who_only_sells_sees_no_cost_and_no_form(
    session: Session, clerk: Actor, app: FastAPI, store: Store
) -> None:
    shelf(session, clerk, "KNEE-L", pieces=1)
    seller = as_role(app, session, store, Role.SALES)

    page = seller.get("/parts/KNEE-L").text

    assert "Cost of a piece" not in page
    assert 'method="post"' not in page.partition('id="main"')[2].partition("</main>")[0]
    assert seller.post("/parts/KNEE-L/edit", number="K", name="K").status_code == 403
    assert seller.get("/parts/new").status_code == 403


def a_picture() -> bytes:
    written = BytesIO()
    Image.new("RGB", (900, 600), "teal").save(written, "PNG")
    return written.getvalue()


def test_a_picture_is_shown_small_with_its_words_and_goes_again(
    session: Session, clerk: Actor, browser: Browser
) -> None:
    shelf(session, clerk, "KNEE-L")
    sent = {csrf.FIELD: csrf._token(SECRET), "alt": "Connector at the back"}

    answer = browser.client.post(
        "/parts/KNEE-L/pictures",
        data=sent,
        files={"picture": ("a.png", a_picture())},
        follow_redirects=False,
    )

    assert answer.status_code == 303
    page = browser.get("/parts/KNEE-L").text
    assert 'alt="Connector at the back"' in page
    small, full = browser.get("/parts/pictures/1/preview"), browser.get("/parts/pictures/1")
    assert Image.open(BytesIO(small.content)).size == (320, 213)
    assert Image.open(BytesIO(full.content)).size == (900, 600)
    assert browser.post("/parts/pictures/1/remove").status_code == 303
    assert browser.get("/parts/pictures/1").status_code == 404


def test_what_is_no_picture_is_refused_at_its_field(
    session: Session, clerk: Actor, browser: Browser
) -> None:
    shelf(session, clerk, "KNEE-L")
    sent = {csrf.FIELD: csrf._token(SECRET), "alt": "Typed"}

    answer = browser.client.post(
        "/parts/KNEE-L/pictures", data=sent, files={"picture": ("a.png", b"<svg/>")}
    )

    assert answer.status_code == 422
    assert 'id="picture-file-error"' in answer.text
    assert 'value="Typed"' in answer.text


@pytest.mark.parametrize(("kind", "begins"), [("pdf", b"%PDF"), ("zpl", b"^XA"), ("svg", b"<svg")])
def test_a_label_leads_to_the_parts_page(
    session: Session, clerk: Actor, browser: Browser, kind: str, begins: bytes
) -> None:
    shelf(session, clerk, "KNEE-L")

    answer = browser.get(f"/parts/KNEE-L/label.{kind}")

    assert answer.content.startswith(begins)
    if kind == "zpl":
        assert b"/parts/KNEE-L" in answer.content
    assert browser.get("/parts/KNEE-L/label?stock=a4").status_code == 200
    assert browser.get("/parts/KNEE-L/label.doc").status_code == 404


def test_ticked_parts_get_their_labels_at_once(
    session: Session, clerk: Actor, browser: Browser
) -> None:
    shelf(session, clerk, "KNEE-L")
    shelf(session, clerk, "KNEE-R")

    page = browser.get("/parts/labels?number=KNEE-L&number=KNEE-R")
    zpl = browser.get("/parts/labels.zpl?number=KNEE-L&number=KNEE-R")

    assert "2 labels" in page.text
    assert zpl.text.count("^XA") == 2
    assert browser.get("/parts/labels").status_code == 422
    bin_ = places.add(session, clerk, kind=PlaceKind.BIN, name="Rack C", code="C-1")
    session.commit()
    both = browser.get(f"/parts/labels.zpl?number=KNEE-L&place={bin_.id}")
    assert both.text.count("^XA") == 2
    assert "C-1" in both.text


def test_the_ledger_shows_what_was_left_after_each_movement_over_its_pages(
    session: Session, clerk: Actor, browser: Browser
) -> None:
    part = shelf(session, clerk, "KNEE-L")
    for _ in range(25):
        stock.receive(session, clerk, part.id, quantity=2, reason="delivery")
    session.commit()

    first = browser.get("/parts/KNEE-L").text
    following = re.search(r'href="([^"]+)" rel="next"', first)
    assert following is not None
    second = browser.get(following[1].replace("&amp;", "&"), htmx=True).text

    left = [int(text) for page in (first, second) for text in
            re.findall(r'\+2</td>\s*<td class="n">(\d+)</td>', page)]  # fmt: skip
    assert left == list(range(50, 0, -2))


def test_a_serial_parts_pieces_are_named_where_they_lie(
    session: Session, clerk: Actor, browser: Browser
) -> None:
    part = shelf(session, clerk, "AK-80", control=Control.SERIAL, slot_class=SlotClass.ACTUATOR)
    manager = Actor(
        store_id=clerk.store_id,
        name="Petra",
        role="manager",
        permissions=clerk.permissions | {"robots.fit"},
    )
    identity = Identity("AK-80-0001", SlotClass.ACTUATOR, "AK-80")
    component = components.register(session, manager, identity)
    stock.receive(session, clerk, part.id, quantity=1, reason="delivery", component=component)
    session.commit()

    page = browser.get("/parts/AK-80").text

    assert f"/robots/components/{component.id}" in page
    assert "by serial number" in page


def test_missing_and_changed_files_of_pictures_are_told(
    session: Session, clerk: Actor, app: FastAPI
) -> None:
    part = shelf(session, clerk, "KNEE-L")
    files = FileStore.below(app.state.settings.data_dir)
    made = pictures.add(session, clerk, part, a_picture(), alt="", files=files)
    assert list(pictures.file_breaches(session, files)) == []

    files.path_of(made.sha256).unlink()

    assert ["missing" in told for told in pictures.file_breaches(session, files)] == [True]


def test_a_place_is_added_found_renamed_labelled_and_left(browser: Browser) -> None:
    answer = browser.post("/parts/places", kind="bin", name="Rack C, shelf 4", code="C-04-2")
    page = answer.headers["location"]

    assert "Nothing lies here" in browser.get(page).text
    assert "C-04-2" in browser.get("/parts/places?q=c-04", htmx=True).text
    assert browser.post(page, name="Rack C", code="C-04-3").status_code == 303
    assert browser.get(f"{page}/label.zpl").content.startswith(b"^XA")
    assert browser.get(f"{page}/label").status_code == 200
    assert browser.post(f"{page}/archive").status_code == 303
    assert "C-04-3" not in browser.get("/parts/places").text


def test_a_place_that_cannot_be_is_refused_at_its_field(browser: Browser) -> None:
    browser.post("/parts/places", kind="bin", name="Rack C", code="C-04-2")

    twin = browser.post("/parts/places", kind="bin", name="Typed", code="c-04-2")
    strange = browser.post("/parts/places", kind="moon", name="Typed", code="X")
    nameless = browser.post("/parts/places", kind="bin", name="", code="X")

    for refused, field, status in (
        (twin, "code", 409),
        (strange, "kind", 422),
        (nameless, "name", 422),
    ):
        assert refused.status_code == status
        assert f'id="place-{field}-error"' in refused.text


def test_what_lies_in_a_place_is_listed_and_keeps_it_from_the_archive(
    session: Session, clerk: Actor, browser: Browser
) -> None:
    place = places.add(session, clerk, kind=PlaceKind.BIN, name="Rack C", code="C-1")
    part = shelf(session, clerk, "GR-LT", control=Control.LOT)
    stock.receive(session, clerk, part.id, quantity=3, reason="x", lot="Lot 7/A", place=place)
    session.commit()

    page = browser.get(f"/parts/places/{place.id}").text

    assert "/parts/GR-LT" in page
    assert "Lot 7/A" in page
    assert browser.post(f"/parts/places/{place.id}/archive").status_code == 409
    assert "/parts/GR-LT" in browser.get(f"/parts?place={place.id}").text


def test_the_ledger_names_the_robot_that_a_component_went_into_and_came_out_of(
    session: Session, clerk: Actor, store: Store
) -> None:
    wiring.connect()
    part = shelf(session, clerk, "AK-80", control=Control.SERIAL, slot_class=SlotClass.ACTUATOR)
    a_plan(session, a_model(session))
    robots = [a_unit(session, store, f"G1-{number}") for number in (1, 2)]
    bench = Actor(
        store_id=store.id, name="Emre", role="x", permissions=clerk.permissions | {"robots.fit"}
    )
    (component,) = arrivals.components(session, clerk, [(part, "S-1", "")]).values()
    stock.receive(session, clerk, part.id, quantity=1, reason="x", component=component)
    given = choosing.Part(component_id=component.id)
    for robot in robots:
        fitting.fit(session, bench, robot, "left_knee.actuator", part=given)
        fitting.remove(session, bench, robot, "left_knee.actuator")

    lines = ledgerlook.movements(session, part).items

    named = [line.robot.serial if line.robot else "" for line in lines]
    assert named == ["G1-2", "G1-2", "G1-1", "G1-1", ""]
