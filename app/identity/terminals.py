"""Devices on which a PIN or badge is enough, because a manager said so."""

from sqlalchemy import column, select, table, update
from sqlalchemy.orm import Session

from app.identity import secrets
from app.identity.models import StaffSession, Terminal
from app.kernel import audit, clock
from app.kernel.actor import Actor
from app.kernel.errors import NotFound, Refused
from app.kernel.searchkeys import clean
from app.kernel.text import msg

DENSITIES = ("touch", "office")
# A table of a higher floor, read by name.
_tills = table("tills", column("id"), column("store_id"), column("name"))


def enrol(
    session: Session,
    actor: Actor,
    *,
    name: str,
    till_id: int | None,
    density: str = "touch",
    instead_of: Terminal | None = None,
) -> tuple[Terminal, str]:
    """Enrol the device at hand; gives the terminal and its cookie's value, shown to nobody.

    `instead_of` is what this device was until now; it ends.
    """
    actor.require("terminals.enrol")
    if actor.staff_id is None:
        raise Refused(msg("A terminal is enrolled by a person at the device."))
    cleaned = clean(name)
    if not 1 <= len(cleaned) <= 40:  # noqa: PLR2004 - the column's width
        raise Refused(msg("Give the terminal a name of up to 40 characters."), field="name")
    if till_id is not None and till_id not in tills_by_id(session, actor.store_id):
        raise Refused(msg("There is no such till in this store."), field="till")
    if instead_of is not None and instead_of.store_id == actor.store_id:
        _end(session, actor, instead_of)
    token = secrets.new_token()
    terminal = Terminal(
        store_id=actor.store_id,
        name=cleaned,
        till_id=till_id,
        token_hash=secrets.token_hash(token),
        density=density if density in DENSITIES else DENSITIES[0],
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


def seat(session: Session, session_id: int, terminal: Terminal) -> None:
    """Whoever enrolled the device works at it from now on, without signing in anew."""
    session.execute(
        update(StaffSession)
        .where(StaffSession.id == session_id)
        .values(terminal_id=terminal.id)
        .execution_options(synchronize_session=False)
    )


def revoke(session: Session, actor: Actor, terminal_id: int) -> None:
    """The device is an ordinary one again; who is signed in there must sign in anew."""
    actor.require("terminals.enrol")
    terminal = session.get(Terminal, terminal_id)
    if terminal is None or terminal.store_id != actor.store_id:
        raise NotFound(msg("There is no such terminal in this store."))
    _end(session, actor, terminal)
    session.execute(
        update(StaffSession)
        .where(StaffSession.terminal_id == terminal.id, StaffSession.ended_at.is_(None))
        .values(ended_at=clock.now())
    )


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
    """Every terminal that ever was, those in use first."""
    return list(
        session.scalars(
            select(Terminal)
            .where(Terminal.store_id == store_id)
            .order_by(Terminal.revoked_at.is_not(None), Terminal.name, Terminal.id)
        )
    )


def tills_by_id(session: Session, store_id: int) -> dict[int, str]:
    """Name of each till of a store, by its id."""
    rows = session.execute(
        select(_tills.c.id, _tills.c.name)
        .where(_tills.c.store_id == store_id)
        .order_by(_tills.c.name, _tills.c.id)
    )
    return {row.id: row.name for row in rows}


def _end(session: Session, actor: Actor, terminal: Terminal) -> None:
    live = session.get_one(Terminal, terminal.id)
    if live.revoked_at is None:
        live.revoked_at = clock.now()
        audit.record(session, actor, "terminal.revoked", subject=f"terminal:{terminal.id}")
