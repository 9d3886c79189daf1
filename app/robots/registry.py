"""The robots of a store by serial number, and the one way to move them from state to state."""

from collections.abc import Sequence

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, joinedload

from app.kernel import audit, events
from app.kernel.actor import Actor
from app.kernel.errors import Conflict, NotFound
from app.kernel.searchkeys import clean, search_key
from app.kernel.text import Text, msg
from app.robots import finding, timeline
from app.robots.events import UnitMoved
from app.robots.models import Unit
from app.robots.serials import MOST as LONGEST_SERIAL
from app.robots.states import UNIT_MOVES, UnitState


class SharedSerial(Conflict):
    """Two makers gave the same serial; ask again with the maker."""

    code = "shared_serial"


_NAMED = select(Unit).options(joinedload(Unit.model), joinedload(Unit.maker)).order_by(Unit.id)


def by_serial(session: Session, actor: Actor, serial: str, *, maker_id: int | None = None) -> Unit:
    """The store's robot with this serial in any writing.

    Raises NotFound, or SharedSerial when two makers have it and none is named.
    """
    return the_one(find_by_code(session, actor, serial), serial, maker_id=maker_id)


def the_one(units: Sequence[Unit], serial: str, *, maker_id: int | None) -> Unit:
    """The one that is meant of those with this serial; raises as `by_serial` does."""
    found = [unit for unit in units if maker_id is None or unit.maker_id == maker_id]
    if not found:
        raise NotFound(
            msg("There is no robot {serial} in this store.", serial=clean(serial)[:LONGEST_SERIAL]),
            field="serial",
            link="/robots",
        )
    if len(found) > 1:
        raise SharedSerial(
            msg(
                "Several makers have a robot {serial}: {makers}. Say which.",
                serial=found[0].serial,
                makers=", ".join(unit.maker.name for unit in found),
            ),
            field="maker",
        )
    return found[0]


def by_id(session: Session, actor: Actor, unit_id: int) -> Unit:
    unit = session.scalar(_of_store(actor).where(Unit.id == unit_id))
    if unit is None:
        raise NotFound(msg("There is no such robot in this store."))
    return unit


def find_by_code(session: Session, actor: Actor, code: str) -> list[Unit]:
    """Robots whose serial is exactly this code in any writing: one, or one per maker."""
    query = coded(actor, code)
    return [] if query is None else list(session.scalars(query))


def coded(actor: Actor, code: str) -> Select[Unit] | None:
    """The same as a query; None for a code without a sign."""
    key = search_key(code)
    return _NAMED.where(Unit.store_id == actor.store_id, Unit.serial_key == key) if key else None


def labelled(actor: Actor, code: str) -> Select[Unit]:
    """The store's robot with this code in the address on its label."""
    return _NAMED.where(Unit.store_id == actor.store_id, Unit.passport_code == search_key(code))


def search(session: Session, actor: Actor, text: str, most: int = finding.MOST_HITS) -> list[Unit]:
    """Robots whose serial, or a component's, is, begins with or contains `text`; nearest first."""
    ids = finding.hits(session, actor, text, most=most)
    found = {unit.id: unit for unit in session.scalars(_of_store(actor).where(Unit.id.in_(ids)))}
    return [found[unit_id] for unit_id in ids]


def move(
    session: Session,
    actor: Actor,
    unit: Unit,
    to: UnitState,
    *,
    why: Text,
    link: str = "",
) -> None:
    """Bring a robot into another state. `why` becomes its line of the timeline, with `link`.

    Raises WrongState naming what may follow. Whoever calls has checked the permission: it belongs
    to the act (inspecting, selling, handing over), not to the state.
    """
    before = unit.state
    unit.state = UNIT_MOVES.check(before, to)
    session.flush()
    timeline.note(session, unit.id, kind=str(to), summary=why, link=link, actor_name=actor.name)
    audit.record(
        session,
        actor,
        f"robot.{to}",
        subject=f"robot:{unit.serial}",
        before={"state": before},
        after={"state": to},
        reason=str(why),
    )
    events.announce(
        session,
        UnitMoved(store_id=unit.store_id, unit_id=unit.id, before=before, after=to),
    )


def _of_store(actor: Actor) -> Select[Unit]:
    """Units with what every page says of them: model and maker."""
    return (
        select(Unit)
        .where(Unit.store_id == actor.store_id)
        .options(joinedload(Unit.model), joinedload(Unit.maker))
    )
