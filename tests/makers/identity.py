"""People, terminals and browsers that anybody may sign in at."""

from datetime import timedelta

from argon2 import PasswordHasher
from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx2 import Response
from sqlalchemy.orm import Session

from app.identity import secrets
from app.identity.guard import SESSION_COOKIE, TERMINAL_COOKIE
from app.identity.models import Staff, StaffSession, Terminal
from app.identity.roles import Role
from app.kernel import clock
from app.kernel.searchkeys import search_key
from app.stores.models import Store, Till
from app.web import csrf

PASSWORD = "long enough word"
PIN = "4711"
BADGE = "0123456789ABCDEFGHJKLMNPQR"
# Real argon2, with the smallest parameters: a hash carries its own, so comparing is quick too.
_quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
_kept: dict[str, str] = {}


def quick_hash(secret: str) -> str:
    """A hash that takes no time, made once for each secret."""
    return _kept.setdefault(secret, _kept.get(secret) or _quick.hash(secret))


def a_person(
    session: Session,
    store: Store,
    name: str = "Jana Voss",
    *,
    role: Role = Role.SALES,
    login: str | None = None,
    pin: str | None = PIN,
    badge: str | None = None,
) -> Staff:
    """Somebody who works in the store and signs in with the first name and `PASSWORD`."""
    login = login or name.split(maxsplit=1)[0].casefold()
    person = Staff(
        store_id=store.id,
        login=login,
        login_key=search_key(login),
        name=name,
        role=role,
        password_hash=quick_hash(PASSWORD),
        pin_hash=quick_hash(pin) if pin else None,
        badge_hash=secrets.badge_hash(badge) if badge else None,
    )
    session.add(person)
    session.flush()
    return person


def a_terminal(
    session: Session, store: Store, enrolled_by: Staff, *, till: Till | None = None
) -> Terminal:
    """A device whose cookie is `terminal-<store>`."""
    terminal = Terminal(
        store_id=store.id,
        name="Counter 1",
        till_id=till.id if till else None,
        token_hash=secrets.token_hash(f"terminal-{store.id}"),
        enrolled_by_id=enrolled_by.id,
        enrolled_at=clock.now(),
    )
    session.add(terminal)
    session.flush()
    return terminal


def a_session(session: Session, person: Staff, terminal: Terminal | None = None) -> str:
    """A session of somebody, without signing in; gives its cookie."""
    token = secrets.new_token()
    now = clock.now()
    session.add(
        StaffSession(
            token_hash=secrets.token_hash(token),
            staff_id=person.id,
            terminal_id=terminal.id if terminal else None,
            started_at=now,
            seen_at=now,
            expires_at=now + timedelta(hours=1),
        )
    )
    session.flush()
    return token


class Screen:
    """A browser as its pages use it: it keeps cookies, sends CSRF tokens, follows no redirect."""

    def __init__(self, app: FastAPI, *, terminal: Terminal | None = None, cookie: str = "") -> None:
        self.client = TestClient(app, follow_redirects=False)
        if terminal is not None:
            self.keep(TERMINAL_COOKIE, f"terminal-{terminal.store_id}")
        if cookie:
            self.keep(SESSION_COOKIE, cookie)

    def keep(self, name: str, value: str) -> None:
        """Have a cookie as if an answer had set it, so that answers also replace it."""
        self.client.cookies.set(name, value, domain="testserver.local")

    @property
    def session_cookie(self) -> str | None:
        return self.client.cookies.get(SESSION_COOKIE)

    def csrf_token(self) -> str:
        """What this browser's forms carry just now."""
        if csrf.COOKIE not in self.client.cookies:
            self.client.get("/switch?way=password")
        return csrf._token(self.client.cookies[csrf.COOKIE])

    def get(self, address: str, **headers: str) -> Response:
        return self.client.get(address, headers=headers)

    def post(self, address: str, *, on_page: str = "", **fields: str) -> Response:
        """Send a form. `on_page` is the page that it stands on."""
        headers = {"Referer": f"http://testserver{on_page}"} if on_page else {}
        return self._send(address, headers, fields)

    def send(self, address: str, **fields: str) -> Response:
        """Send a form by HTMX."""
        return self._send(address, {"HX-Request": "true"}, fields)

    def _send(self, address: str, headers: dict[str, str], fields: dict[str, str]) -> Response:
        form = {csrf.FIELD: self.csrf_token(), **fields}
        return self.client.post(address, data=form, headers=headers)
