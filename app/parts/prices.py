"""Price lists of suppliers: what so many pieces cost, and who is asked first."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel import audit
from app.kernel.actor import Actor
from app.kernel.errors import Refused
from app.kernel.money import MOST_MINOR, Money
from app.kernel.quantity import MOST
from app.kernel.searchkeys import bare_key, clean, folded, search_key
from app.kernel.text import msg
from app.parts import numbers
from app.parts.buying_models import Supplier, SupplierPrice
from app.parts.catalogue_models import NumberKind
from app.parts.models import Part
from app.parts.numbers import Numbered
from app.stores import desk

_LONGEST_NUMBER = 64


@dataclass(frozen=True, slots=True)
class PriceInput:
    """One piece's price in the supplier's currency, from `minimum` pieces on, as of a day."""

    price: Money
    valid_from: date
    number: str = ""
    minimum: int = 1
    pack: int = 1


@dataclass(frozen=True, slots=True)
class Offer:
    """What a supplier takes for a part now; `steps` by rising minimum."""

    supplier: Supplier
    steps: tuple[SupplierPrice, ...]

    @property
    def number(self) -> str:
        return next((step.number for step in self.steps if step.number), "")

    def orderable(self, quantity: int) -> int:
        """The least quantity of at least `quantity` that the supplier delivers."""
        wanted = max(quantity, self.steps[0].minimum)
        pack = self.step(wanted).pack
        return -(-wanted // pack) * pack

    def step(self, quantity: int) -> SupplierPrice:
        """The price that holds for so many; below every minimum it is the first."""
        fitting = [step for step in self.steps if step.minimum <= quantity]
        return fitting[-1] if fitting else self.steps[0]

    def price(self, quantity: int) -> Money:
        return Money(self.step(quantity).price_minor, self.supplier.currency)


def set_price(
    session: Session, actor: Actor, supplier: Supplier, part: Part, wanted: PriceInput
) -> SupplierPrice:
    """Put a price on a supplier's list; the same part, minimum and day overwrites it."""
    actor.require("purchases.edit")
    number = _checked(supplier, wanted)
    price = session.scalar(
        select(SupplierPrice).where(
            SupplierPrice.supplier_id == supplier.id,
            SupplierPrice.part_id == part.id,
            SupplierPrice.minimum == wanted.minimum,
            SupplierPrice.valid_from == wanted.valid_from,
        )
    )
    before = None if price is None else _facts(price)
    if price is None:
        price = SupplierPrice(
            store_id=actor.store_id,
            supplier_id=supplier.id,
            part_id=part.id,
            price_minor=wanted.price.minor,
            minimum=wanted.minimum,
            valid_from=wanted.valid_from,
        )
        session.add(price)
    price.price_minor = wanted.price.minor
    price.pack = wanted.pack
    price.number = number
    session.flush()
    _name(session, actor, supplier, part, number)
    audit.record(
        session,
        actor,
        "supplier.price_set",
        subject=f"supplier:{supplier.id}",
        before=before,
        after={"part": part.number, **_facts(price)},
    )
    return price


def price_list(session: Session, supplier: Supplier) -> list[tuple[SupplierPrice, Part]]:
    """All prices of a supplier by part, the newest of each minimum first."""
    rows = session.execute(
        select(SupplierPrice, Part)
        .join(Part, Part.id == SupplierPrice.part_id)
        .where(SupplierPrice.supplier_id == supplier.id)
        .order_by(
            Part.name_key,
            Part.id,
            SupplierPrice.minimum,
            SupplierPrice.valid_from.desc(),
        )
    )
    return [(price, part) for price, part in rows]


def offers(
    session: Session, actor: Actor, part_ids: Iterable[int], *, day: date | None = None
) -> dict[int, list[Offer]]:
    """By part what suppliers in use take on a day, the one to ask first at the head.

    That is the cheapest in the store's currency, then those in others; of equals the quicker one.
    """
    store = desk.store_of(session, actor.store_id)
    today = day or desk.business_day_of(store)
    rows = session.execute(
        select(SupplierPrice, Supplier)
        .join(Supplier, Supplier.id == SupplierPrice.supplier_id)
        .where(
            SupplierPrice.part_id.in_(list(part_ids)),
            SupplierPrice.valid_from <= today,
            Supplier.archived.is_(False),
        )
        .order_by(SupplierPrice.minimum, SupplierPrice.valid_from)
    )
    steps: dict[tuple[int, int], dict[int, SupplierPrice]] = defaultdict(dict)
    suppliers: dict[int, Supplier] = {}
    for price, supplier in rows:
        # the later day of a minimum comes later, and stays
        steps[price.part_id, supplier.id][price.minimum] = price
        suppliers[supplier.id] = supplier
    found: dict[int, list[Offer]] = defaultdict(list)
    for (part_id, supplier_id), by_minimum in steps.items():
        found[part_id].append(Offer(suppliers[supplier_id], tuple(by_minimum.values())))
    return {
        part_id: sorted(each, key=lambda offer: _order(offer, store.currency))
        for part_id, each in found.items()
    }


def offer_of(
    session: Session, actor: Actor, supplier: Supplier, part_id: int, *, day: date | None = None
) -> Offer | None:
    """What this supplier takes for a part; None where it is not on its list."""
    found = offers(session, actor, [part_id], day=day).get(part_id, [])
    return next((offer for offer in found if offer.supplier.id == supplier.id), None)


def _name(session: Session, actor: Actor, supplier: Supplier, part: Part, number: str) -> None:
    """A supplier's number finds the part everywhere; raises Conflict when it names another one."""
    known = {(row.kind, row.owner_key, row.bare_key) for row in numbers.of_part(session, part.id)}
    wanted = (NumberKind.SUPPLIER, folded(supplier.name), bare_key(number))
    if number and wanted not in known and bare_key(number) != part.bare_key:
        called = Numbered(NumberKind.SUPPLIER, number, supplier.name)
        numbers.add(session, actor, part, called)


def _order(offer: Offer, currency: str) -> tuple[bool, int, int, int]:
    foreign = offer.supplier.currency != currency
    least = offer.price(offer.orderable(1)).minor
    return foreign, least, offer.supplier.lead_days, offer.supplier.id


def _checked(supplier: Supplier, wanted: PriceInput) -> str:
    """The supplier's number, cleaned; raises Refused for what no price list says."""
    if wanted.price.currency != supplier.currency:
        raise Refused(
            msg("{supplier} takes {currency}.", supplier=supplier.name, currency=supplier.currency),
            field="price",
        )
    if not 0 <= wanted.price.minor <= MOST_MINOR:
        raise Refused(msg("A price is not less than nothing."), field="price")
    for field, value in (("minimum", wanted.minimum), ("pack", wanted.pack)):
        if not 1 <= value <= MOST:
            raise Refused(msg("A quantity is between 1 and {most}.", most=MOST), field=field)
    number = clean(wanted.number)
    if max(len(number), len(search_key(number))) > _LONGEST_NUMBER:
        raise Refused(
            msg("At most {most} characters fit here.", most=_LONGEST_NUMBER), field="number"
        )
    return number


def _facts(price: SupplierPrice) -> dict[str, object]:
    return {
        "number": price.number,
        "price_minor": price.price_minor,
        "minimum": price.minimum,
        "pack": price.pack,
        "valid_from": price.valid_from,
    }
