"""A robot is kept for one sale from its scan on: by release, by sale, or by time it is free again.

A unit has at most one claim that has not ended; the index `uq_unit_claims_live` is the last guard
when several buyers reach for it at once.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, bindparam, or_, select, update
from sqlalchemy.orm import Session

from app.kernel import clock
from app.kernel.actor import Actor
from app.kernel.db import add_if_new
from app.kernel.errors import Conflict, NotFound
from app.kernel.text import msg
from app.robots import addresses
from app.robots.models import Unit, UnitClaim

_LONGEST_HOLDER = 200

# Not ended, and of this owner in this store: two stores may each have an `order:5`.
_KEPT_BY = and_(
    UnitClaim.owner == bindparam("of_owner"),
    UnitClaim.ended_at.is_(None),
    select(Unit.id)
    .where(Unit.store_id == bindparam("of_store"), Unit.id == UnitClaim.unit_id)
    .correlate(UnitClaim)
    .exists(),
)
_KEEP = (
    update(UnitClaim)
    .where(_KEPT_BY)
    .values(expires_at=None)
    .returning(UnitClaim.unit_id)
    .execution_options(synchronize_session=False)
)
_END = (
    update(UnitClaim)
    .where(
        UnitClaim.unit_id == bindparam("of_unit"),
        UnitClaim.owner == bindparam("of_owner"),
        UnitClaim.ended_at.is_(None),
    )
    .values(ended_at=bindparam("now"))
    .returning(UnitClaim.id)
    .execution_options(synchronize_session=False)
)


def claim(
    session: Session, actor: Actor, unit: Unit, *, owner: str, holder: str, minutes: int
) -> UnitClaim:
    """Keep a robot for `owner` (`order:1042`) for some minutes; `holder` is what others read.

    The owner's own claim is prolonged. Raises Conflict naming the holder while somebody else's
    claim is live.
    """
    if unit.store_id != actor.store_id:
        raise NotFound(msg("There is no such robot in this store."))
    now = clock.now()
    until = now + timedelta(minutes=minutes)
    wanted = {
        "unit_id": unit.id,
        "owner": owner,
        "holder": holder[:_LONGEST_HOLDER],
        "claimed_at": now,
        "expires_at": until,
    }
    made = _add(session, wanted)
    if made is not None:
        return made
    standing = _unended(session, unit.id)
    if standing is None or (standing.owner != owner and is_live(standing, at=now)):
        raise _taken(unit, standing)
    if standing.owner == owner:
        if standing.expires_at is not None:
            standing.expires_at = max(standing.expires_at, until)
            session.flush()
        return standing
    standing.ended_at = now
    # before the new one, or the index would see two
    session.flush()
    made = _add(session, wanted)
    if made is None:
        raise _taken(unit, _unended(session, unit.id))
    return made


def _add(session: Session, wanted: Mapping[str, object]) -> UnitClaim | None:
    """The claim; None while the unit has another that has not ended."""
    return add_if_new(session, UnitClaim, wanted, key=("unit_id",), where="ended_at IS NULL")


def require_free(session: Session, unit: Unit) -> None:
    """Raises Conflict naming the holder while anybody's claim is live: a look before the leap."""
    standing = live_claim(session, unit.id)
    if standing is not None:
        raise _taken(unit, standing)


def release(session: Session, unit_id: int, *, owner: str) -> None:
    """Let go what this owner keeps; nothing happens if the owner keeps it no longer."""
    _end(session, unit_id, owner)


def make_permanent(session: Session, owner: str, *, store_id: int) -> set[int]:
    """Money is taken: what a store's owner keeps is no longer freed by time. Returns those robots.

    One whose time is over is still kept as long as nobody else has asked for it.
    """
    return set(session.scalars(_KEEP, {"of_owner": owner, "of_store": store_id}))


def make_temporary(session: Session, owner: str, *, store_id: int, minutes: int) -> None:
    """The money went back: what a store's owner keeps is freed by time again."""
    until = clock.now() + timedelta(minutes=minutes)
    session.execute(
        update(UnitClaim)
        .where(_KEPT_BY, UnitClaim.expires_at.is_(None))
        .values(expires_at=until)
        .execution_options(synchronize_session=False),
        {"of_owner": owner, "of_store": store_id},
    )


def end_as_sold(session: Session, unit_id: int, owner: str) -> None:
    """The sale is done. Raises Conflict if the claim is not this owner's: nobody sells it twice."""
    if not _end(session, unit_id, owner):
        raise _taken(session.get_one(Unit, unit_id), _unended(session, unit_id))


def live_claim(session: Session, unit_id: int) -> UnitClaim | None:
    """Who keeps the unit at this moment."""
    return live_claims(session, [unit_id]).get(unit_id)


def live_claims(session: Session, unit_ids: Iterable[int]) -> dict[int, UnitClaim]:
    """Claims in force by unit, in one statement."""
    rows = session.scalars(
        select(UnitClaim)
        .where(UnitClaim.unit_id.in_(list(unit_ids)), in_force())
        .execution_options(populate_existing=True)
    )
    return {row.unit_id: row for row in rows}


def in_force() -> ColumnElement[bool]:
    """SQL for: this claim keeps its unit now."""
    not_over = or_(UnitClaim.expires_at.is_(None), UnitClaim.expires_at > clock.now())
    return UnitClaim.ended_at.is_(None) & not_over


def is_live(claim: UnitClaim, *, at: datetime) -> bool:
    return claim.ended_at is None and (claim.expires_at is None or claim.expires_at > at)


def _end(session: Session, unit_id: int, owner: str) -> bool:
    """End this owner's claim; was there one?"""
    facts = {"of_unit": unit_id, "of_owner": owner, "now": clock.now()}
    return session.scalar(_END, facts) is not None


def _unended(session: Session, unit_id: int) -> UnitClaim | None:
    """The one claim that has not ended, though its time may be over."""
    return session.scalar(
        select(UnitClaim)
        .where(UnitClaim.unit_id == unit_id, UnitClaim.ended_at.is_(None))
        .execution_options(populate_existing=True)
    )


def _taken(unit: Unit, standing: UnitClaim | None) -> Conflict:
    here = addresses.robot_page(unit.serial)
    if standing is None:
        return Conflict(
            msg("{serial} is no longer kept for this sale. Scan it again.", serial=unit.serial),
            field="code",
            link=here,
        )
    link = addresses.owner_page(standing.owner) or here
    if standing.expires_at is None:
        said = msg("{serial} is kept for {holder}.", serial=unit.serial, holder=standing.holder)
    else:
        said = msg(
            "{serial} is kept for {holder} until {until}.",
            serial=unit.serial,
            holder=standing.holder,
            until=standing.expires_at,
        )
    return Conflict(said, field="code", link=link)
