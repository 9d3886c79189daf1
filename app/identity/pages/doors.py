"""Sign-in, lock, switch, sign-out. Every door sends back to the page that one came from."""

import json
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from app.identity import signing, staff, terminals
from app.identity.forms import BackForm, BadgeForm, DoorForm, PasswordForm, PinForm, read_id
from app.identity.guard import (
    SESSION_COOKIE,
    TERMINAL_COOKIE,
    Acting,
    find_stay,
    is_idle,
    last_person,
)
from app.identity.models import Staff, Terminal
from app.identity.pages import cookies
from app.identity.signing import Claim, Signed, TurnedAway
from app.kernel.text import Text, msg
from app.web import csrf
from app.web.forms import StoreForm
from app.web.nextpage import detour, own_path, page_at
from app.web.rendering import is_htmx, render
from app.web.sessions import ReadSession, WriteSession

router = APIRouter()

DEMO_LOGINS = "demo_logins"  # in app.state: (name, password, what it may), for the demo store
_HEADINGS = {
    "sign-in": msg("Sign in"),
    "switch": msg("Switch user"),
    "lock": msg("Locked"),
}
_NO_TERMINAL = msg("A badge or PIN opens only an enrolled device. Use name and password.")


@dataclass(frozen=True, slots=True)
class Door:
    """What stands on the page: a list of people, one person and a PIN, or name and password."""

    name: str
    back: str
    over: bool
    terminal: Terminal | None
    people: list[Staff]
    person: Staff | None

    @property
    def heading(self) -> Text:
        return _HEADINGS[self.name]

    @property
    def wants(self) -> str:
        if self.person is not None:
            return "pin" if self.person.pin_hash and self.terminal else "password"
        return "people" if self.people else "password"


@router.get("/sign-in")
def ask_sign_in(
    request: Request,
    session: ReadSession,
    next: str = "/",  # noqa: A002 - the word in the address
    who: str = "",
    way: str = "",
) -> Response:
    """At an enrolled terminal the people of the store, elsewhere name and password."""
    stay = find_stay(request, session)
    if stay is not None and not is_idle(request, stay):
        return _already_in(request, next)
    return _show(request, _door(request, session, "sign-in", back=next, who=who, way=way))


@router.get("/switch")
def ask_switch(
    request: Request,
    session: ReadSession,
    next: str = "/",  # noqa: A002 - the word in the address
    who: str = "",
    way: str = "",
) -> Response:
    """Somebody else takes over this screen; who was here goes on until then."""
    return _show(request, _door(request, session, "switch", back=next, who=who, way=way))


@router.get("/lock")
def show_lock(
    request: Request,
    session: ReadSession,
    next: str = "/",  # noqa: A002 - the word in the address
) -> Response:
    """Who left this screen, and what opens it again."""
    stay = find_stay(request, session)
    if stay is None:
        return RedirectResponse(detour("/sign-in", own_path(next)), 303)
    if not is_idle(request, stay):
        return _already_in(request, next)
    return _show(request, _door(request, session, "lock", back=next), login=stay.staff.login)


@router.post("/lock")
def lock_now(
    request: Request,
    session: WriteSession,
    actor: Acting,
    form: Annotated[BackForm, Form()],
) -> Response:
    """Leave the screen without signing out."""
    signing.lock(session, actor, request.cookies[SESSION_COOKIE])
    return RedirectResponse(detour("/lock", own_path(form.next, default=page_at(request))), 303)


@dataclass(frozen=True, slots=True)
class Knock:
    """Somebody wants in: at which door, with what. No claim: not possible at this device."""

    form: DoorForm
    terminal: Terminal | None
    claim: Claim | None
    login: str = ""
    who: str = ""
    by_scan: bool = False


# Knocks are dependencies that come before the writing session: whose secret is being compared does
# not take a writer's turn yet.


def knock_with_password(
    request: Request, session: ReadSession, form: Annotated[PasswordForm, Form()]
) -> Knock:
    claim = signing.claim_by_password(session, login=form.login, password=form.password)
    return Knock(form, _terminal(request, session), claim, login=form.login)


def knock_with_pin(
    request: Request, session: ReadSession, form: Annotated[PinForm, Form()]
) -> Knock:
    terminal = _terminal(request, session)
    claim = None
    if terminal is not None:
        claim = signing.claim_by_pin(
            session, staff_id=form.staff_id(), pin=form.pin, terminal=terminal
        )
    return Knock(form, terminal, claim, who=form.staff)


def knock_with_badge(
    request: Request, session: ReadSession, form: Annotated[BadgeForm, Form()]
) -> Knock:
    terminal = _terminal(request, session)
    claim = None
    if terminal is not None:
        claim = signing.claim_by_badge(session, code=form.code, terminal=terminal)
    return Knock(form, terminal, claim, by_scan=True)


@router.post("/sign-in")
def sign_in(
    request: Request,
    knock: Annotated[Knock, Depends(knock_with_password, scope="function")],
    reading: ReadSession,
    session: WriteSession,
) -> Response:
    return _answer(request, knock, reading, session)


@router.post("/sign-in/pin")
def sign_in_by_pin(
    request: Request,
    knock: Annotated[Knock, Depends(knock_with_pin, scope="function")],
    reading: ReadSession,
    session: WriteSession,
) -> Response:
    return _answer(request, knock, reading, session)


@router.post("/sign-in/badge")
def sign_in_by_badge(
    request: Request,
    knock: Annotated[Knock, Depends(knock_with_badge, scope="function")],
    reading: ReadSession,
    session: WriteSession,
) -> Response:
    """A badge alone is enough at a terminal. An unknown one changes nothing on the screen."""
    return _answer(request, knock, reading, session)


@router.post("/sign-out")
def sign_out(
    request: Request,
    session: WriteSession,
    form: Annotated[StoreForm, Form()],  # noqa: ARG001 - read for its CSRF token
) -> Response:
    """Out, also when the session is locked or over already."""
    stay = find_stay(request, session)
    if stay is not None:
        signing.sign_out(session, stay.viewer.actor, request.cookies[SESSION_COOKIE])
    return _out(request)


@router.post("/sign-out-everywhere")
def sign_out_everywhere(
    request: Request,
    session: WriteSession,
    actor: Acting,
    form: Annotated[StoreForm, Form()],  # noqa: ARG001 - read for its CSRF token
) -> Response:
    signing.sign_out_everywhere(session, actor)
    return _out(request)


def _out(request: Request) -> Response:
    response = RedirectResponse("/sign-in", 303)
    cookies.close_session(response)
    csrf.renew(request, response)
    return response


def _already_in(request: Request, back: str) -> Response:
    """In another tab the door was opened meanwhile: on to the page, or on with its request."""
    if not is_htmx(request):
        return RedirectResponse(own_path(back), 303)
    news = json.dumps({"signed-in": {"csrf": csrf.token_for(request)}})
    return Response(status_code=204, headers={"HX-Trigger": news})


def _terminal(request: Request, session: Session) -> Terminal | None:
    return terminals.by_token(session, request.cookies.get(TERMINAL_COOKIE))


def _door(
    request: Request, session: Session, name: str, *, back: str, who: str = "", way: str = ""
) -> Door:
    terminal = _terminal(request, session)
    people: list[Staff] = []
    person = None
    if name == "lock":
        stay = find_stay(request, session)
        person = stay.staff if stay else None
    elif terminal is not None and way != "password":
        people = staff.of_store(session, terminal.store_id, working=True)
        person = next((one for one in people if one.id == read_id(who)), None)
    return Door(
        name=name,
        back=own_path(back),
        over=is_htmx(request),
        terminal=terminal,
        people=people,
        person=person,
    )


def _show(
    request: Request,
    door: Door,
    *,
    login: str = "",
    message: Text | None = None,
    status: int = 200,
) -> Response:
    response = render(
        request,
        "identity/door.html",
        block="over",
        status=status,
        door=door,
        login=door.person.login if door.person and not login else login,
        message=message,
        demo_logins=getattr(request.app.state, DEMO_LOGINS, []),
    )
    if door.over:
        response.headers["HX-Retarget"] = "#door"
        response.headers["HX-Reswap"] = "innerHTML"
    return response


def _answer(request: Request, knock: Knock, reading: Session, session: Session) -> Response:
    """Settle the claim: in with fresh cookies, or the same door again with the reason."""
    if knock.claim is None:
        return _turn_away(request, knock, reading, _NO_TERMINAL)
    outcome = signing.settle(
        session,
        knock.claim,
        terminal=knock.terminal,
        hours=request.app.state.settings.session_hours,
        leaving=request.cookies.get(SESSION_COOKIE),
    )
    if isinstance(outcome, TurnedAway):
        return _turn_away(request, knock, reading, outcome.message)
    return _let_in(request, knock, outcome, before=last_person(request, reading))


def _let_in(request: Request, knock: Knock, signed: Signed, *, before: int | None) -> Response:
    """On to the page. Over another page, its interrupted request goes on if the person is the same.

    Somebody else gets the page anew: it shows what another was doing, and maybe may see.
    """
    by_htmx = is_htmx(request)
    back = knock.form.back
    response = Response(status_code=204) if by_htmx else RedirectResponse(back, 303)
    cookies.open_session(request, response, signed.token)
    csrf_token = csrf.renew(request, response)
    if knock.terminal is not None:
        cookies.keep_terminal(request, response, request.cookies[TERMINAL_COOKIE])
    if not by_htmx:
        return response
    if not knock.form.over:
        response.headers["HX-Redirect"] = back
    elif before == signed.staff.id:
        response.headers["HX-Trigger"] = json.dumps({"signed-in": {"csrf": csrf_token}})
    else:
        response.headers["HX-Refresh"] = "true"
    return response


def _turn_away(request: Request, knock: Knock, reading: Session, message: Text) -> Response:
    """401 with the sentence. A scan leaves what is on the screen as it is."""
    if knock.by_scan and is_htmx(request):
        return render(
            request,
            "layout/error.html",
            block="notice",
            status=401,
            title=_HEADINGS["sign-in"],
            message=message,
            link=None,
            error_id="",
        )
    name = knock.form.door if knock.form.door in _HEADINGS else "sign-in"
    way = "password" if knock.login else ""
    door = _door(request, reading, name, back=knock.form.back, who=knock.who, way=way)
    return _show(request, door, login=knock.login, message=message, status=401)
