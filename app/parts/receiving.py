"""A delivery is unpacked scan by scan; several may scan into the same one, and one books it."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from app.kernel import clock
from app.kernel.actor import Actor
from app.kernel.errors import Conflict, NotFound, Refused
from app.kernel.money import Money
from app.kernel.quantity import parse_quantity
from app.kernel.searchkeys import clean, search_key
from app.kernel.text import Text, msg
from app.parts import arrivals, purchasing, receipts, scanned
from app.parts.buying_models import (
    GoodsReceipt,
    PurchaseLine,
    PurchaseOrder,
    ReceivingScan,
)
from app.parts.deliveries import Delivery, Piece
from app.parts.models import Part
from app.parts.scanned import Goods
from app.robots.components import read_lot
from app.robots.serials import read_serial
from app.robots.slot_models import Control

LONGEST_REASON = 200
LONGEST_SCAN_ID = 128


@dataclass(frozen=True, slots=True)
class Unpacked:
    """A line, its part, and what has been scanned of it in this delivery."""

    line: PurchaseLine
    part: Part
    scans: tuple[ReceivingScan, ...] = ()

    @property
    def open(self) -> int:
        """Awaited before this delivery."""
        return 0 if self.line.closed_at else self.line.quantity - self.line.accepted

    @property
    def accepted(self) -> int:
        return sum(scan.quantity for scan in self.scans if not scan.rejected_for)

    @property
    def rejected(self) -> int:
        return sum(scan.quantity for scan in self.scans if scan.rejected_for)

    @property
    def asks(self) -> Control:
        return self.part.control

    @property
    def is_over(self) -> bool:
        return self.accepted > self.open


@dataclass(frozen=True, slots=True)
class Table:
    """The packing table of one order: all of its lines, and a mark of what lies on it."""

    order: PurchaseOrder
    lines: tuple[Unpacked, ...]
    seen: str

    @property
    def scans(self) -> int:
        return sum(len(line.scans) for line in self.lines)

    @property
    def accepted(self) -> int:
        return sum(line.accepted for line in self.lines)

    @property
    def rejected(self) -> int:
        return sum(line.rejected for line in self.lines)


@dataclass(frozen=True, slots=True)
class Scan:
    """What the scanner read, on which line it stood, and whether pieces are taken just now.

    `scan_id` is the client's own: sent again, it counts once.
    """

    code: str
    position: int | None = None
    rejected_for: str = ""
    scan_id: str = ""


@dataclass(frozen=True, slots=True)
class Heard:
    """What became of a scan: the line it stands on now, and what to do next.

    `other` is another order whose label was scanned; `is_end` that this one's was.
    """

    position: int | None = None
    said: Text | None = None
    other: int | None = None
    is_end: bool = field(default=False)


def table_of(session: Session, order: PurchaseOrder) -> Table:
    """What the order's lines await, and what lies unpacked; three statements."""
    lines = purchasing.lines_of(session, order)
    parts = receipts.parts_of(session, lines)
    scans = _scans(session, order)
    unpacked = tuple(
        Unpacked(
            line,
            parts[line.part_id],
            tuple(scan for scan in scans if scan.line_id == line.id),
        )
        for line in lines
    )
    return Table(order, unpacked, seen=_mark(scans))


def scan(session: Session, actor: Actor, order: PurchaseOrder, heard: Scan) -> Heard:
    """One scan: a part, a serial, a lot, `*5` for the quantity, or the order's own label."""
    actor.require("purchases.receive")
    purchasing.lock(session, order)
    table = table_of(session, order)
    if heard.scan_id and _is_known(session, order, heard.scan_id):
        return Heard(heard.position)
    code = scanned.read(heard.code)
    if code.order is not None:
        if code.order == order.number:
            return Heard(heard.position, is_end=True)
        return Heard(other=purchasing.by_number(session, actor, code.order).number)
    current = next((row for row in table.lines if row.line.position == heard.position), None)
    if code.quantity:
        return _set_quantity(session, actor, current, heard, parse_quantity(code.quantity))
    if not code.text:
        raise Refused(msg("Nothing was scanned."), field="code")
    goods = scanned.goods(session, actor, code, [(row.line, row.part) for row in table.lines])
    if goods is not None:
        return _take_part(session, actor, table, goods, heard)
    row = current or _only_one_that_asks(table)
    return _take_identity(session, actor, row, heard, text=code.text)


def take_all(session: Session, actor: Actor, order: PurchaseOrder, position: int) -> None:
    """All that is open of a line lies there; only for pieces that nobody tells apart."""
    actor.require("purchases.receive")
    purchasing.lock(session, order)
    row = _row_at(table_of(session, order), position)
    if row.asks is not Control.NONE:
        raise Refused(msg("{part}: scan each piece.", part=row.part.number))
    left = row.open - row.accepted
    if left > 0:
        _add(session, actor, row, Scan(""), quantity=left)


def take_back(session: Session, actor: Actor, order: PurchaseOrder, scan_row: int) -> None:
    """A scan that was none; gone already is as good."""
    actor.require("purchases.receive")
    purchasing.lock(session, order)
    session.execute(
        delete(ReceivingScan).where(
            ReceivingScan.id == scan_row, ReceivingScan.order_id == order.id
        )
    )


def empty_line(session: Session, actor: Actor, order: PurchaseOrder, position: int) -> None:
    """Nothing of this line was scanned after all."""
    actor.require("purchases.receive")
    purchasing.lock(session, order)
    row = _row_at(table_of(session, order), position)
    session.execute(delete(ReceivingScan).where(ReceivingScan.line_id == row.line.id))


@dataclass(frozen=True, slots=True)
class Booking:
    """`seen` is the mark of the table that the clerk looked at; empty: whatever lies there.

    `prices` by line position where the delivery note says another one.
    """

    seen: str = ""
    note_number: str = ""
    prices: dict[int, Money] = field(default_factory=dict)
    confirmed: bool = False


def book(session: Session, actor: Actor, order: PurchaseOrder, wanted: Booking) -> GoodsReceipt:
    """Book what was scanned. Raises Conflict when somebody else booked or scanned meanwhile."""
    actor.require("purchases.receive")
    purchasing.lock(session, order)
    table = table_of(session, order)
    if not table.scans:
        raise _nothing_there(session, order)
    if wanted.seen and wanted.seen != table.seen:
        raise Conflict(_scanned_meanwhile(actor, table))
    receipt = receipts.book(
        session,
        actor,
        order,
        Delivery(
            tuple(_pieces(table, wanted.prices)),
            note_number=wanted.note_number,
            confirmed=wanted.confirmed,
        ),
    )
    session.execute(delete(ReceivingScan).where(ReceivingScan.order_id == order.id))
    return receipt


def _take_part(session: Session, actor: Actor, table: Table, goods: Goods, heard: Scan) -> Heard:
    row = _row_at(table, goods.line.position)
    position = row.line.position
    if row.asks is Control.NONE:
        _add(session, actor, row, heard)
        return Heard(position)
    identity = goods.serial if row.asks is Control.SERIAL else goods.lot
    if identity:
        return _take_identity(session, actor, row, heard, text=identity)
    said = (
        msg("{part}: now scan the serial number.", part=row.part.number)
        if row.asks is Control.SERIAL
        else msg("{part}: now scan the lot.", part=row.part.number)
    )
    return Heard(position, said)


def _only_one_that_asks(table: Table) -> Unpacked | None:
    """Whose serials are scanned when nobody has said: of the only line that awaits some."""
    asking = [row for row in table.lines if row.asks is Control.SERIAL and row.open]
    return asking[0] if len(asking) == 1 else None


def _take_identity(
    session: Session, actor: Actor, row: Unpacked | None, heard: Scan, *, text: str
) -> Heard:
    """What is no part number is a serial or lot of the line that was scanned last."""
    if row is None or row.asks is Control.NONE:
        raise NotFound(msg("“{code}” is on no line of this order.", code=text[:60]), field="code")
    if row.asks is Control.LOT:
        _add(session, actor, row, heard, lot=read_lot(text))
        return Heard(row.line.position)
    serial = read_serial(text)
    if any(each.serial_key == search_key(serial) for each in row.scans):
        raise Conflict(msg("{serial} is in this delivery already.", serial=serial), field="code")
    arrivals.require_new(session, actor, row.part, serial)
    _add(session, actor, row, heard, serial=serial)
    return Heard(row.line.position)


def _set_quantity(
    session: Session, actor: Actor, current: Unpacked | None, heard: Scan, quantity: int
) -> Heard:
    """`*5`: so many of the line, of the lot scanned last, and of the same verdict."""
    if current is None:
        raise Refused(msg("Scan the part first, then its quantity."), field="code")
    if current.asks is Control.SERIAL:
        raise Refused(
            msg("{part}: scan each serial number.", part=current.part.number), field="code"
        )
    lot = current.scans[-1].lot if current.scans else ""
    if current.asks is Control.LOT and not lot:
        raise Refused(msg("{part}: scan the lot first.", part=current.part.number), field="code")
    reason = _reason(heard)
    replaced = [
        each.id
        for each in current.scans
        if each.lot == lot and bool(each.rejected_for) == bool(reason)
    ]
    session.execute(delete(ReceivingScan).where(ReceivingScan.id.in_(replaced)))
    _add(session, actor, current, heard, quantity=quantity, lot=lot)
    return Heard(current.line.position)


def _add(
    session: Session,
    actor: Actor,
    row: Unpacked,
    heard: Scan,
    *,
    quantity: int = 1,
    serial: str = "",
    lot: str = "",
) -> None:
    session.add(
        ReceivingScan(
            order_id=row.line.order_id,
            line_id=row.line.id,
            quantity=quantity,
            serial=serial,
            serial_key=search_key(serial),
            lot=lot,
            rejected_for=_reason(heard),
            at=clock.now(),
            by=actor.name,
            scan_id=heard.scan_id[:LONGEST_SCAN_ID],
        )
    )
    session.flush()


def _reason(heard: Scan) -> str:
    return clean(heard.rejected_for)[:LONGEST_REASON]


def _scans(session: Session, order: PurchaseOrder) -> Sequence[ReceivingScan]:
    return session.scalars(
        select(ReceivingScan)
        .where(ReceivingScan.order_id == order.id)
        .order_by(ReceivingScan.id)
        .execution_options(populate_existing=True)
    ).all()


def _is_known(session: Session, order: PurchaseOrder, scan_id: str) -> bool:
    found = select(func.count()).where(
        ReceivingScan.order_id == order.id, ReceivingScan.scan_id == scan_id
    )
    return bool(session.scalar(found))


def _mark(scans: Sequence[ReceivingScan]) -> str:
    """Changes with each scan that comes or goes."""
    return f"{len(scans)}-{scans[-1].id if scans else 0}"


def _row_at(table: Table, position: int) -> Unpacked:
    found = next((row for row in table.lines if row.line.position == position), None)
    if found is None:
        raise NotFound(msg("This order has no line {position}.", position=position))
    return found


def _pieces(table: Table, prices: dict[int, Money]) -> Sequence[Piece]:
    """One for each serial, else one for each lot and verdict of a line."""
    counted: dict[tuple[int, str, str, str], int] = {}
    for row in table.lines:
        for each in row.scans:
            key = (row.line.position, each.serial, each.lot, each.rejected_for)
            counted[key] = counted.get(key, 0) + each.quantity
    return [
        Piece(position, quantity, serial, lot, rejected_for, prices.get(position))
        for (position, serial, lot, rejected_for), quantity in counted.items()
    ]


def _nothing_there(session: Session, order: PurchaseOrder) -> Conflict:
    """Perhaps somebody was faster: then say who, and what was booked last."""
    last = receipts.receipts_of(session, order)[-1:]
    if not last:
        return Conflict(msg("Nothing has been scanned yet."))
    return Conflict(
        msg(
            "Nothing has been scanned since {who} booked {receipt} at {at}.",
            who=last[0].by,
            receipt=receipts.label(last[0]),
            at=last[0].at,
        ),
        link=f"/parts/orders/{order.number}",
    )


def _scanned_meanwhile(actor: Actor, table: Table) -> Text:
    names = {each.by for row in table.lines for each in row.scans} - {actor.name}
    return msg(
        "Meanwhile {who} scanned too. This is what lies there now; look, then book.",
        who=", ".join(sorted(names)) or actor.name,
    )
