"""Signing in: by name and password anywhere, by PIN or badge at an enrolled terminal.

A wrong try must be remembered even though nobody gets in, so these verbs do not raise: they answer
`Signed` or `Turned away`, and the caller commits either.
"""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.identity import secrets
from app.identity.models import Staff, StaffSession, Terminal
from app.identity.roles import ROLE_LABELS, permissions_of
from app.kernel import audit, clock, queueing
from app.kernel.actor import Actor
from app.kernel.searchkeys import search_key
from app.kernel.text import Text, msg

MOST_TRIES = 5
LOCKED_FOR = timedelta(minutes=15)
_WRONG = msg("Name and password do not fit together.")
_WRONG_PIN = msg("This PIN is not right.")
_UNKNOWN_BADGE = msg("This badge is not known here.")


@dataclass(frozen=True, slots=True)
class Signed:
    """In: `token` is the cookie's value, kept by us only as a hash."""

    staff: Staff
    token: str


@dataclass(frozen=True, slots=True)
class TurnedAway:
    message: Text


Outcome = Signed | TurnedAway


def by_password(
    session: Session, *, login: str, password: str, terminal: Terminal | None, hours: int
) -> Outcome:
    """Name and password; an unknown name takes as long and says the same as a wrong password."""
    person = session.scalar(
        select(Staff).where(Staff.login_key == search_key(login)).with_for_update()
    )
    right = secrets.matches(person.password_hash if person else None, password)
    if person is None:
        return TurnedAway(_WRONG)
    return _decide(session, person, right=right, wrong=_WRONG, terminal=terminal, hours=hours)


def by_pin(session: Session, *, staff_id: int, pin: str, terminal: Terminal, hours: int) -> Outcome:
    """A person of this store, chosen from the list, and the PIN."""
    person = session.scalar(select(Staff).where(Staff.id == staff_id).with_for_update())
    if person is None or person.store_id != terminal.store_id:
        return TurnedAway(_WRONG_PIN)
    right = secrets.matches(person.pin_hash, pin.strip())
    return _decide(session, person, right=right, wrong=_WRONG_PIN, terminal=terminal, hours=hours)


def by_badge(session: Session, *, code: str, terminal: Terminal, hours: int) -> Outcome:
    """A scanned badge. An unknown one signs nobody in; it is logged and counted."""
    if terminal.locked_until is not None and terminal.locked_until > clock.now():
        return TurnedAway(_locked(terminal.locked_until))
    person = session.scalar(
        select(Staff).where(Staff.badge_hash == secrets.token_hash(code.strip())).with_for_update()
    )
    if person is None or person.store_id != terminal.store_id:
        _count_terminal(session, terminal)
        return TurnedAway(_UNKNOWN_BADGE)
    terminal.failed_tries = 0
    return _decide(
        session, person, right=True, wrong=_UNKNOWN_BADGE, terminal=terminal, hours=hours
    )


def confirmed_by(session: Session, actor: Actor, *, pin: str, permission: str) -> Actor | Text:
    """A second person of the store who holds `permission`, known by PIN alone; or why not.

    Used where a rule wants four eyes at the counter. Wrong PINs count against the terminal's
    present user, so that trying them out locks the one who tries.
    """
    holders = [
        person
        for person in session.scalars(
            select(Staff).where(Staff.store_id == actor.store_id, Staff.disabled_at.is_(None))
        )
        if permission in permissions_of(person.role) and person.id != actor.staff_id
    ]
    now = clock.now()
    me = session.get(Staff, actor.staff_id) if actor.staff_id else None
    if me is not None and me.locked_until is not None and me.locked_until > now:
        return _locked(me.locked_until)
    for person in holders:
        if person.pin_hash and secrets.matches(person.pin_hash, pin.strip()):
            return actor_for(person, terminal=None)
    if me is not None:
        _count(me)
    return _WRONG_PIN


def actor_for(person: Staff, *, terminal: Terminal | None) -> Actor:
    return Actor(
        store_id=person.store_id,
        name=person.name,
        role=person.role,
        permissions=permissions_of(person.role),
        staff_id=person.id,
        terminal_id=terminal.id if terminal else None,
        terminal_name=terminal.name if terminal else None,
        role_label=ROLE_LABELS[person.role],
    )


def sign_out(session: Session, token: str) -> None:
    session.execute(
        update(StaffSession)
        .where(
            StaffSession.token_hash == secrets.token_hash(token), StaffSession.ended_at.is_(None)
        )
        .values(ended_at=clock.now())
    )


def end_all_sessions(session: Session, staff_id: int) -> None:
    """Sign out everywhere."""
    session.execute(
        update(StaffSession)
        .where(StaffSession.staff_id == staff_id, StaffSession.ended_at.is_(None))
        .values(ended_at=clock.now())
    )


def _decide(
    session: Session,
    person: Staff,
    *,
    right: bool,
    wrong: Text,
    terminal: Terminal | None,
    hours: int,
) -> Outcome:
    now = clock.now()
    if person.locked_until is not None and person.locked_until > now:
        return TurnedAway(_locked(person.locked_until))
    if not right:
        _count(person)
        _note(session, person, "staff.turned_away", terminal)
        return TurnedAway(wrong)
    if person.disabled_at is not None:
        return TurnedAway(msg("This account is switched off. Ask a manager."))
    person.failed_tries = 0
    person.locked_until = None
    token = secrets.new_token()
    session.add(
        StaffSession(
            token_hash=secrets.token_hash(token),
            staff_id=person.id,
            terminal_id=terminal.id if terminal else None,
            started_at=now,
            seen_at=now,
            expires_at=now + timedelta(hours=hours),
        )
    )
    _note(session, person, "staff.signed_in", terminal)
    return Signed(person, token)


def _count(person: Staff) -> None:
    person.failed_tries += 1
    if person.failed_tries >= MOST_TRIES:
        person.failed_tries = 0
        person.locked_until = clock.now() + LOCKED_FOR


def _count_terminal(session: Session, terminal: Terminal) -> None:
    terminal.failed_tries += 1
    if terminal.failed_tries >= MOST_TRIES:
        terminal.failed_tries = 0
        terminal.locked_until = clock.now() + LOCKED_FOR
    house = Actor(store_id=terminal.store_id, name="terminal", role="house")
    queueing.enter(session, terminal.store_id)
    audit.record(session, house, "terminal.unknown_badge", subject=f"terminal:{terminal.id}")


def _note(session: Session, person: Staff, action: str, terminal: Terminal | None) -> None:
    queueing.enter(session, person.store_id)
    audit.record(
        session, actor_for(person, terminal=terminal), action, subject=f"staff:{person.id}"
    )


def _locked(until: object) -> Text:
    return msg("Too many wrong tries. Locked until {until}; a manager can unlock it.", until=until)
