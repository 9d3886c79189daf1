"""What one part's page shows besides its ledger: where it lies, who waits, where it is fitted."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any

from sqlalchemy import Row, Subquery, case, func, select, union_all
from sqlalchemy.orm import Session, joinedload

from app.kernel.actor import Actor
from app.kernel.money import Money
from app.kernel.searchkeys import bare_key, search_key
from app.kernel.text import Text
from app.parts import catalogue
from app.parts.buying_models import PurchaseLine, PurchaseOrder, Supplier
from app.parts.catalogue_models import NumberKind, PartNumber
from app.parts.models import Balance, Part, Place, PlaceKind
from app.parts.places import label_of
from app.parts.queries import Incoming, Lying, PartRow, average
from app.parts.reservations import Blocker
from app.parts.supersession import Link
from app.robots import addresses
from app.robots.models import Maker, Unit
from app.robots.slot_models import Component, Control, Occupant
from app.robots.slotnames import name_of
from app.stores.models import Store

MOST_SHOWN = 20
_MOST_SERIALS = 12


@dataclass(frozen=True, slots=True)
class Asked:
    """A part that was asked for, with its store and its maker's name."""

    part: Part
    store: Store
    maker: str


@dataclass(frozen=True, slots=True)
class Heap:
    """Pieces in one place, with some of the serials among them, or its lots with their pieces."""

    place: Place
    quantity: int
    serials: Sequence[Component]
    lots: Sequence[tuple[str, int]]
    pickable: bool
    # of the pieces with a serial: how many, and what they cost together
    costs: tuple[int, int]

    @property
    def label(self) -> Text:
        return label_of(self.place)

    @property
    def more(self) -> int:
        """Serials that are not named."""
        return max(self.quantity - len(self.serials), 0) if self.serials else 0


@dataclass(frozen=True, slots=True)
class Fitted:
    """A slot in which the part sits now."""

    occupant: Occupant
    unit: Unit

    @property
    def place(self) -> Text:
        return name_of(self.occupant.slot.path)

    @property
    def page(self) -> str:
        return addresses.page_below(self.unit.serial, "slots", self.occupant.slot.path)

    @property
    def robot_page(self) -> str:
        return addresses.robot_page(self.unit.serial)


@dataclass(frozen=True, slots=True)
class Awaited:
    """What one order still brings."""

    number: int
    supplier: str
    quantity: int
    on: date | None
    # what all orders of the part together bring
    altogether: int

    @property
    def label(self) -> str:
        return f"PO-{self.number}"

    @property
    def page(self) -> str:
        return f"/parts/orders/{self.number}"


def asked(session: Session, actor: Actor, number: str) -> Asked:
    """The part with this number of our own and what belongs to it; one statement."""
    actor.require("stock.view")
    found = session.execute(
        select(Part, Store, Maker.name)
        .join(Store, Store.id == Part.store_id)
        .outerjoin(Maker, Maker.id == Part.maker_id)
        .where(Part.store_id == actor.store_id, Part.bare_key == bare_key(number))
    ).first()
    if found is None:
        raise catalogue.unknown(number)
    part, store, maker = found
    return Asked(part, store, maker or "")


def row_of(
    asked: Asked,
    heaps: Sequence[Heap],
    blockers: Sequence[Blocker],
    awaited: Sequence[Awaited],
    chain: Sequence[Link],
) -> PartRow:
    """The part as a list shows it, from what its page has asked for already."""
    part, currency = asked.part, asked.store.currency
    picked = [heap for heap in heaps if heap.pickable]
    serials = sum(heap.costs[0] for heap in picked)
    cost = sum(heap.costs[1] for heap in picked)
    return PartRow(
        part=part,
        reserved=sum(one.reservation.quantity for one in blockers),
        incoming=Incoming(awaited[0].altogether, awaited[0].on) if awaited else None,
        lying=[Lying(heap.place, heap.quantity) for heap in picked],
        cost=average(part, (serials, cost) if serials else None, currency),
        price=Money(part.price_minor, currency),
        replaced_by="" if chain[-1].part is part else chain[-1].part.number,
    )


def heaps(session: Session, part: Part) -> list[Heap]:
    """Where its pieces are, robots' slots apart: what can be handed out first; one statement.

    Of components each place names some, the first that came.
    """
    pieces = _numbered(part)
    rows = session.execute(
        select(pieces, Place, Component)
        .join(Place, Place.id == pieces.c.place_id)
        .outerjoin(Component, Component.id == pieces.c.component_id)
        .where(pieces.c.component_id.is_(None) | (pieces.c.nth <= _MOST_SERIALS))
        .order_by(pieces.c.is_pickable.desc(), pieces.c.there.desc(), Place.id, pieces.c.nth)
    ).all()
    return [_heap(part, list(group)) for _, group in groupby(rows, key=lambda row: row.place_id)]


def _numbered(part: Part) -> Subquery:
    """SQL: its balances, each with its turn in its place and the sums of that place."""
    place = Balance.place_id
    return (
        select(
            Balance.place_id,
            Balance.component_id,
            Balance.lot,
            Balance.lot_key,
            Balance.quantity,
            func.row_number().over(partition_by=place, order_by=Balance.id).label("nth"),
            func.sum(Balance.quantity).over(partition_by=place).label("there"),
            func.max(case((Balance.pickable, 1), else_=0))
            .over(partition_by=place)
            .label("is_pickable"),
            func.count(Balance.component_id).over(partition_by=place).label("serials"),
            func.sum(Balance.cost_minor).over(partition_by=place).label("cost"),
        )
        .join(Place, Place.id == Balance.place_id)
        .where(
            Balance.part_id == part.id,
            Balance.bounded.is_(True),
            Balance.quantity > 0,
            Place.kind != PlaceKind.ROBOT,
        )
        .subquery()
    )


def _heap(part: Part, rows: Sequence[Row[Any]]) -> Heap:
    first = rows[0]
    lots = [(row.lot, row.quantity) for row in rows if row.lot_key]
    return Heap(
        place=first.Place,
        quantity=int(first.there),
        serials=[row.Component for row in rows if row.Component is not None],
        lots=lots if part.control is Control.LOT else [],
        pickable=bool(first.is_pickable),
        costs=(int(first.serials), int(first.cost)),
    )


def fitted(session: Session, part: Part, known: Sequence[PartNumber]) -> list[Fitted]:
    """Robots in which it sits now, the last fitted first; one more than MOST_SHOWN at most.

    `known` are its further numbers.
    """
    further = [search_key(one.number) for one in known if one.kind is not NumberKind.GTIN]
    keys = [part.number_key, *further]
    now = (Occupant.store_id == part.store_id, Occupant.until.is_(None))
    with_serial = (
        select(Occupant.id)
        .join(Component, Component.id == Occupant.component_id)
        .where(*now, Component.store_id == part.store_id, Component.part_key.in_(keys))
    )
    without = select(Occupant.id).where(*now, Occupant.part_key.in_(keys), Occupant.part_key != "")
    rows = session.execute(
        select(Occupant, Unit)
        .join(Unit, Unit.id == Occupant.unit_id)
        .where(Occupant.id.in_(union_all(with_serial, without)))
        .order_by(Occupant.since.desc(), Occupant.id.desc())
        .limit(MOST_SHOWN + 1)
        .options(joinedload(Occupant.slot), joinedload(Occupant.component))
    )
    return [Fitted(occupant, unit) for occupant, unit in rows]


def awaited(session: Session, part: Part) -> list[Awaited]:
    """Orders that still bring pieces, the first to come first."""
    rows = session.execute(
        select(
            PurchaseOrder.number,
            Supplier.name,
            PurchaseLine.quantity - PurchaseLine.accepted,
            PurchaseOrder.expected_on,
            func.sum(PurchaseLine.quantity - PurchaseLine.accepted).over(),
        )
        .select_from(PurchaseLine)
        .join(PurchaseOrder, PurchaseOrder.id == PurchaseLine.order_id)
        .join(Supplier, Supplier.id == PurchaseOrder.supplier_id)
        .where(
            PurchaseLine.part_id == part.id,
            PurchaseLine.closed_at.is_(None),
            PurchaseOrder.sent_at.is_not(None),
        )
        .order_by(PurchaseOrder.expected_on, PurchaseOrder.id)
        .limit(MOST_SHOWN)
    )
    return [
        Awaited(number, name, int(quantity), on, int(altogether))
        for number, name, quantity, on, altogether in rows
    ]
