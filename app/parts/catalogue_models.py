"""What is known of parts beside their stock: numbers, fit, successors, stand-ins, pictures."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    String,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.kernel.db import Base, Key, LongText
from app.parts.models import Part
from app.robots.bodyplan import SlotClass
from app.robots.models import SERIAL_KEY, RobotModel
from app.robots.slot_models import LONGEST_PATH


class NumberKind(StrEnum):
    """Whose number a further number of a part is."""

    MAKER = "maker"
    SUPPLIER = "supplier"
    GTIN = "gtin"
    OTHER = "other"


class PartNumber(Base):
    """A number beside a part's own; one owner gives the same number to one part only."""

    __tablename__ = "part_numbers"
    __table_args__ = (
        UniqueConstraint("store_id", "kind", "owner_key", "bare_key"),
        CheckConstraint("length(bare_key) > 0", name="number_not_empty"),
        Index("ix_part_numbers_bare_key", "store_id", "bare_key", "part_id"),
        Index("ix_part_numbers_part", "part_id", "id"),
    )

    id: Mapped[Key] = mapped_column(init=False)
    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"))
    part_id: Mapped[int] = mapped_column(ForeignKey("parts.id"))
    kind: Mapped[NumberKind]
    # the maker or supplier who calls it so; a GTIN has none
    owner: Mapped[str] = mapped_column(String(100), default="")
    owner_key: Mapped[str] = mapped_column(String(100), default="")
    number: Mapped[str] = mapped_column(String(64))
    # what a search compares: without case, dashes and spaces; a GTIN with 14 digits
    bare_key: Mapped[str] = mapped_column(SERIAL_KEY)


class PartText(Base):
    """What a search for a piece of number or name looks through; triggers keep it.

    A part has one of these for its own number and name, and one for each further number.
    """

    __tablename__ = "part_texts"
    __table_args__ = (
        Index("ix_part_texts_part", "part_id", "number_id"),
        Index("ix_part_texts_number", "number_id"),
    )

    id: Mapped[Key] = mapped_column(init=False)
    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"))
    part_id: Mapped[int] = mapped_column(ForeignKey("parts.id"))
    number_id: Mapped[int | None] = mapped_column(ForeignKey("part_numbers.id"), default=None)
    key: Mapped[LongText]


class PartFit(Base):
    """A place in robots in which a part works; what is empty is no condition."""

    __tablename__ = "part_fits"
    __table_args__ = (
        CheckConstraint("(slot_path <> '') <> (slot_class IS NOT NULL)", name="path_or_class"),
        Index("ix_part_fits_part", "part_id", "id"),
        Index("ix_part_fits_model", "model_id", "part_id"),
    )

    id: Mapped[Key] = mapped_column(init=False)
    part_id: Mapped[int] = mapped_column(ForeignKey("parts.id"))
    model_id: Mapped[int] = mapped_column(ForeignKey("robot_models.id"))
    slot_path: Mapped[str] = mapped_column(String(LONGEST_PATH), default="")
    slot_class: Mapped[SlotClass | None] = mapped_column(default=None)
    # Ranges as typed: of the part's own revision, of the robot's hardware revision, of firmware.
    part_revisions: Mapped[str] = mapped_column(String(300), default="")
    revisions: Mapped[str] = mapped_column(String(300), default="")
    firmware: Mapped[str] = mapped_column(String(300), default="")
    note: Mapped[str] = mapped_column(default="")
    made_at: Mapped[datetime]
    made_by: Mapped[str]

    model: Mapped[RobotModel] = relationship(init=False, lazy="raise")


class Supersession(Base):
    """A part that another one replaces. Triggers refuse a ring of them, also in parallel."""

    __tablename__ = "supersessions"
    __table_args__ = (
        UniqueConstraint("old_part_id"),
        CheckConstraint("old_part_id <> new_part_id", name="not_by_itself"),
        Index("ix_supersessions_new", "new_part_id"),
    )

    id: Mapped[Key] = mapped_column(init=False)
    old_part_id: Mapped[int] = mapped_column(ForeignKey("parts.id"))
    new_part_id: Mapped[int] = mapped_column(ForeignKey("parts.id"))
    # the old one may also be used where the new one is asked for
    both_ways: Mapped[bool]
    note: Mapped[str] = mapped_column(default="")
    made_at: Mapped[datetime]
    made_by: Mapped[str]


class Substitution(Base):
    """A part that may be used in place of another one, approved by somebody until some day."""

    __tablename__ = "substitutions"
    __table_args__ = (
        CheckConstraint("part_id <> instead_of_id", name="not_for_itself"),
        CheckConstraint("slot_path = '' OR slot_class IS NULL", name="path_or_class"),
        Index("ix_substitutions_instead_of", "instead_of_id", "part_id"),
        Index("ix_substitutions_part", "part_id"),
    )

    id: Mapped[Key] = mapped_column(init=False)
    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"))
    part_id: Mapped[int] = mapped_column(ForeignKey("parts.id"))
    instead_of_id: Mapped[int] = mapped_column(ForeignKey("parts.id"))
    # Only in this model, only in this slot or kind of slot; empty: wherever the other one fits.
    model_id: Mapped[int | None] = mapped_column(ForeignKey("robot_models.id"), default=None)
    slot_path: Mapped[str] = mapped_column(String(LONGEST_PATH), default="")
    slot_class: Mapped[SlotClass | None] = mapped_column(default=None)
    reason: Mapped[LongText]
    approved_at: Mapped[datetime]
    approved_by: Mapped[str]
    # its last day; None: until it is withdrawn
    until: Mapped[date | None] = mapped_column(default=None)
    withdrawn_at: Mapped[datetime | None] = mapped_column(default=None)
    withdrawn_by: Mapped[str] = mapped_column(default="")

    part: Mapped[Part] = relationship(init=False, lazy="raise", foreign_keys=part_id)
    instead_of: Mapped[Part] = relationship(init=False, lazy="raise", foreign_keys=instead_of_id)
    model: Mapped[RobotModel | None] = relationship(init=False, lazy="raise")


class PartPicture(Base):
    """A picture of a part: two files by their contents, and what they show in words."""

    __tablename__ = "part_pictures"
    __table_args__ = (
        UniqueConstraint("part_id", "sha256"),
        Index("ix_part_pictures_part", "part_id", "position", "id"),
    )

    id: Mapped[Key] = mapped_column(init=False)
    part_id: Mapped[int] = mapped_column(ForeignKey("parts.id"))
    position: Mapped[int] = mapped_column(Integer)
    sha256: Mapped[str] = mapped_column(String(64))
    preview_sha256: Mapped[str] = mapped_column(String(64))
    alt: Mapped[str]
    added_at: Mapped[datetime]
    added_by: Mapped[str]
