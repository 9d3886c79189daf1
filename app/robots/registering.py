"""A robot comes in that was never sold here: its record begins with its owner."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.customers.models import Customer
from app.kernel import audit, clock, events, numbers
from app.kernel.actor import Actor
from app.kernel.errors import Conflict
from app.kernel.searchkeys import clean, folded, search_key
from app.kernel.text import msg
from app.robots import addresses, bulletins, makers, ownership, registry, timeline, touches
from app.robots.events import UnitReceived
from app.robots.models import Maker, RobotModel, Unit
from app.robots.serials import read_serial
from app.robots.states import Custody, Holding, UnitState
from app.robots.touches import UNREAD, Touch
from app.stores import desk

UNKNOWN = "Unknown"
_SERIES = "walk-in"


@dataclass(frozen=True, slots=True)
class WalkIn:
    """What is known of the robot. Maker and model may be empty: unknown.

    An empty `serial` means that it has none that can be read; the store makes one.
    `is_here`: it stands in the store, and is not just written down for its owner. `touch`: what
    was read off it.
    """

    maker: str = ""
    model: str = ""
    serial: str = ""
    hardware_revision: str = ""
    is_here: bool = True
    touch: Touch = UNREAD


def register(session: Session, actor: Actor, seen: WalkIn, owner: Customer) -> Unit:
    """The record of a robot that is the customer's already.

    Raises Conflict with a link when the robot is known, here or in another store of the house.
    """
    actor.require("robots.receive")
    serial = read_serial(seen.serial) if clean(seen.serial) else ""
    if serial:
        _require_unknown(session, actor, seen, serial)
    model = _model(session, actor, seen)
    unit = Unit(
        store_id=actor.store_id,
        maker_id=model.maker_id,
        model_id=model.id,
        serial=serial or _own_serial(session, actor),
        serial_key="",
        state=UnitState.HANDED_OVER,
        holding=Holding.CUSTOMER,
        custody=Custody.STORE if seen.is_here else Custody.CUSTOMER,
        hardware_revision=clean(seen.hardware_revision)[:64],
        currency=desk.store_of(session, actor.store_id).currency,
        received_at=clock.now() if seen.is_here else None,
    )
    unit.serial_key = search_key(unit.serial)
    session.add(unit)
    session.flush()
    _write_down(session, actor, unit, has_own_serial=bool(serial))
    ownership.give_to(session, actor, unit, owner.id, at=clock.now())
    touches.keep(session, actor, unit, seen.touch, reference="registered")
    bulletins.note_received(session, actor, [unit])
    if seen.is_here:
        events.announce(session, UnitReceived(store_id=unit.store_id, unit_id=unit.id))
    return unit


def _require_unknown(session: Session, actor: Actor, seen: WalkIn, serial: str) -> None:
    """Nobody else may have this serial: of the same maker, or at all where the maker is unknown."""
    maker_key = folded(seen.maker)
    for unit in registry.find_by_code(session, actor, serial):
        if not maker_key or unit.maker.key == maker_key:
            raise Conflict(
                msg("{serial} of {maker} is known here.", serial=serial, maker=unit.maker.name),
                field="serial",
                link=addresses.robot_page(unit.serial),
            )
    elsewhere = (
        select(Unit.id)
        .join(Maker, Maker.id == Unit.maker_id)
        .where(Unit.serial_key == search_key(serial), Maker.key == (maker_key or folded(UNKNOWN)))
    )
    if session.scalar(elsewhere) is not None:
        raise Conflict(
            msg("{serial} is on record in another store of this house.", serial=serial),
            field="serial",
        )


def _model(session: Session, actor: Actor, seen: WalkIn) -> RobotModel:
    maker = makers.named(session, actor, clean(seen.maker) or UNKNOWN)
    code = clean(seen.model) or UNKNOWN
    return makers.model_named(session, actor, maker, code)


def _own_serial(session: Session, actor: Actor) -> str:
    """A serial that the store gives to what has none: `LEJ-X-000001`."""
    code = desk.store_of(session, actor.store_id).code
    while True:
        number = numbers.allot(session, store_id=actor.store_id, series=_SERIES)
        serial = f"{code}-X-{number:06d}"
        # a maker may have had the same idea
        if not registry.find_by_code(session, actor, serial):
            return serial


def _write_down(session: Session, actor: Actor, unit: Unit, *, has_own_serial: bool) -> None:
    summary = msg("Registered, sold elsewhere")
    if not has_own_serial:
        summary = msg("Registered, sold elsewhere; serial number given by the store")
    timeline.note(
        session,
        unit.id,
        kind="registered",
        summary=summary,
        link=addresses.page_below(unit.serial, "owners"),
        actor_name=actor.name,
    )
    audit.record(session, actor, "robot.registered", subject=f"robot:{unit.serial}")
