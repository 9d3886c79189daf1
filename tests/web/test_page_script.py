"""What app.js adds to a page: keys, dialogs, one submit at a time, focus that never falls away."""

import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.web.shell import Form, Site, shell

PAGE = """
<form method="post" action="/note" hx-post="/note" hx-target="#answer" hx-swap="innerHTML">
  <input type="hidden" name="token" value="once">
  <label for="note">Note</label><input id="note" name="note" data-key="F2">
  <button id="save" data-key="Ctrl+Enter">Save</button>
</form>
<form method="post" action="/slow"><button id="slow">Slow</button></form>
<h2 id="rows-title" tabindex="-1">Rows</h2>
<ul aria-labelledby="rows-title">
  <li id="row-1"><button id="drop-1" hx-post="/drop" hx-target="#row-1" hx-swap="delete">x</button>
  <li id="row-2"><button id="drop-2" hx-post="/drop" hx-target="#row-2" hx-swap="delete">x</button>
</ul>
<div role="grid" data-lines id="lines" aria-label="Lines">
  <div role="row" aria-selected="true" id="line-1">
    <div role="gridcell"><a href="#one">1</a></div></div>
  <div role="row" aria-selected="false" id="line-2">
    <div role="gridcell"><a href="#two">2</a></div></div>
</div>
<button type="button" id="ask" data-open="#sure">Ask</button>
<button type="button" id="load"
        hx-post="/dialog" hx-target="#dialog" hx-swap="innerHTML">Load</button>
{% call ui.dialog("sure", "Sure?") %}
  <form method="post" hx-post="/refuse" hx-target="#answer" hx-swap="innerHTML">
    <button id="yes">Yes</button>
  </form>
{% endcall %}
<div id="answer"></div>
"""
LIVE = """
<script src="{{ static('vendor/htmx-sse.min.js') }}" defer></script>
<script src="{{ static('live.js') }}" defer></script>
"""
ANSWERS = {
    "/note": (200, "saved"),
    "/drop": (200, ""),
    "/dialog": (200, '<h2 id="dialog-title">Loaded</h2><button data-close id="done">Done</button>'),
    "/refuse": (409, '<p class="refusal">Somebody was faster</p>'),
}


def answers(path: str, _form: Form) -> tuple[int, str]:
    return ANSWERS[path]


@pytest.fixture(autouse=True)
def site(page: Page) -> Iterator[Site]:
    with Site(shell(PAGE), answers).open() as site:
        page.goto(site.url)
        yield site


def test_a_key_presses_what_it_names(page: Page, site: Site) -> None:
    page.keyboard.press("F2")
    expect(page.locator("#note")).to_be_focused()

    page.keyboard.type("hello")
    page.keyboard.press("Control+Enter")

    expect(page.locator("#answer")).to_have_text("saved")
    assert site.posted == [("/note", {"note": "hello", "token": "once"})]


def test_the_question_mark_lists_the_keys_but_not_inside_a_field(page: Page) -> None:
    page.focus("#note")
    page.keyboard.type("?")
    assert page.input_value("#note") == "?"
    page.evaluate("document.activeElement.blur()")
    page.wait_for_timeout(100)  # or the two of them would be a burst

    page.keyboard.press("?")

    expect(page.locator("#keys")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#keys")).to_be_hidden()


def test_a_dialog_gives_the_focus_back(page: Page) -> None:
    page.focus("#ask")
    page.keyboard.press("Enter")
    expect(page.locator("#sure")).to_be_visible()

    page.keyboard.press("Escape")

    expect(page.locator("#ask")).to_be_focused()


def test_a_loaded_dialog_opens_by_itself_and_is_empty_when_closed(page: Page) -> None:
    page.focus("#load")
    page.keyboard.press("Enter")
    expect(page.locator("#dialog")).to_be_visible()

    page.click("#done")

    expect(page.locator("#load")).to_be_focused()
    expect(page.locator("#dialog")).to_be_empty()


def test_a_refusal_inside_a_dialog_is_shown_inside_it(page: Page) -> None:
    page.click("#ask")

    page.click("#yes")

    expect(page.locator("#sure .refusal")).to_have_text("Somebody was faster")
    assert page.inner_text("#notice") == ""


def test_a_form_is_sent_once_however_often_it_is_pressed(page: Page, site: Site) -> None:
    def slow(path: str, _form: Form) -> tuple[int, str]:
        time.sleep(0.3)
        return 200, path

    site.answer = slow
    page.evaluate(
        "() => { for (const id of ['slow', 'slow']) document.getElementById(id).click() }"
    )
    page.wait_for_url("**/slow")
    assert [path for path, _ in site.posted] == ["/slow"]

    page.goto(site.url)
    page.evaluate(
        "() => { for (const id of ['save', 'save']) document.getElementById(id).click() }"
    )
    expect(page.locator("#answer")).to_have_text("/note")
    page.wait_for_timeout(400)
    assert [path for path, _ in site.posted] == ["/slow", "/note"]


def test_a_form_keeps_its_token_until_it_has_worked(page: Page, site: Site) -> None:
    site.answer = lambda _path, _form: (409, "not now")
    page.click("#save")
    expect(page.locator("#notice")).to_have_text("not now")
    site.answer = lambda _path, _form: (200, "saved")
    page.click("#save")
    expect(page.locator("#answer")).to_have_text("saved")
    page.click("#save")
    page.wait_for_timeout(200)

    first, repeated, another = (form["token"] for _, form in site.posted)

    assert first == repeated == "once"
    assert another != first


def test_a_form_can_be_sent_again_after_going_back(page: Page, site: Site) -> None:
    site.answer = lambda path, _form: (200, path)
    page.click("#slow")
    page.wait_for_url("**/slow")

    page.go_back()
    page.click("#slow")
    page.wait_for_url("**/slow")

    assert [path for path, _ in site.posted] == ["/slow", "/slow"]


def test_a_broken_server_keeps_what_was_typed(page: Page, site: Site) -> None:
    site.answer = lambda _path, _form: (502, "<html>Bad gateway</html>")
    page.fill("#note", "long thought")

    page.click("#save")

    expect(page.locator("#toasts .toast")).to_contain_text("What you typed is still here")
    assert page.input_value("#note") == "long thought"
    assert "Bad gateway" not in page.inner_text("body")


def test_the_focus_goes_to_the_next_row_then_to_the_heading(page: Page) -> None:
    page.focus("#drop-1")
    page.keyboard.press("Enter")
    expect(page.locator("#drop-2")).to_be_focused()

    page.keyboard.press("Enter")

    expect(page.locator("#rows-title")).to_be_focused()


def test_a_hidden_tab_rests_and_asks_anew_on_return(page: Page) -> None:
    fragment = """
    <div sse-connect="/live">
      <p hx-get="/fresh" hx-trigger="sse:changed, refetch from:body" hx-target="this"></p>
    </div>"""
    with Site(shell(fragment, more_scripts=LIVE)).open() as site:
        page.goto(site.url)
        expect(page.locator("body[data-live=open]")).to_be_attached()
        expect(page.get_by_text("ok", exact=True)).to_be_visible()

        for hidden in (True, False):
            page.evaluate(
                """value => {
                    Object.defineProperty(document, "hidden", { value, configurable: true });
                    document.dispatchEvent(new Event("visibilitychange"));
                }""",
                hidden,
            )
        page.wait_for_timeout(300)

        asked = [path for path in site.asked if path in ("/live", "/fresh")]
        assert asked.count("/live") == 2
        assert asked.count("/fresh") >= 2


def test_arrow_keys_choose_a_row_and_enter_opens_it(page: Page) -> None:
    page.evaluate("document.activeElement.blur()")

    page.keyboard.press("ArrowDown")
    expect(page.locator("#line-2")).to_have_attribute("aria-selected", "true")
    expect(page.locator("#live")).to_contain_text("2")
    page.keyboard.press("Enter")

    assert page.url.endswith("#two")
