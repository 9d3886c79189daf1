"""Turning a template into an answer: a whole page, or just the block that HTMX asked for."""

import hashlib
import secrets
from collections.abc import Callable
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from jinja2_fragments import render_block
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from app.web import csrf
from app.web.i18n import HTML_LANG, LANGUAGES, Speech, speech_of
from app.web.navigation import navigation_of
from app.web.viewer import viewer_of

ROOT = Path(__file__).parents[2]
TEMPLATES = ROOT / "templates"
STATIC = ROOT / "static"
THEME_COOKIE = "qf_theme"


@cache
def environment() -> Environment:
    """The house's Jinja environment; `speech` in the context decides the language."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n", "jinja2.ext.do"],
        auto_reload=False,
        cache_size=-1,
    )
    made.install_gettext_callables(  # type: ignore[attr-defined]
        _gettext, _ngettext, newstyle=True
    )
    made.globals.update(static=static_url, form_token=form_token, languages=LANGUAGES)
    made.filters.update(
        say=_spoken("say"),
        money=_spoken("money"),
        date=_spoken("date"),
        time=_spoken("time"),
        datetime=_spoken("datetime"),
        number=_spoken("number"),
        percent=_spoken("percent"),
        capital=_capital,
    )
    signs: Any = made.get_template("components/signs.html").module
    for name in ("icon", "kbd", "keyed"):
        made.globals[name] = lru_cache(maxsize=512, typed=True)(getattr(signs, name))
    return made


def lend(**words: Callable[..., object]) -> None:
    """Give templates a domain's own words by name, such as its name for a kind of thing."""
    environment().globals.update(words)


def is_htmx(request: Request) -> bool:
    """Does HTMX ask for a part? When it goes back in the history it wants the whole page."""
    headers = request.headers
    restores = headers.get("HX-History-Restore-Request") == "true"
    return headers.get("HX-Request") == "true" and not restores


def render(
    request: Request,
    template: str,
    *,
    block: str | None = None,
    status: int = 200,
    **context: object,
) -> Response:
    """`template` with `context`; only `block` of it when HTMX asks for a part."""
    everything = {**frame(request), **context}
    if block and is_htmx(request) and request.headers.get("HX-Boosted") != "true":
        html = render_block(environment(), template, block, **everything)
    else:
        html = environment().get_template(template).render(everything)
    return page_response(request, html, status=status)


def page_response(request: Request, html: str, *, status: int = 200) -> Response:
    """HTML that is never cached by strangers, with this browser's CSRF cookie if it is new."""
    response = HTMLResponse(html, status, {"Vary": "HX-Request", "Cache-Control": "no-store"})
    fresh = getattr(request.state, "csrf_secret", None)
    if fresh:
        csrf.give(request, response, fresh)
    return response


def frame(request: Request) -> dict[str, object]:
    """What every template may count on."""
    viewer = viewer_of(request)
    voice = speech_of(request)
    shared: dict[str, object] = {
        "request": request,
        "speech": voice,
        "locale": voice.language,
        "html_lang": HTML_LANG[voice.language],
        "csrf_token": csrf.token_for(request),
        "staff": viewer,
        "terminal": viewer.actor.terminal_name if viewer else None,
        "till_name": viewer.till_name if viewer else None,
        "can": viewer.actor.may if viewer else _may_nothing,
        "nav": navigation_of(request, viewer),
        "theme": _theme(request),
        "density": viewer.density if viewer else "office",
        "sounds": viewer.sounds if viewer else True,
        "letter_keys": viewer.letter_keys if viewer else True,
        "path": request.url.path,
        "demo_payments": getattr(request.app.state, "demo_payments", False),
    }
    # The macros speak the viewer's language. They come from here since a block that is rendered
    # alone, for HTMX, runs no import of its page.
    shared["ui"] = environment().get_template("components/ui.html").make_module(shared)
    return shared


def form_token() -> str:
    """A fresh idempotency token for a form that changes money or stock."""
    return secrets.token_urlsafe(16)


@lru_cache(maxsize=256)
def static_url(name: str) -> str:
    """Address of a static file that changes with its contents, so it may be cached for ever."""
    digest = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:10]
    return f"/static/{name}?v={digest}"


def _theme(request: Request) -> str:
    viewer = viewer_of(request)
    chosen = viewer.theme if viewer else request.cookies.get(THEME_COOKIE, "auto")
    return chosen if chosen in {"light", "dark"} else "auto"


def _may_nothing(permission: str) -> bool:  # noqa: ARG001 - a visitor's answer to `can(...)`
    return False


def _voice(context: Context) -> Speech:
    voice: Speech = context["speech"]
    return voice


def _capital(text: str) -> str:
    """With a capital letter first and the rest as it is, as a word at the beginning of a cell."""
    return text[:1].upper() + text[1:]


@pass_context
def _gettext(context: Context, message: str) -> str:
    return _voice(context).gettext(message)


@pass_context
def _ngettext(context: Context, one: str, many: str, count: int) -> str:
    return _voice(context).ngettext(one, many, count)


def _spoken(verb: str) -> Any:
    @pass_context
    def filter_(context: Context, value: object) -> str:
        if value is None:
            return "–"
        spoken: str = getattr(_voice(context), verb)(value)
        return spoken

    return filter_
