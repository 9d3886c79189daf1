"""A burst of keys is a scan, whatever has the focus; none is lost, doubled or misplaced."""

import random
import time
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.web.keyboard import Keyboard
from tests.web.shell import Form, Site, shell

PAGE = """
<form method="post" action="/scan" data-scan-form
      hx-post="/scan" hx-target="#cart" hx-swap="innerHTML">
  <label for="scan">Scan</label><input id="scan" name="code">
</form>
<form method="post" action="/customer">
  <label for="name">Name</label><input id="name" name="name" value="Mara">
  <label for="note">Note</label><textarea id="note" name="note">as agreed</textarea>
  <label for="place">Place</label>
  <select id="place" name="place">
    <option>Leipzig</option><option>Halle</option><option>Aue</option>
  </select>
  <label><input type="checkbox" id="gift" name="gift"> Gift</label>
  <label for="serial">Serial</label><input id="serial" name="serial" data-scan="here">
  <button id="save">Save</button>
</form>
<form method="post" action="/new"><button id="new" data-key="n">New</button></form>
<form method="post" action="/remove">
  <div data-lines role="grid" aria-label="Lines"><div role="row" aria-selected="true" data-line="7">
    <div role="gridcell"><button id="remove" data-remove>Remove</button></div></div></div>
</form>
<p><a id="link" href="#main">A link</a></p>
<div id="cart"></div>
"""
ANYWHERE = ("scan", "name", "note", "place", "gift", "save", "new", "link", "")


def quickly(path: str, form: Form) -> tuple[int, str]:
    time.sleep(random.uniform(0, 0.06))
    return 200, f"<p>{form.get('code', path)}</p>"


@pytest.fixture
def site() -> Iterator[Site]:
    with Site(shell(PAGE), quickly).open() as site:
        yield site


@pytest.fixture
def keyboard(page: Page, site: Site) -> Keyboard:
    page.goto(site.url)
    return Keyboard(page)


def focus(page: Page, element: str) -> None:
    script = "id => id ? document.getElementById(id).focus() : document.activeElement.blur()"
    page.evaluate(script, element)


def until(is_so: Callable[[], bool], *, at_most_s: float = 5) -> None:
    end = time.monotonic() + at_most_s
    while not is_so() and time.monotonic() < end:
        time.sleep(0.02)


def silent(_path: str, _form: Form) -> tuple[int, str]:
    return 0, ""


def refusing(_path: str, _form: Form) -> tuple[int, str]:
    return 404, "<p>No such serial</p>"


def scanned(site: Site) -> list[str]:
    return [form["code"] for path, form in site.posted if path == "/scan"]


def contents(page: Page) -> dict[str, str]:
    script = "ids => Object.fromEntries(ids.map(id => [id, document.getElementById(id).value]))"
    found: dict[str, str] = page.evaluate(script, ["scan", "name", "note", "place", "serial"])
    return found


UNTOUCHED = {"scan": "", "name": "Mara", "note": "as agreed", "place": "Leipzig", "serial": ""}


def test_a_hundred_scans_at_eight_a_second_arrive_once_and_nowhere_else(
    page: Page, site: Site, keyboard: Keyboard
) -> None:
    chance = random.Random(8)
    codes = [f"H2P-25-{number:06d}" for number in range(90)]
    codes += [f"-N {number}/N.a-" for number in range(10)]  # keys that mean something elsewhere
    chance.shuffle(codes)
    started = time.monotonic()

    for count, code in enumerate(codes):
        focus(page, chance.choice(ANYWHERE))
        keyboard.scan(code, end=chance.choice(("Enter", "Tab")))
        time.sleep(max(0, started + (count + 1) / 8 - time.monotonic()))
    until(lambda: len(site.posted) >= len(codes))

    assert scanned(site) == codes
    assert {path for path, _ in site.posted} == {"/scan"}
    assert len({form["scan_id"] for _, form in site.posted}) == len(codes)
    assert all(form["token"] == form["scan_id"] for _, form in site.posted)
    assert contents(page) == UNTOUCHED
    assert page.url == site.url
    assert not page.is_checked("#gift")


def test_a_scan_while_a_chinese_input_method_is_on(
    page: Page, site: Site, keyboard: Keyboard
) -> None:
    focus(page, "name")

    keyboard.compose("H2P-25-004817")
    until(lambda: len(site.posted) > 0)

    assert scanned(site) == ["H2P-25-004817"]
    page.wait_for_timeout(50)
    assert contents(page) == UNTOUCHED
    expect(page.locator("#name")).to_be_focused()


def test_a_field_marked_here_keeps_the_scan_and_sends_nothing(
    page: Page, site: Site, keyboard: Keyboard
) -> None:
    focus(page, "serial")

    keyboard.scan("H2P-25-004817")

    expect(page.locator("#serial")).to_have_value("H2P-25-004817")
    page.wait_for_timeout(100)
    assert site.posted == []


def test_control_characters_of_a_gs1_code_are_kept(site: Site, keyboard: Keyboard) -> None:
    keyboard.type("0104012345678901", every_s=0.004)
    keyboard.press("]", "BracketRight", control=True, after_s=0.004)
    keyboard.type("21H2P", every_s=0.004)
    keyboard.press("Enter", "Enter", text="\r", after_s=0.004)
    until(lambda: len(site.posted) > 0)

    assert scanned(site) == ["0104012345678901\x1d21H2P"]


def test_no_scan_is_lost_while_the_server_is_away(
    page: Page, keyboard: Keyboard, site: Site
) -> None:
    site.answer = silent

    for code in ("AAA-1", "BBB-2", "CCC-3"):
        keyboard.scan(code)
    expect(page.locator("#offline")).to_be_visible()
    site.answer = quickly
    until(lambda: scanned(site)[-1:] == ["CCC-3"], at_most_s=10)

    # tried again, but under one id each, so that the server counts each once
    assert len(site.posted) > 3
    sent = dict.fromkeys((form["code"], form["scan_id"]) for _, form in site.posted)
    assert [code for code, _ in sent] == ["AAA-1", "BBB-2", "CCC-3"]
    expect(page.locator("#offline")).to_be_hidden()


def test_what_a_person_types_is_no_scan(page: Page, site: Site, keyboard: Keyboard) -> None:
    focus(page, "name")

    keyboard.type("Li ", every_s=0.12)

    expect(page.locator("#name")).to_have_value("Li Mara")
    assert site.posted == []


def test_a_typed_code_takes_the_same_way_and_comes_back_when_refused(
    page: Page, site: Site, keyboard: Keyboard
) -> None:
    site.answer = refusing

    keyboard.type("h2p", every_s=0.2)  # the focus was nowhere: the box takes it
    expect(page.locator("#scan")).to_have_value("h2p")
    keyboard.press("Enter", "Enter", text="\r")
    until(lambda: len(site.posted) > 0)

    assert site.posted[0][1]["line"] == "7"
    expect(page.locator("#scan")).to_have_value("h2p")
    expect(page.locator("#notice")).to_have_text("No such serial")


def test_a_code_that_is_typed_with_a_pause_is_not_cut_in_two(
    page: Page, site: Site, keyboard: Keyboard
) -> None:
    focus(page, "scan")

    keyboard.type("AK", every_s=0.3)
    time.sleep(0.3)
    keyboard.type("-606", every_s=0.1)  # faster than a hesitating scanner may be
    keyboard.press("Enter", "Enter", text="\r")
    until(lambda: len(site.posted) > 0)

    assert scanned(site) == ["AK-606"]
    expect(page.locator("#scan")).to_have_value("")


def test_a_letter_key_acts_only_when_no_scan_follows(
    page: Page, site: Site, keyboard: Keyboard
) -> None:
    focus(page, "")
    keyboard.scan("n-2500")
    until(lambda: len(site.posted) > 0)
    assert [path for path, _ in site.posted] == ["/scan"]
    focus(page, "")

    keyboard.press("n", "KeyN", text="n")
    page.wait_for_url("**/new")

    assert [path for path, _ in site.posted] == ["/scan", "/new"]
