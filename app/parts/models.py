"""Parts, places, and the append-only ledger of movements between them."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db import Base, Key, LongText, Minor
from app.kernel.searchkeys import bare_key
from app.robots.bodyplan import SlotClass
from app.robots.models import SERIAL_KEY
from app.robots.slot_models import Control


class PlaceKind(StrEnum):
    """Where pieces can be. A room holds other places, and no pieces."""

    ROOM = "room"
    BIN = "bin"
    BENCH = "bench"
    VAN = "van"
    QUARANTINE = "quarantine"
    TRANSIT = "transit"
    ROBOT = "robot"
    SUPPLIER = "supplier"
    CUSTOMER = "customer"
    SCRAP = "scrap"
    COUNT = "count"
    OPENING = "opening"


# Pieces here are the store's and are worth what they cost.
VALUED = frozenset(
    {
        PlaceKind.BIN,
        PlaceKind.BENCH,
        PlaceKind.VAN,
        PlaceKind.QUARANTINE,
        PlaceKind.TRANSIT,
    }
)
# Places that never hold less than nothing. All others are the outside world, or tell what a
# count found and what was there before the ledger began.
BOUNDED = VALUED | {PlaceKind.ROBOT}
# From here pieces are promised and handed out.
PICKABLE = frozenset({PlaceKind.BIN, PlaceKind.VAN})
# A store has one of each of these, without a code to scan.
SINGLE = frozenset(
    {
        PlaceKind.ROBOT,
        PlaceKind.SUPPLIER,
        PlaceKind.CUSTOMER,
        PlaceKind.SCRAP,
        PlaceKind.COUNT,
        PlaceKind.OPENING,
    }
)
_SINGLE_WORDS = ", ".join(f"'{kind.value}'" for kind in sorted(SINGLE))


def _bare_key(context: Any) -> str:
    return bare_key(context.get_current_parameters()["number"])


# How the lists of parts to look after are told in SQL, so that each stands on an index.
IS_LOW = "parts.minimum > 0 AND parts.on_hand <= parts.minimum AND NOT parts.archived"
IS_OUT = "parts.minimum > 0 AND parts.on_hand = 0 AND NOT parts.archived"
IS_CORE = "parts.core_days IS NOT NULL AND NOT parts.archived"
IS_IN_USE = "NOT parts.archived"
IS_ARCHIVED = "parts.archived"


def _listed(name: str, condition: str) -> Index:
    where = text(condition.replace("parts.", ""))
    return Index(name, "store_id", "name_key", "id", sqlite_where=where, postgresql_where=where)


class Part(Base):
    """A stock-keeping item, counted in pieces."""

    __tablename__ = "parts"
    __table_args__ = (
        UniqueConstraint("store_id", "number_key"),
        CheckConstraint("length(number_key) > 0", name="number_not_empty"),
        CheckConstraint("control IN ('serial', 'lot', 'none')", name="control_known"),
        CheckConstraint("price_minor >= 0", name="price_not_negative"),
        CheckConstraint(
            "minimum >= 0 AND (maximum = 0 OR maximum >= minimum)", name="levels_in_order"
        ),
        CheckConstraint("core_days IS NULL OR core_days > 0", name="core_days_positive"),
        CheckConstraint(
            "valued_quantity >= 0 AND valued_minor >= 0 "
            "AND (valued_quantity > 0 OR valued_minor = 0)",
            name="value_of_something",
        ),
        Index("ix_parts_gtin", "store_id", "gtin"),
        Index("ix_parts_name_key", "store_id", "name_key", "id"),
        Index("uq_parts_bare_key", "store_id", "bare_key", unique=True),
        Index("ix_parts_class", "store_id", "slot_class", "name_key", "id"),
        _listed("ix_parts_in_use", IS_IN_USE),
        _listed("ix_parts_low", IS_LOW),
        _listed("ix_parts_out", IS_OUT),
        _listed("ix_parts_core", IS_CORE),
        _listed("ix_parts_archived", IS_ARCHIVED),
    )

    id: Mapped[Key] = mapped_column(init=False)
    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"))
    number: Mapped[str] = mapped_column(String(64))
    number_key: Mapped[str] = mapped_column(String(64))
    name: Mapped[str]
    name_key: Mapped[str]
    gtin: Mapped[str] = mapped_column(String(14), default="")
    control: Mapped[Control] = mapped_column(default=Control.NONE)
    slot_class: Mapped[SlotClass | None] = mapped_column(default=None)
    maker_id: Mapped[int | None] = mapped_column(ForeignKey("makers.id"), default=None)
    description: Mapped[LongText] = mapped_column(default="")
    # what a customer pays for a piece, in the store's currency
    price_minor: Mapped[Minor] = mapped_column(default=0)
    # empty: the store's standard rate
    tax_code: Mapped[str] = mapped_column(String(16), default="")
    # Reorder levels in pieces: below `minimum` the shelf is filled up to `maximum`.
    minimum: Mapped[int] = mapped_column(Integer, default=0)
    maximum: Mapped[int] = mapped_column(Integer, default=0)
    # the replaced old part goes back to the maker within so many days
    core_days: Mapped[int | None] = mapped_column(Integer, default=None)
    # dangerous goods, `UN3480`
    un_number: Mapped[str] = mapped_column(String(8), default="")
    archived: Mapped[bool] = mapped_column(Boolean, default=False)
    # Moving average: what lies in valued places without a serial of its own, and its cost.
    valued_quantity: Mapped[int] = mapped_column(Integer, default=0)
    valued_minor: Mapped[Minor] = mapped_column(default=0)
    # which state of its making is in stock, as printed on it
    revision: Mapped[str] = mapped_column(String(64), default="", server_default="")
    # the number without case, dashes and spaces
    bare_key: Mapped[str] = mapped_column(
        SERIAL_KEY, init=False, insert_default=_bare_key, server_default=""
    )
    # Pieces in pickable places. Triggers on `balances` keep it; nobody else writes it.
    on_hand: Mapped[int] = mapped_column(Integer, init=False, default=0, server_default="0")


class Place(Base):
    """Somewhere that pieces can be; `code` is what its label says to a scanner."""

    __tablename__ = "places"
    __table_args__ = (
        UniqueConstraint("store_id", "name"),
        CheckConstraint("parent_id <> id", name="not_its_own_parent"),
        Index(
            "uq_places_code",
            "store_id",
            "code_key",
            unique=True,
            sqlite_where=text("code_key <> ''"),
            postgresql_where=text("code_key <> ''"),
        ),
        Index(
            "uq_places_single",
            "store_id",
            "kind",
            unique=True,
            sqlite_where=text(f"kind IN ({_SINGLE_WORDS})"),
            postgresql_where=text(f"kind IN ({_SINGLE_WORDS})"),
        ),
        Index("ix_places_kind", "store_id", "kind", "id"),
        Index("ix_places_parent", "parent_id"),
    )

    id: Mapped[Key] = mapped_column(init=False)
    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"))
    kind: Mapped[PlaceKind]
    name: Mapped[str] = mapped_column(String(64))
    code: Mapped[str] = mapped_column(String(32), default="")
    code_key: Mapped[str] = mapped_column(String(32), default="")
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("places.id"), default=None)
    archived: Mapped[bool] = mapped_column(Boolean, default=False)


class Movement(Base):
    """One line of the ledger; never changed, corrected by its reversal.

    `stock_change` and `value_change` are what it adds to the pieces in valued places and to their
    cost: nothing for a move within them. Their sums up to a moment are stock and value then.
    """

    __tablename__ = "movements"
    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity_positive"),
        CheckConstraint("from_place_id <> to_place_id", name="really_moves"),
        CheckConstraint("component_id IS NULL OR quantity = 1", name="component_is_one"),
        CheckConstraint("value_minor >= 0", name="value_not_negative"),
        CheckConstraint(
            "(stock_change = 0 AND value_change = 0) "
            "OR (stock_change = quantity AND value_change = value_minor) "
            "OR (stock_change = -quantity AND value_change = -value_minor)",
            name="changes_by_all_of_it",
        ),
        Index("ix_movements_part", "part_id", "id"),
        Index("ix_movements_store", "store_id", "id"),
        Index("ix_movements_reference", "store_id", "reference", "id"),
        Index("ix_movements_component", "component_id", "id"),
        Index("ix_movements_from", "from_place_id", "id"),
        Index("ix_movements_to", "to_place_id", "id"),
        Index(
            "ix_movements_value",
            "store_id",
            "part_id",
            "at",
            "stock_change",
            "value_change",
        ),
    )

    id: Mapped[Key] = mapped_column(init=False)
    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"))
    part_id: Mapped[int] = mapped_column(ForeignKey("parts.id"))
    from_place_id: Mapped[int] = mapped_column(ForeignKey("places.id"))
    to_place_id: Mapped[int] = mapped_column(ForeignKey("places.id"))
    quantity: Mapped[int] = mapped_column(Integer)
    lot: Mapped[str] = mapped_column(String(100), default="")
    lot_key: Mapped[str] = mapped_column(SERIAL_KEY, default="")
    component_id: Mapped[int | None] = mapped_column(ForeignKey("components.id"), default=None)
    # cost of all pieces moved, in the store's currency
    value_minor: Mapped[Minor] = mapped_column(default=0)
    stock_change: Mapped[int] = mapped_column(Integer, default=0)
    value_change: Mapped[Minor] = mapped_column(default=0)
    at: Mapped[datetime]
    actor: Mapped[str]
    reason: Mapped[str]
    reference: Mapped[str] = mapped_column(String(64), default="")
    reverses_id: Mapped[int | None] = mapped_column(
        ForeignKey("movements.id"), unique=True, default=None
    )


class Balance(Base):
    """Sum of a part's movements at one place; `quatrefoil check` proves it equal to the ledger.

    A component has one row for ever, which goes with it from place to place: so it can only be in
    one. When it leaves the bounded places its row stays behind with quantity 0. Unbounded places
    have one row per part, whatever its control.
    """

    __tablename__ = "balances"
    __table_args__ = (
        Index(
            "uq_balances_part_place_lot",
            "part_id",
            "place_id",
            "lot_key",
            unique=True,
            sqlite_where=text("component_id IS NULL"),
            postgresql_where=text("component_id IS NULL"),
        ),
        Index(
            "uq_balances_component",
            "component_id",
            unique=True,
            sqlite_where=text("component_id IS NOT NULL"),
            postgresql_where=text("component_id IS NOT NULL"),
        ),
        Index("ix_balances_part", "part_id", "pickable", "quantity"),
        Index("ix_balances_place", "place_id", "part_id"),
        CheckConstraint("NOT bounded OR quantity >= 0", name="never_below_zero"),
        CheckConstraint(
            "component_id IS NULL OR (quantity <= 1 AND bounded AND lot_key = '')",
            name="component_is_one",
        ),
        CheckConstraint("NOT pickable OR bounded", name="pickable_is_bounded"),
        CheckConstraint("component_id IS NOT NULL OR cost_minor = 0", name="cost_of_component"),
    )

    id: Mapped[Key] = mapped_column(init=False)
    part_id: Mapped[int] = mapped_column(ForeignKey("parts.id"))
    place_id: Mapped[int] = mapped_column(ForeignKey("places.id"))
    # the lot as the first piece of it was marked
    lot: Mapped[str] = mapped_column(String(100), default="")
    lot_key: Mapped[str] = mapped_column(SERIAL_KEY, default="")
    component_id: Mapped[int | None] = mapped_column(ForeignKey("components.id"), default=None)
    bounded: Mapped[bool] = mapped_column(Boolean)
    pickable: Mapped[bool] = mapped_column(Boolean, default=False)
    quantity: Mapped[int] = mapped_column(Integer, default=0)
    # what this component cost, in the store's currency
    cost_minor: Mapped[Minor] = mapped_column(default=0)


class Reservation(Base):
    """Pieces promised to an owner (`order:1042`); `expires_at` None once money has been taken."""

    __tablename__ = "reservations"
    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity_positive"),
        CheckConstraint("component_id IS NULL OR quantity = 1", name="component_is_one"),
        Index("ix_reservations_live", "part_id", "ended_at", "expires_at", "quantity"),
        Index("ix_reservations_owner", "store_id", "owner"),
        Index(
            "uq_reservations_component",
            "component_id",
            unique=True,
            sqlite_where=text("ended_at IS NULL AND component_id IS NOT NULL"),
            postgresql_where=text("ended_at IS NULL AND component_id IS NOT NULL"),
        ),
    )

    id: Mapped[Key] = mapped_column(init=False)
    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"))
    part_id: Mapped[int] = mapped_column(ForeignKey("parts.id"))
    quantity: Mapped[int] = mapped_column(Integer)
    # only this piece, or only pieces of this lot; empty: any
    component_id: Mapped[int | None] = mapped_column(ForeignKey("components.id"), default=None)
    lot_key: Mapped[str] = mapped_column(SERIAL_KEY, default="")
    owner: Mapped[str] = mapped_column(String(64))
    holder: Mapped[str]
    made_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None] = mapped_column(default=None)
