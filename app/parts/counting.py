"""Counting a bin, blind: scans and typed quantities go in, what the ledger says stays unsaid."""

from dataclasses import dataclass

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session, joinedload

from app.kernel import audit, clock
from app.kernel.actor import Actor
from app.kernel.errors import Conflict, NotFound, Refused
from app.kernel.quantity import MOST
from app.kernel.searchkeys import bare_key, clean, search_key
from app.kernel.text import Text, msg
from app.parts import catalogue, counts, putaway, scanned
from app.parts.count_models import CountEntry, CountLine, CountPlace, StockCount
from app.parts.models import Balance, Movement, Part, Place
from app.robots import components
from app.robots.components import read_lot
from app.robots.serials import read_serial
from app.robots.slot_models import Component, Control


@dataclass(frozen=True, slots=True)
class Counted:
    """A scan that counted something."""

    line: CountLine
    part: Part


@dataclass(frozen=True, slots=True)
class Wanted:
    """A scan that named a part whose lot or serials have to be scanned now."""

    part: Part

    @property
    def sentence(self) -> Text:
        if self.part.control is Control.LOT:
            return msg("Now the lot of {number}", number=self.part.number)
        return msg("Now each serial number of {number}", number=self.part.number)


@dataclass(frozen=True, slots=True)
class NextBin:
    """A scan of another bin of the same stocktake."""

    place: Place


def scan(
    session: Session,
    actor: Actor,
    count: StockCount,
    spot: CountPlace,
    code: str,
    *,
    part_id: int | None = None,
) -> Counted | Wanted | NextBin:
    """One scan at a bin: a piece of a part, a serial, the lot of `part_id`, or the next bin.

    Raises NotFound for what nobody knows.
    """
    actor.require("stock.count")
    counts.require_open(count)
    said = scanned.read(code)
    code = said.text
    if not code:
        raise Refused(msg("Scan a bin, a part or a serial number."), field="code")
    other = putaway.place_called(session, actor, code)
    if other is not None:
        counts.spot_of(session, count, other.id)
        return NextBin(other)
    part, lot, serial = _pieces_called(session, actor, said, part_id=part_id)
    named = {Control.LOT: lot, Control.SERIAL: serial, Control.NONE: code}
    if not named[part.control]:
        return Wanted(part)
    return Counted(enter(session, actor, count, spot, part, lot=lot, serial=serial), part)


def _pieces_called(
    session: Session, actor: Actor, said: scanned.Code, *, part_id: int | None
) -> tuple[Part, str, str]:
    """Part, lot and serial that a code means at a bin, the last two empty where it does not say.

    After a part that is kept by lot the code is its lot; otherwise a known serial, a part, and
    at last a new serial of the part that was scanned before.
    """
    if said.serial or said.lot:
        return _part_called(session, actor, said.text), said.lot, said.serial
    asked = catalogue.by_id(session, actor, part_id) if part_id is not None else None
    if asked is not None and asked.control is Control.LOT:
        return asked, said.text, ""
    known = _component_called(session, actor, said.text, part_id=part_id)
    if known is not None:
        return known[1], "", known[0].serial
    if asked is not None and not catalogue.by_code(session, actor, said.text):
        return asked, "", said.text
    return _part_called(session, actor, said.text), "", ""


def enter(
    session: Session,
    actor: Actor,
    count: StockCount,
    spot: CountPlace,
    part: Part,
    *,
    quantity: int = 1,
    lot: str = "",
    serial: str = "",
) -> CountLine:
    """Add pieces to what was counted of a part in this bin.

    Raises Conflict for a serial that was counted already, or a bin that is finished.
    """
    actor.require("stock.count")
    _require_countable(count, spot)
    line = _line(session, actor, spot, part, lot=lot, serial=serial)
    if line.serial_key and (quantity != 1 or line.counted):
        raise Conflict(
            msg("{serial} was counted already.", serial=line.serial)
            if quantity == 1
            else msg("A serial number is of one piece."),
            field="code",
        )
    _change(session, actor, spot, line, quantity)
    return line


def put(
    session: Session,
    actor: Actor,
    count: StockCount,
    spot: CountPlace,
    line_id: int,
    *,
    counted: int,
) -> CountLine:
    """What was counted of a line is so many, whatever was scanned before."""
    actor.require("stock.count")
    _require_countable(count, spot)
    line = session.scalar(
        select(CountLine)
        .where(
            CountLine.id == line_id,
            CountLine.count_place_id == spot.id,
            CountLine.round == spot.round,
        )
        .options(joinedload(CountLine.part))
    )
    if line is None:
        raise NotFound(msg("This line is no longer here. Look again."))
    most = 1 if line.serial_key else MOST
    if not 0 <= counted <= most:
        raise Refused(
            msg("A count is between 0 and {most}.", most=most), field=f"counted-{line.id}"
        )
    if counted != line.counted:
        _change(session, actor, spot, line, counted - line.counted)
    return line


def finish(session: Session, actor: Actor, count: StockCount, spot: CountPlace) -> None:
    """All that lies in this bin was counted: what was not seen is missing."""
    actor.require("stock.count")
    _require_countable(count, spot)
    now = clock.now()
    seen = select(CountLine.id).where(
        CountLine.count_place_id == spot.id,
        CountLine.round == spot.round,
        CountLine.part_id == Balance.part_id,
        or_(
            and_(Balance.component_id.is_(None), CountLine.lot_key == Balance.lot_key),
            CountLine.component_id == Balance.component_id,
        ),
    )
    unseen = session.execute(
        select(Balance, Component.serial, Component.serial_key)
        .outerjoin(Component, Component.id == Balance.component_id)
        .where(Balance.place_id == spot.place_id, Balance.quantity > 0, ~seen.exists())
        .order_by(Balance.id)
    )
    session.add_all(
        CountLine(
            count_place_id=spot.id,
            round=spot.round,
            part_id=balance.part_id,
            lot=balance.lot,
            lot_key=balance.lot_key,
            component_id=balance.component_id,
            serial=serial or "",
            serial_key=serial_key or "",
            counted=0,
            expected=balance.quantity,
            first_at=now,
            last_at=now,
            by=actor.name,
        )
        for balance, serial, serial_key in unseen
    )
    spot.finished_at, spot.finished_by = now, actor.name
    session.flush()
    audit.record(
        session,
        actor,
        "count.bin_finished",
        subject=f"count:{count.number}",
        after={"place": spot.place.code or spot.place.name, "round": spot.round},
    )


def lines_of(session: Session, spot: CountPlace) -> list[CountLine]:
    """What was counted in a bin in this round, the latest first, parts loaded."""
    return list(
        session.scalars(
            select(CountLine)
            .where(CountLine.count_place_id == spot.id, CountLine.round == spot.round)
            .options(joinedload(CountLine.part))
            .order_by(CountLine.last_at.desc(), CountLine.id.desc())
        )
    )


def _require_countable(count: StockCount, spot: CountPlace) -> None:
    counts.require_open(count)
    if spot.finished_at is not None:
        raise Conflict(
            msg(
                "{place} was counted to the end by {who}. Begin it again to change that.",
                place=spot.place.code or spot.place.name,
                who=spot.finished_by,
            ),
            link=counts.page_of(count),
        )


def _line(
    session: Session, actor: Actor, spot: CountPlace, part: Part, *, lot: str, serial: str
) -> CountLine:
    """The line of a part, its lot or its serial in this bin; a new one stands at nothing."""
    lot, serial = clean(lot), clean(serial)
    component = None
    if part.control is Control.SERIAL:
        serial = read_serial(serial, field="code")
        known = _component_called(session, actor, serial, part_id=part.id)
        component = known[0] if known else None
    elif serial:
        raise Refused(
            msg("{number} is not kept by serial number.", number=part.number), field="code"
        )
    if part.control is Control.LOT:
        if not lot:
            raise Refused(msg("{number} needs its lot.", number=part.number), field="lot")
        lot = read_lot(lot)
    elif lot:
        raise Refused(msg("{number} is not kept by lot.", number=part.number), field="lot")
    line = session.scalar(
        select(CountLine).where(
            CountLine.count_place_id == spot.id,
            CountLine.round == spot.round,
            CountLine.part_id == part.id,
            CountLine.lot_key == search_key(lot),
            CountLine.serial_key == search_key(serial),
        )
    )
    if line is None:
        now = clock.now()
        line = CountLine(
            count_place_id=spot.id,
            round=spot.round,
            part_id=part.id,
            lot=lot,
            lot_key=search_key(lot),
            component_id=component.id if component else None,
            serial=component.serial if component else serial,
            serial_key=search_key(serial),
            movement_id=_newest_movement(session, part.id),
            first_at=now,
            last_at=now,
            by=actor.name,
        )
        session.add(line)
    return line


def _change(session: Session, actor: Actor, spot: CountPlace, line: CountLine, change: int) -> None:
    """More or fewer of a line, and what the ledger says at this very moment."""
    if line.counted + change > MOST:
        raise Refused(msg("A quantity is between 1 and {most}.", most=MOST), field="quantity")
    line.counted += change
    line.expected = _balance(session, spot, line)
    line.moved = line.moved or _has_moved(session, spot, line)
    line.last_at, line.by = clock.now(), actor.name
    session.flush()
    session.add(CountEntry(line_id=line.id, change=change, at=line.last_at, by=actor.name))
    session.flush()


def _balance(session: Session, spot: CountPlace, line: CountLine) -> int:
    is_it = (
        Balance.component_id == line.component_id
        if line.component_id is not None
        else and_(Balance.component_id.is_(None), Balance.lot_key == line.lot_key)
    )
    if line.serial_key and line.component_id is None:
        return 0
    found = session.scalar(
        select(Balance.quantity).where(
            Balance.part_id == line.part_id, Balance.place_id == spot.place_id, is_it
        )
    )
    return int(found or 0)


def _newest_movement(session: Session, part_id: int) -> int:
    newest = session.scalar(select(func.max(Movement.id)).where(Movement.part_id == part_id))
    return int(newest or 0)


def _has_moved(session: Session, spot: CountPlace, line: CountLine) -> bool:
    """Did pieces of this line come into the bin or leave it since its first entry?"""
    if line.serial_key:
        return False
    moved = select(Movement.id).where(
        Movement.part_id == line.part_id,
        Movement.id > line.movement_id,
        Movement.lot_key == line.lot_key,
        or_(Movement.from_place_id == spot.place_id, Movement.to_place_id == spot.place_id),
    )
    return session.scalar(moved.limit(1)) is not None


def _part_called(session: Session, actor: Actor, code: str) -> Part:
    found = catalogue.by_code(session, actor, code)
    if len(found) > 1:
        raise Conflict(
            msg("{code} is the number of several parts. Scan another one.", code=clean(code)),
            field="code",
        )
    if not found:
        raise NotFound(
            msg(
                "Nobody knows {code}. For a new serial number scan its part first.",
                code=clean(code)[:100],
            ),
            field="code",
        )
    return found[0]


def _component_called(
    session: Session, actor: Actor, serial: str, *, part_id: int | None
) -> tuple[Component, Part] | None:
    """The one component of a part of this store with this serial.

    Raises Conflict where several parts have such a serial and none was named.
    """
    found = components.find(session, actor, serial)
    if not found:
        return None
    keys = {bare_key(component.part_number) for component in found if component.part_number}
    wanted = select(Part).where(Part.store_id == actor.store_id, Part.bare_key.in_(keys))
    if part_id is not None:
        wanted = wanted.where(Part.id == part_id)
    parts = {part.bare_key: part for part in session.scalars(wanted)}
    known = [
        (component, parts[bare_key(component.part_number)])
        for component in found
        if bare_key(component.part_number) in parts
    ]
    if len(known) > 1:
        raise Conflict(
            msg("Several parts have a serial {serial}. Scan the part first.", serial=clean(serial)),
            field="code",
        )
    return known[0] if known else None
