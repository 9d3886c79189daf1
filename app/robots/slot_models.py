"""What is inside a robot: slots, components in them from when to when, versions, counters."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.kernel.db import Base, Key, LongText
from app.robots.bodyplan import Side, SlotClass
from app.robots.models import SERIAL_KEY, RobotModel

LONGEST_PATH = 160


class Control(StrEnum):
    """What a slot wants to know of its occupant."""

    SERIAL = "serial"
    LOT = "lot"
    NONE = "none"


class VersionOf(StrEnum):
    """What in a robot carries a version of its own, besides its components."""

    ROBOT = "robot"
    CONTROLLER = "controller"
    AI_MODEL = "ai_model"
    COMPONENT = "component"


class Counter(StrEnum):
    """What a robot counts. Hours are kept in seconds, all others in ones."""

    HOURS = "hours"
    STEPS = "steps"
    FALLS = "falls"
    CYCLES = "cycles"


class BodyPlan(Base):
    """The slots of one hardware revision of a model; the empty revision is for all others."""

    __tablename__ = "body_plans"
    __table_args__ = (UniqueConstraint("model_id", "revision_key"),)

    id: Mapped[Key] = mapped_column(init=False)
    model_id: Mapped[int] = mapped_column(ForeignKey("robot_models.id"))
    revision: Mapped[str] = mapped_column(String(64))
    revision_key: Mapped[str] = mapped_column(String(64))
    # The file that the slots came from; empty for a plan made by hand.
    file_name: Mapped[str] = mapped_column(default="")
    file_sha256: Mapped[str] = mapped_column(String(64), default="")
    made_at: Mapped[datetime]
    made_by: Mapped[str]

    model: Mapped[RobotModel] = relationship(init=False, lazy="raise")


class Slot(Base):
    """A named position in the body. `x_um`, `y_um`, `z_um`: micrometres in the root's frame."""

    __tablename__ = "slots"
    __table_args__ = (
        UniqueConstraint("plan_id", "path"),
        CheckConstraint("control IN ('serial', 'lot', 'none')", name="control_known"),
        CheckConstraint("parent_id <> id", name="not_its_own_parent"),
        CheckConstraint(
            "(x_um IS NULL) = (y_um IS NULL) AND (y_um IS NULL) = (z_um IS NULL)",
            name="position_is_whole",
        ),
        Index("ix_slots_place", "plan_id", "place"),
    )

    id: Mapped[Key] = mapped_column(init=False)
    plan_id: Mapped[int] = mapped_column(ForeignKey("body_plans.id"))
    # where it stands in the tree, parents first
    place: Mapped[int] = mapped_column(Integer)
    path: Mapped[str] = mapped_column(String(LONGEST_PATH))
    slot_class: Mapped[SlotClass]
    side: Mapped[Side]
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("slots.id"), default=None)
    control: Mapped[Control] = mapped_column(default=Control.SERIAL)
    joint_name: Mapped[str] = mapped_column(String(100), default="")
    link_name: Mapped[str] = mapped_column(String(100), default="")
    x_um: Mapped[int | None] = mapped_column(Integer, default=None)
    y_um: Mapped[int | None] = mapped_column(Integer, default=None)
    z_um: Mapped[int | None] = mapped_column(Integer, default=None)
    # Travel, speed and load of the joint as JSON, numbers as written; empty: none stated.
    limits: Mapped[LongText] = mapped_column(default="")

    parts: Mapped[list["SlotPart"]] = relationship(
        init=False, lazy="raise", order_by="SlotPart.part_key"
    )


class SlotPart(Base):
    """A part number that may sit in a slot; a slot without any takes whatever is of its class."""

    __tablename__ = "slot_parts"
    __table_args__ = (UniqueConstraint("slot_id", "part_key"),)

    id: Mapped[Key] = mapped_column(init=False)
    slot_id: Mapped[int] = mapped_column(ForeignKey("slots.id"))
    part_number: Mapped[str] = mapped_column(String(64))
    part_key: Mapped[str] = mapped_column(String(64))


class Component(Base):
    """One physical component with a serial number, in a robot or out of it."""

    __tablename__ = "components"
    __table_args__ = (
        # the house over, wherever it is now: a serial belongs to one thing
        UniqueConstraint("series", "serial_key"),
        CheckConstraint("length(serial_key) > 0", name="serial_not_empty"),
        Index("ix_components_serial_key", "store_id", "serial_key", "id"),
        Index("ix_components_lot", "store_id", "lot_key", "part_key", "id"),
        Index("ix_components_part", "store_id", "part_key", "id"),
    )

    id: Mapped[Key] = mapped_column(init=False)
    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"))
    # Whose numbering the serial is of: the part number's key; while that is not known, maker and
    # class. See components.series_of().
    series: Mapped[str] = mapped_column(String(120))
    serial: Mapped[str] = mapped_column(String(100))
    serial_key: Mapped[str] = mapped_column(SERIAL_KEY)
    slot_class: Mapped[SlotClass]
    part_number: Mapped[str] = mapped_column(String(64), default="")
    part_key: Mapped[str] = mapped_column(String(64), default="")
    name: Mapped[str] = mapped_column(default="")
    lot: Mapped[str] = mapped_column(String(100), default="")
    lot_key: Mapped[str] = mapped_column(SERIAL_KEY, default="")
    maker_id: Mapped[int | None] = mapped_column(ForeignKey("makers.id"), default=None)
    firmware: Mapped[str] = mapped_column(String(64), default="")
    made_on: Mapped[date | None] = mapped_column(default=None)
    registered_at: Mapped[datetime]


class ComponentMove(Base):
    """A component went from one store of the house to another. Append-only."""

    __tablename__ = "component_moves"
    __table_args__ = (
        Index("ix_component_moves_component", "component_id", "id"),
        CheckConstraint("from_store_id <> to_store_id", name="to_another"),
    )

    id: Mapped[Key] = mapped_column(init=False)
    component_id: Mapped[int] = mapped_column(ForeignKey("components.id"))
    from_store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"))
    to_store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"))
    at: Mapped[datetime]
    by: Mapped[str]
    reason: Mapped[str] = mapped_column(default="")


class Occupant(Base):
    """What sat in a slot of a robot, from `since` until just before `until`.

    A component, or a part by number and lot where nobody keeps serials. It is written when it is
    fitted, and once more when it is removed; triggers refuse any other change, and overlaps.
    """

    __tablename__ = "occupants"
    __table_args__ = (
        Index(
            "uq_occupants_slot_now",
            "unit_id",
            "slot_id",
            unique=True,
            sqlite_where=text("until IS NULL"),
            postgresql_where=text("until IS NULL"),
        ),
        Index(
            "uq_occupants_component_now",
            "component_id",
            unique=True,
            sqlite_where=text("until IS NULL"),
            postgresql_where=text("until IS NULL"),
        ),
        Index(
            "uq_occupants_as_built",
            "unit_id",
            "slot_id",
            unique=True,
            sqlite_where=text("as_built"),
            postgresql_where=text("as_built"),
        ),
        Index(
            "ix_occupants_lot_now",
            "store_id",
            "lot_key",
            "part_key",
            sqlite_where=text("until IS NULL"),
            postgresql_where=text("until IS NULL"),
        ),
        Index("ix_occupants_slot", "unit_id", "slot_id", "since"),
        Index("ix_occupants_component", "component_id", "since"),
        Index("ix_occupants_slots", "slot_id"),
        CheckConstraint("until IS NULL OR until >= since", name="in_order"),
        CheckConstraint(
            "component_id IS NULL OR (part_key = '' AND lot_key = '')", name="component_or_part"
        ),
        CheckConstraint("component_id IS NOT NULL OR part_key <> ''", name="is_something"),
    )

    id: Mapped[Key] = mapped_column(init=False)
    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    slot_id: Mapped[int] = mapped_column(ForeignKey("slots.id"))
    component_id: Mapped[int | None] = mapped_column(ForeignKey("components.id"), default=None)
    part_number: Mapped[str] = mapped_column(String(64), default="")
    part_key: Mapped[str] = mapped_column(String(64), default="")
    lot: Mapped[str] = mapped_column(String(100), default="")
    lot_key: Mapped[str] = mapped_column(SERIAL_KEY, default="")
    firmware: Mapped[str] = mapped_column(String(64), default="")
    as_built: Mapped[bool] = mapped_column(Boolean, default=False)
    since: Mapped[datetime]
    # the ticket or whatever else it was done for
    reference: Mapped[str] = mapped_column(String(64), default="")
    reason: Mapped[str] = mapped_column(default="")
    fitted_by: Mapped[str]
    until: Mapped[datetime | None] = mapped_column(default=None)
    removal_reference: Mapped[str] = mapped_column(String(64), default="")
    removal_reason: Mapped[str] = mapped_column(default="")
    removed_by: Mapped[str] = mapped_column(default="")

    component: Mapped[Component | None] = relationship(init=False, lazy="raise")
    slot: Mapped[Slot] = relationship(init=False, lazy="raise")


class FirmwareRecord(Base):
    """A version that was installed: in a robot (whole, controller, AI model) or a component."""

    __tablename__ = "firmware_records"
    __table_args__ = (
        CheckConstraint("(unit_id IS NULL) <> (component_id IS NULL)", name="of_one_thing"),
        Index("ix_firmware_records_unit", "unit_id", "part", "at", "id"),
        Index("ix_firmware_records_component", "component_id", "at", "id"),
    )

    id: Mapped[Key] = mapped_column(init=False)
    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"))
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("units.id"), default=None)
    component_id: Mapped[int | None] = mapped_column(ForeignKey("components.id"), default=None)
    part: Mapped[VersionOf]
    version: Mapped[str] = mapped_column(String(64))
    # what it replaced, as far as anybody knew
    before: Mapped[str] = mapped_column(String(64), default="")
    at: Mapped[datetime]
    reference: Mapped[str] = mapped_column(String(64), default="")
    by: Mapped[str]


class FirmwareRule(Base):
    """Versions that must not be in one robot together; `parts` is JSON, see versions.py."""

    __tablename__ = "firmware_rules"
    __table_args__ = (UniqueConstraint("model_id", "code_key"),)

    id: Mapped[Key] = mapped_column(init=False)
    model_id: Mapped[int] = mapped_column(ForeignKey("robot_models.id"))
    code: Mapped[str] = mapped_column(String(64))
    code_key: Mapped[str] = mapped_column(String(64))
    reason: Mapped[LongText]
    parts: Mapped[LongText]
    made_at: Mapped[datetime]
    made_by: Mapped[str]
    withdrawn_at: Mapped[datetime | None] = mapped_column(default=None)


class CounterReading(Base):
    """What a robot's counter said. `meter` counts its exchanges: each meter has its own row."""

    __tablename__ = "counter_readings"
    __table_args__ = (
        CheckConstraint("value >= 0", name="not_negative"),
        CheckConstraint("meter >= 1", name="meter_counts_from_one"),
        Index("ix_counter_readings_unit", "unit_id", "counter", "at", "id"),
    )

    id: Mapped[Key] = mapped_column(init=False)
    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    counter: Mapped[Counter]
    meter: Mapped[int] = mapped_column(Integer, default=1)
    value: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[datetime]
    reference: Mapped[str] = mapped_column(String(64), default="")
    by: Mapped[str]


class MeterExchange(Base):
    """A counter began anew, its computer replaced or wiped. Readings go on from `first`."""

    __tablename__ = "meter_exchanges"
    __table_args__ = (
        UniqueConstraint("unit_id", "counter", "meter"),
        CheckConstraint("last >= 0 AND first >= 0", name="not_negative"),
        CheckConstraint("meter >= 2", name="meter_follows_another"),
    )

    id: Mapped[Key] = mapped_column(init=False)
    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    counter: Mapped[Counter]
    # the number of the meter that begins here
    meter: Mapped[int] = mapped_column(Integer)
    last: Mapped[int] = mapped_column(BigInteger)
    first: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[datetime]
    reason: Mapped[str]
    reference: Mapped[str] = mapped_column(String(64), default="")
    by: Mapped[str]
