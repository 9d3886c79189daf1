"""Four eyes at the counter: a second person who may, known by a PIN."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.identity import secrets, tries
from app.identity.models import Staff
from app.identity.roles import permissions_of
from app.identity.signing import actor_for, locked_for
from app.kernel import audit, queueing
from app.kernel.actor import Actor
from app.kernel.db import Database
from app.kernel.errors import Refused
from app.kernel.text import msg


class WrongPin(Refused):
    """The PIN is not this person's; whoever answers for the request counts it."""

    code = "wrong_pin"


def sign(session: Session, actor: Actor, *, pin: str) -> None:
    """Somebody signed in puts a name under something, by their own PIN.

    Raises WrongPin, which the caller lets `counting_wrong` see; Refused while the PIN is locked, or
    for a program and a person without one.
    """
    if actor.staff_id is None:
        raise Refused(msg("A signature is a person's: sign in."), field="pin")
    minutes = tries.minutes_locked(session, tries.of_pin(actor.staff_id))
    if minutes:
        raise Refused(locked_for(minutes), field="pin")
    person = session.get(Staff, actor.staff_id)
    kept = person.pin_hash if person is not None and person.disabled_at is None else None
    if not secrets.matches(kept, pin.strip()):
        raise WrongPin(msg("This PIN is not right."), field="pin")


def _remember_wrong(database: Database, actor: Actor) -> None:
    """Count a wrong signature, in a transaction of its own; the caller's must be over."""
    with database.transaction() as session:
        queueing.enter(session, actor.store_id)
        tries.count(session, tries.of_pin(actor.staff_id or 0))
        audit.record(session, actor, "signature.wrong_pin", subject=f"staff:{actor.staff_id}")


@contextmanager
def counting_wrong(database: Database, session: Session, actor: Actor) -> Iterator[None]:
    """Around what somebody signs: a wrong PIN undoes the work, is counted, and is told."""
    try:
        yield
    except WrongPin:
        session.rollback()
        _remember_wrong(database, actor)
        raise


def second_person(database: Database, actor: Actor, *, pin: str, permission: str) -> Actor:
    """Another person of the store who holds `permission`; raises Refused for a wrong PIN.

    Wrong PINs count against whoever asks, so that trying them out locks the one who tries. The
    count stays though the caller's work is refused: it has a transaction of its own. So the caller
    must not be in the store's queue of writers; it would wait for itself.
    """
    asker = tries.of_approval(actor.staff_id or 0)
    with database.reading() as session:
        minutes = tries.minutes_locked(session, asker)
        holders = [] if minutes else _holders(session, actor, permission)
    if minutes:
        raise Refused(locked_for(minutes), field="pin")
    for person in holders:
        if secrets.matches(person.pin_hash, pin.strip()):
            return actor_for(person, terminal=None)
    with database.transaction() as session:
        queueing.enter(session, actor.store_id)
        tries.count(session, asker)
        audit.record(
            session,
            actor,
            "approval.wrong_pin",
            subject=f"staff:{actor.staff_id}",
            after={"permission": permission},
        )
    raise Refused(msg("This PIN is not right."), field="pin")


def behind_pin(
    database: Database, session: Session, actor: Actor, *, pin: str, permission: str
) -> Actor:
    """`second_person` for a caller in the store's queue, which has only looked so far: it ends
    first, so that two of one store do not wait for each other, and goes on after.
    """
    session.rollback()
    found = second_person(database, actor, pin=pin, permission=permission)
    queueing.enter(session, actor.store_id)
    return found


def _holders(session: Session, actor: Actor, permission: str) -> list[Staff]:
    """Who else may, has a PIN, and is not locked for too many wrong ones."""
    people = session.scalars(
        select(Staff).where(
            Staff.store_id == actor.store_id,
            Staff.disabled_at.is_(None),
            Staff.pin_hash.is_not(None),
        )
    )
    return [
        person
        for person in people
        if permission in permissions_of(person.role)
        and person.id != actor.staff_id
        and not tries.minutes_locked(session, tries.of_pin(person.id))
    ]
