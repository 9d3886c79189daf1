"""Devices on which a PIN or badge is enough, because a manager said so."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.identity import secrets
from app.identity.models import Terminal
from app.kernel import audit, clock
from app.kernel.actor import Actor
from app.kernel.errors import NotFound, Refused
from app.kernel.searchkeys import clean
from app.kernel.text import msg


def enrol(
    session: Session, actor: Actor, *, name: str, till_id: int | None
) -> tuple[Terminal, str]:
    """Enrol the device at hand; gives the terminal and its cookie's value, shown to nobody."""
    actor.require("terminals.enrol")
    if actor.staff_id is None:
        raise Refused(msg("A terminal is enrolled by a person at the device."))
    cleaned = clean(name)
    if not 1 <= len(cleaned) <= 40:  # noqa: PLR2004 - the column's width
        raise Refused(msg("Give the terminal a name of up to 40 characters."), field="name")
    token = secrets.new_token()
    terminal = Terminal(
        store_id=actor.store_id,
        name=cleaned,
        till_id=till_id,
        token_hash=secrets.token_hash(token),
        enrolled_by_id=actor.staff_id,
        enrolled_at=clock.now(),
    )
    session.add(terminal)
    session.flush()
    audit.record(
        session,
        actor,
        "terminal.enrolled",
        subject=f"terminal:{terminal.id}",
        after={"name": cleaned, "till_id": till_id},
    )
    return terminal, token


def revoke(session: Session, actor: Actor, terminal_id: int) -> None:
    actor.require("terminals.enrol")
    terminal = session.get(Terminal, terminal_id)
    if terminal is None or terminal.store_id != actor.store_id:
        raise NotFound(msg("There is no such terminal in this store."))
    terminal.revoked_at = terminal.revoked_at or clock.now()
    audit.record(session, actor, "terminal.revoked", subject=f"terminal:{terminal.id}")


def by_token(session: Session, token: str | None) -> Terminal | None:
    """The enrolled terminal that holds this cookie, if it still is one."""
    if not token:
        return None
    return session.scalar(
        select(Terminal).where(
            Terminal.token_hash == secrets.token_hash(token), Terminal.revoked_at.is_(None)
        )
    )


def of_store(session: Session, store_id: int) -> list[Terminal]:
    return list(
        session.scalars(select(Terminal).where(Terminal.store_id == store_id).order_by(Terminal.id))
    )
