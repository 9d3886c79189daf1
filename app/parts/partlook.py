"""What one part's page shows besides its ledger: where it lies, who waits, where it is fitted."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import case, func, select, union_all
from sqlalchemy.orm import Session, joinedload

from app.kernel.searchkeys import search_key
from app.kernel.text import Text
from app.parts.buying_models import PurchaseLine, PurchaseOrder, Supplier
from app.parts.catalogue_models import NumberKind, PartNumber
from app.parts.models import Balance, Part, Place, PlaceKind
from app.parts.places import label_of
from app.robots import addresses
from app.robots.models import Unit
from app.robots.slot_models import Component, Control, Occupant
from app.robots.slotnames import name_of

MOST_SHOWN = 20
_MOST_SERIALS = 12


@dataclass(frozen=True, slots=True)
class Heap:
    """Pieces in one place, with some of the serials among them, or its lots with their pieces."""

    place: Place
    quantity: int
    serials: Sequence[Component]
    lots: Sequence[tuple[str, int]]

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

    @property
    def label(self) -> str:
        return f"PO-{self.number}"

    @property
    def page(self) -> str:
        return f"/parts/orders/{self.number}"


def heaps(session: Session, part: Part) -> list[Heap]:
    """Where its pieces are, robots' slots apart: what can be handed out first."""
    quantity = func.sum(Balance.quantity)
    rows = session.execute(
        select(Place, quantity)
        .select_from(Balance)
        .join(Place, Place.id == Balance.place_id)
        .where(
            Balance.part_id == part.id,
            Balance.bounded.is_(True),
            Balance.quantity > 0,
            Place.kind != PlaceKind.ROBOT,
        )
        .group_by(Place.id)
        .order_by(func.max(case((Balance.pickable, 1), else_=0)).desc(), quantity.desc(), Place.id)
    ).all()
    serials = _serials(session, part) if part.control is Control.SERIAL else {}
    lots = _lots(session, part) if part.control is Control.LOT else {}
    return [
        Heap(place, int(pieces), serials.get(place.id, ()), lots.get(place.id, ()))
        for place, pieces in rows
    ]


def _serials(session: Session, part: Part) -> dict[int, list[Component]]:
    """Some components by place: of each place the first that came."""
    place = func.row_number().over(partition_by=Balance.place_id, order_by=Balance.id)
    numbered = (
        select(Balance.place_id, Balance.component_id, place.label("place"))
        .where(Balance.part_id == part.id, Balance.quantity > 0, Balance.component_id.is_not(None))
        .subquery()
    )
    rows = session.execute(
        select(numbered.c.place_id, Component)
        .join(Component, Component.id == numbered.c.component_id)
        .where(numbered.c.place <= _MOST_SERIALS)
        .order_by(numbered.c.place_id, numbered.c.place)
    )
    found: dict[int, list[Component]] = {}
    for place_id, component in rows:
        found.setdefault(place_id, []).append(component)
    return found


def _lots(session: Session, part: Part) -> dict[int, list[tuple[str, int]]]:
    rows = session.execute(
        select(Balance.place_id, Balance.lot, Balance.quantity)
        .where(
            Balance.part_id == part.id,
            Balance.bounded.is_(True),
            Balance.quantity > 0,
            Balance.lot_key != "",
        )
        .order_by(Balance.id)
    )
    found: dict[int, list[tuple[str, int]]] = {}
    for place_id, lot, quantity in rows:
        found.setdefault(place_id, []).append((lot, quantity))
    return found


def fitted(session: Session, part: Part) -> list[Fitted]:
    """Robots in which it sits now, the last fitted first; one more than MOST_SHOWN at most."""
    keys = [part.number_key, *_further_keys(session, part)]
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
    return [Awaited(number, name, int(quantity), on) for number, name, quantity, on in rows]


def _further_keys(session: Session, part: Part) -> list[str]:
    numbers = session.scalars(
        select(PartNumber.number).where(
            PartNumber.part_id == part.id, PartNumber.kind != NumberKind.GTIN
        )
    )
    return [search_key(number) for number in numbers]
