"""Signing in: by name and password anywhere, by PIN or badge at an enrolled terminal.

In two steps. A `claim_…` only reads and compares, since comparing a secret takes 50 ms on purpose
and no other writer may wait for that. `settle` then decides and writes, in the store's queue.
A wrong try must be remembered though nobody gets in, so `settle` does not raise: it answers
`Signed` or `TurnedAway`, and the caller commits either.
"""

from dataclasses import dataclass
from datetime import timedelta

import structlog
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.identity import secrets, tries
from app.identity.models import Staff, StaffSession, Terminal
from app.identity.roles import ROLE_LABELS, permissions_of
from app.kernel import audit, clock, queueing
from app.kernel.actor import Actor
from app.kernel.searchkeys import search_key
from app.kernel.text import Text, msg

log = structlog.get_logger("signing")

_WRONG = msg("Name and password do not fit together.")
_WRONG_PIN = msg("This PIN is not right.")
_UNKNOWN_BADGE = msg("This badge is not known here.")
# The queue of those who are of no store: unknown names.
_NO_STORE = 0


@dataclass(frozen=True, slots=True)
class Claim:
    """Who somebody says to be, and whether the secret fits. `subject` counts the wrong tries."""

    way: str
    subject: str
    staff_id: int | None
    store_id: int | None
    fits: bool
    wrong: Text


@dataclass(frozen=True, slots=True)
class Signed:
    """In: `token` is the cookie's value, kept by us only as a hash."""

    staff: Staff
    token: str


@dataclass(frozen=True, slots=True)
class TurnedAway:
    message: Text


Outcome = Signed | TurnedAway


def claim_by_password(session: Session, *, login: str, password: str) -> Claim:
    """Name and password; an unknown name takes as long and says the same as a wrong password."""
    person = session.scalar(select(Staff).where(Staff.login_key == search_key(login)))
    subject = tries.of_password(login)
    return Claim(
        way="password",
        subject=subject,
        staff_id=person.id if person else None,
        store_id=person.store_id if person else None,
        fits=_fits(session, subject, person.password_hash if person else None, password),
        wrong=_WRONG,
    )


def claim_by_pin(session: Session, *, staff_id: int, pin: str, terminal: Terminal) -> Claim:
    """A person of the terminal's store, chosen from the list, and the PIN."""
    person = session.get(Staff, staff_id)
    if person is not None and person.store_id != terminal.store_id:
        person = None
    subject = tries.of_pin(person.id) if person else tries.of_stranger(terminal.id)
    return Claim(
        way="pin",
        subject=subject,
        staff_id=person.id if person else None,
        store_id=terminal.store_id,
        fits=_fits(session, subject, person.pin_hash if person else None, pin.strip()),
        wrong=_WRONG_PIN,
    )


def claim_by_badge(session: Session, *, code: str, terminal: Terminal) -> Claim:
    """A scanned badge. An unknown one signs nobody in; it counts for the terminal."""
    person = session.scalar(
        select(Staff).where(
            Staff.badge_hash == secrets.badge_hash(code), Staff.store_id == terminal.store_id
        )
    )
    return Claim(
        way="badge",
        subject=tries.of_badge(terminal.id),
        staff_id=person.id if person else None,
        store_id=terminal.store_id,
        fits=person is not None,
        wrong=_UNKNOWN_BADGE,
    )


def settle(
    session: Session,
    claim: Claim,
    *,
    terminal: Terminal | None,
    hours: int,
    leaving: str | None = None,
) -> Outcome:
    """Let the claimant in or not. `leaving` is the cookie of the session that this one follows."""
    queueing.enter(session, claim.store_id or _NO_STORE)
    minutes = tries.minutes_locked(session, claim.subject)
    if minutes:
        return TurnedAway(locked_for(minutes))
    person = session.get(Staff, claim.staff_id) if claim.staff_id else None
    if person is None or not claim.fits:
        tries.count(session, claim.subject)
        _note_failure(session, claim, person, terminal)
        return TurnedAway(claim.wrong)
    if person.disabled_at is not None:
        _note(session, person, "staff.turned_away", terminal, way=claim.way)
        return TurnedAway(msg("This account is switched off. Ask a manager."))
    tries.forget(session, claim.subject)
    if leaving:
        end(session, leaving)
    token = _open(session, person, terminal, hours=hours)
    _note(session, person, "staff.signed_in", terminal, way=claim.way)
    return Signed(person, token)


def doubt(session: Session, claim: Claim, *, terminal: Terminal | None) -> Text | None:
    """Why a claim does not hold, and one more wrong try; None when it holds.

    For somebody who is signed in and must show the password once more.
    """
    queueing.enter(session, claim.store_id or _NO_STORE)
    minutes = tries.minutes_locked(session, claim.subject)
    if minutes:
        return locked_for(minutes)
    if claim.fits:
        return None
    tries.count(session, claim.subject)
    person = session.get(Staff, claim.staff_id) if claim.staff_id else None
    _note_failure(session, claim, person, terminal)
    return claim.wrong


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


def end(session: Session, token: str) -> None:
    """End the session behind a cookie, if it still runs."""
    session.execute(
        update(StaffSession)
        .where(
            StaffSession.token_hash == secrets.token_hash(token), StaffSession.ended_at.is_(None)
        )
        .values(ended_at=clock.now())
    )


def sign_out(session: Session, actor: Actor, token: str) -> None:
    queueing.enter(session, actor.store_id)
    end(session, token)
    audit.record(session, actor, "staff.signed_out", subject=f"staff:{actor.staff_id}")


def sign_out_everywhere(session: Session, actor: Actor) -> None:
    """End every session of the actor, at all browsers."""
    if actor.staff_id is not None:
        end_all_sessions(session, actor.staff_id)
        audit.record(
            session, actor, "staff.signed_out_everywhere", subject=f"staff:{actor.staff_id}"
        )


def lock(session: Session, actor: Actor, token: str) -> None:
    """Leave the screen: whoever touches it next must show who they are."""
    session.execute(
        update(StaffSession)
        .where(StaffSession.token_hash == secrets.token_hash(token))
        .values(locked_at=clock.now())
    )
    audit.record(session, actor, "staff.locked", subject=f"staff:{actor.staff_id}")


def end_all_sessions(session: Session, staff_id: int, *, but: int | None = None) -> None:
    """End a person's sessions; `but` is the id of one that goes on."""
    session.execute(
        update(StaffSession)
        .where(
            StaffSession.staff_id == staff_id,
            StaffSession.ended_at.is_(None),
            StaffSession.id != (but or 0),
        )
        .values(ended_at=clock.now())
    )


def locked_for(minutes: int) -> Text:
    return msg(
        "Too many wrong tries. Try again in {minutes} minutes, or ask a manager to unlock it.",
        minutes=minutes,
    )


def _fits(session: Session, subject: str, kept: str | None, secret: str) -> bool:
    """Compare, unless the door is locked: then no guess is worth a core."""
    return not tries.minutes_locked(session, subject) and secrets.matches(kept, secret)


def _open(session: Session, person: Staff, terminal: Terminal | None, *, hours: int) -> str:
    """A session with a fresh token; no cookie from before the sign-in is ever reused."""
    now = clock.now()
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
    session.flush()
    return token


def _note_failure(
    session: Session, claim: Claim, person: Staff | None, terminal: Terminal | None
) -> None:
    """On record with the person; else with the terminal; a stranger far away only in the log."""
    if person is not None:
        _note(session, person, "staff.turned_away", terminal, way=claim.way)
    elif terminal is not None:
        device = Actor(
            store_id=terminal.store_id,
            name=terminal.name,
            role="terminal",
            terminal_id=terminal.id,
            terminal_name=terminal.name,
        )
        queueing.enter(session, terminal.store_id)
        audit.record(
            session,
            device,
            "terminal.unknown_badge" if claim.way == "badge" else "terminal.unknown_name",
            subject=f"terminal:{terminal.id}",
        )
    log.warning("sign-in refused", way=claim.way, known=person is not None)


def _note(
    session: Session, person: Staff, action: str, terminal: Terminal | None, *, way: str
) -> None:
    audit.record(
        session,
        actor_for(person, terminal=terminal),
        action,
        subject=f"staff:{person.id}",
        after={"way": way},
    )
