"""The door of every endpoint: who is this, and is the terminal still theirs."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any

from fastapi import Depends, Request
from sqlalchemy import bindparam, column, select, table, update
from sqlalchemy.orm import Session

from app.identity import secrets, tokens
from app.identity.models import Staff, StaffSession, Terminal
from app.identity.roles import ROLE_LABELS
from app.identity.signing import actor_for
from app.kernel import clock, queueing
from app.kernel.actor import Actor
from app.kernel.errors import Refused, Unauthenticated
from app.kernel.text import msg
from app.settings import Settings
from app.web.sessions import ReadSession, WriteSession, database_of
from app.web.viewer import Viewer

SESSION_COOKIE = "qf_session"
TERMINAL_COOKIE = "qf_terminal"
# What a page fetches by itself (live tiles, notices of change); app.js marks it so.
QUIET_HEADER = "x-quiet"
# How stale `seen_at` may be before a reading request refreshes it in a write of its own; with a
# short idle lock, a quarter of that.
_SEEN_EVERY = timedelta(seconds=60)

# Tables of a higher floor, read by name: the viewer's store and till.
_stores = table("stores", column("id"), column("name"), column("zone"), column("currency"))
_tills = table("tills", column("id"), column("name"))


class Locked(Unauthenticated):
    """Signed in, but nobody has touched the terminal for a while: the PIN first."""

    code = "locked"


@dataclass(frozen=True, slots=True)
class Stay:
    """A session in force, with all that a request needs to know of it."""

    session_id: int
    staff: Staff
    terminal: Terminal | None
    viewer: Viewer
    till_id: int | None
    idle: timedelta
    locked: bool


def reading_actor(request: Request, session: ReadSession) -> Actor:
    """Who is signed in at this browser; raises Unauthenticated or Locked."""
    stay = _admit(request, session)
    _note_presence(request, session, stay)
    return stay.viewer.actor


def watching_actor(request: Request, session: Session) -> Actor:
    """As above, for what a page follows by itself: nobody's hand, so nobody's presence is noted."""
    return _admit(request, session).viewer.actor


def writing_actor(request: Request, session: WriteSession) -> Actor:
    """As above, and in the queue of the store's writers from here to the commit."""
    stay = _admit(request, session)
    queueing.enter(session, stay.staff.store_id)
    _note_presence(request, session, stay)
    return stay.viewer.actor


def reading_program(request: Request, session: ReadSession) -> Actor:
    """The program behind the bearer token."""
    return tokens.actor_of(session, _bearer(request))


def writing_program(request: Request, session: WriteSession) -> Actor:
    actor = tokens.actor_of(session, _bearer(request))
    queueing.enter(session, actor.store_id)
    return actor


SignedIn = Annotated[Actor, Depends(reading_actor, scope="function")]
Acting = Annotated[Actor, Depends(writing_actor, scope="function")]
ApiReading = Annotated[Actor, Depends(reading_program, scope="function")]
ApiWriting = Annotated[Actor, Depends(writing_program, scope="function")]


_STAY = (
    select(
        StaffSession,
        Staff,
        Terminal,
        _stores.c.name,
        _stores.c.zone,
        _stores.c.currency,
        _tills.c.name.label("till_name"),
    )
    .join(Staff, Staff.id == StaffSession.staff_id)
    .join(_stores, _stores.c.id == Staff.store_id)
    .outerjoin(Terminal, Terminal.id == StaffSession.terminal_id)
    .outerjoin(_tills, _tills.c.id == Terminal.till_id)
    .where(
        StaffSession.token_hash == bindparam("token_hash"),
        StaffSession.ended_at.is_(None),
        StaffSession.expires_at > bindparam("now"),
        Staff.disabled_at.is_(None),
    )
)


def find_stay(request: Request, session: Session) -> Stay | None:
    """The session behind this browser's cookie, in one statement; None when there is none."""
    token = request.cookies.get(SESSION_COOKIE)
    if not token:
        return None
    facts = {"token_hash": secrets.token_hash(token), "now": clock.now()}
    row = session.execute(_STAY, facts).first()
    return None if row is None else _stay(row)


def last_person(request: Request, session: Session) -> int | None:
    """Whose session this browser's cookie is or was, over or not."""
    token = request.cookies.get(SESSION_COOKIE)
    if not token:
        return None
    return session.scalar(
        select(StaffSession.staff_id).where(StaffSession.token_hash == secrets.token_hash(token))
    )


def is_idle(request: Request, stay: Stay) -> bool:
    """Must this session show a PIN or password before it goes on?"""
    return stay.locked or stay.idle > _longest_idle(request)


def _longest_idle(request: Request) -> timedelta:
    settings: Settings = request.app.state.settings
    return timedelta(minutes=settings.idle_lock_minutes)


def _stay(row: Any) -> Stay:
    signed, person, terminal = row[0], row[1], row[2]
    viewer = Viewer(
        actor=actor_for(person, terminal=terminal),
        name=person.name,
        role_label=ROLE_LABELS[person.role],
        locale=person.language,
        theme=person.theme,
        density=person.density or (terminal.density if terminal else "office"),
        sounds=person.sounds,
        letter_keys=person.letter_keys,
        store_name=row.name,
        currency=row.currency,
        zone=row.zone,
        till_name=row.till_name,
    )
    return Stay(
        session_id=signed.id,
        staff=person,
        terminal=terminal,
        viewer=viewer,
        till_id=terminal.till_id if terminal else None,
        idle=clock.now() - signed.seen_at,
        locked=signed.locked_at is not None,
    )


def till_at(request: Request) -> int | None:
    """The till of the terminal that sent this; None for a device that is none."""
    till_id = getattr(request.state, "till_id", None)
    return None if till_id is None else int(till_id)


def require_till(request: Request) -> int:
    """The same, where something is done at it; raises Refused on a device that is none."""
    till_id = till_at(request)
    if till_id is None:
        raise Refused(
            msg("This device is not enrolled as a till. A manager enrols it once."),
            link="/settings/terminals",
        )
    return till_id


def _admit(request: Request, session: Session) -> Stay:
    stay = find_stay(request, session)
    if stay is None:
        raise Unauthenticated(msg("Please sign in."))
    if is_idle(request, stay):
        raise Locked(msg("This terminal was left alone for a while. Please enter your PIN."))
    request.state.viewer = stay.viewer
    request.state.till_id = stay.till_id
    request.state.session_id = stay.session_id
    return stay


def _note_presence(request: Request, session: Session, stay: Stay) -> None:
    """Note that somebody is there; what only reads does it in a short write of its own.

    What the page fetches by itself is no sign of a hand, else a live page would never lock.
    """
    if stay.idle <= min(_SEEN_EVERY, _longest_idle(request) / 4):
        return
    if request.headers.get(QUIET_HEADER):
        return
    if session.get_bind() is database_of(request).reader:
        with database_of(request).transaction() as short:
            _mark_seen(short, stay.session_id)
    else:
        _mark_seen(session, stay.session_id)


def _mark_seen(session: Session, session_id: int) -> None:
    session.execute(
        update(StaffSession).where(StaffSession.id == session_id).values(seen_at=clock.now())
    )


def _bearer(request: Request) -> str:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Unauthenticated(msg("Send a token: Authorization: Bearer …"))
    return token.strip()
