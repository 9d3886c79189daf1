"""What anybody may read of a robot whose label they scan, and what its owner may read besides.

Nothing of an owner stands on the public page, and nobody finds it by counting: its address has 130
random bits. The owner's key is shown once, kept as a hash, and ends with the ownership. Domains
above say their part (`tell`): the page asks each, and shows what it says.
"""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import select, update
from sqlalchemy.orm import Session, joinedload

from app.identity.secrets import new_token, token_hash
from app.kernel import audit, clock
from app.kernel.actor import Actor
from app.kernel.errors import Conflict, NotFound
from app.kernel.searchkeys import search_key
from app.kernel.text import Text, msg
from app.robots import addresses, concerned, timeline
from app.robots.concerned import Concern
from app.robots.life_models import PassportLink
from app.robots.models import Ownership, Unit
from app.robots.states import UnitState
from app.robots.timeline import Line
from app.web import paging

_LONGEST_CODE = 32
# What an owner reads of the robot's life; other lines may speak of other people.
TOLD_TO_OWNERS = (
    *(str(state) for state in UnitState),
    "inspection", "registered", "part", "firmware", "counter", "fall", "bulletin", "calibration",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Fact:
    """A line of the public page; `tone` is that of its mark (ok, warn, bad), or empty."""

    label: Text
    said: Text
    tone: str = ""


Teller = Callable[[Session, Unit], Fact]
NO_DATA = msg("No data yet")


def _warranty(session: Session, unit: Unit) -> Fact:  # noqa: ARG001 - a teller's shape
    if unit.warranty_starts_on is None:
        return Fact(msg("Warranty"), NO_DATA)
    return Fact(msg("Warranty"), msg("Since {day}", day=unit.warranty_starts_on))


def _calibration(session: Session, unit: Unit) -> Fact:  # noqa: ARG001 - a teller's shape
    return Fact(msg("Calibration"), NO_DATA)


_tellers: dict[str, Teller] = {"warranty": _warranty, "calibration": _calibration}


def tell(name: str, teller: Teller) -> None:
    """Have `teller` say its fact (`warranty`, `calibration`, …) on each robot's public page."""
    _tellers[name] = teller


def address_of(unit: Unit, public_url: str) -> str:
    """Where the code on the label leads; for a robot without one, to its page for staff."""
    start = public_url.rstrip("/")
    if unit.passport_code is None:
        return start + addresses.robot_page(unit.serial)
    return f"{start}/r/{unit.passport_code}"


def by_code(session: Session, code: str) -> Unit:
    """The robot at this address; raises NotFound, in the same words whatever was guessed."""
    key = search_key(code)
    unit = None
    if 0 < len(key) <= _LONGEST_CODE:
        unit = session.scalar(
            select(Unit)
            .where(Unit.passport_code == key)
            .options(joinedload(Unit.model), joinedload(Unit.maker))
        )
    if unit is None:
        raise NotFound(msg("There is no robot at this address."))
    return unit


def facts(session: Session, unit: Unit) -> list[Fact]:
    return [teller(session, unit) for teller in _tellers.values()]


def open_bulletins(session: Session, unit: Unit) -> list[Concern]:
    """Recalls and bulletins that wait to be done on this robot, the most pressing first."""
    return concerned.waiting(concerned.of_unit(session, unit))


def history(session: Session, unit: Unit, *, cursor: str | None = None) -> paging.Page[Line]:
    """The robot's life as its owner may read it: without people and without links."""
    return timeline.of_unit(session, unit.id, kinds=TOLD_TO_OWNERS, cursor=cursor)


def make_link(session: Session, actor: Actor, unit: Unit) -> str:
    """A fresh key for the robot's present owner, told this once; earlier ones end.

    Raises Conflict for a robot of the store.
    """
    actor.require("robots.transfer")
    ownership_id = session.scalar(
        select(Ownership.id).where(Ownership.unit_id == unit.id, Ownership.until.is_(None))
    )
    if ownership_id is None:
        raise Conflict(msg("{serial} is the store’s; there is no owner.", serial=unit.serial))
    _end_links(session, actor, unit)
    token = new_token()
    session.add(
        PassportLink(
            store_id=unit.store_id,
            unit_id=unit.id,
            ownership_id=ownership_id,
            token_hash=token_hash(token),
            made_at=clock.now(),
            made_by=actor.name,
        )
    )
    audit.record(session, actor, "robot.link_made", subject=f"robot:{unit.serial}")
    return token


def revoke_links(session: Session, actor: Actor, unit: Unit) -> None:
    """No key opens the robot's history any more."""
    actor.require("robots.transfer")
    _end_links(session, actor, unit)
    audit.record(session, actor, "robot.links_revoked", subject=f"robot:{unit.serial}")


def link_in_force(session: Session, unit_id: int) -> PassportLink | None:
    """The key that its owner may hold now."""
    return session.scalar(
        select(PassportLink)
        .join(Ownership, Ownership.id == PassportLink.ownership_id)
        .where(
            PassportLink.unit_id == unit_id,
            PassportLink.revoked_at.is_(None),
            Ownership.until.is_(None),
        )
    )


def opens_history(session: Session, unit: Unit, token: str) -> bool:
    """Is this the key that the robot's present owner was given?"""
    if not token:
        return False
    link = link_in_force(session, unit.id)
    # hashes are compared, so that the time it takes tells nothing of the key
    return link is not None and link.token_hash == token_hash(token)


def _end_links(session: Session, actor: Actor, unit: Unit) -> None:
    session.execute(
        update(PassportLink)
        .where(PassportLink.unit_id == unit.id, PassportLink.revoked_at.is_(None))
        .values(revoked_at=clock.now(), revoked_by=actor.name)
    )
