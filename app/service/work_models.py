"""Work on a ticket: clocks, safety, lines done, parts used, checks, the release."""

from datetime import datetime

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

from app.kernel.db import Base, Key, LongText
from app.robots.slot_models import LONGEST_PATH
from app.service.operation_models import SafetyTick

LINE_KEY = String(16)


class Labour(Base):
    """A clock that ran for somebody: on a line of the estimate, or (no key) on the ticket.

    `stopped_at` is when the work ended. Where that was said later than it happened, `correction`
    says why and `stopped_by` who said so.
    """

    __tablename__ = "service_labour"
    __table_args__ = (
        CheckConstraint("stopped_at IS NULL OR stopped_at >= started_at", name="in_order"),
        CheckConstraint("second_id IS NULL OR second_id <> staff_id", name="second_is_another"),
        Index(
            "uq_service_labour_running",
            "staff_id",
            unique=True,
            sqlite_where=text("stopped_at IS NULL"),
            postgresql_where=text("stopped_at IS NULL"),
        ),
        Index("ix_service_labour_ticket", "ticket_id", "id"),
        Index("ix_service_labour_staff", "staff_id", "started_at"),
    )

    id: Mapped[Key] = mapped_column(init=False)
    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"))
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id"))
    line_key: Mapped[str] = mapped_column(LINE_KEY, default="")
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    # who held on, where the work takes two
    second_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"), default=None)
    started_at: Mapped[datetime]
    stopped_at: Mapped[datetime | None] = mapped_column(default=None)
    stopped_by: Mapped[str] = mapped_column(default="")
    correction: Mapped[str] = mapped_column(default="")


class SafetyConfirmation(Base):
    """Somebody has seen to it, with their own hands, before the work. Append-only.

    It holds until the ticket leaves the work; who goes on then confirms again.
    """

    __tablename__ = "safety_confirmations"
    __table_args__ = (Index("ix_safety_confirmations_ticket", "ticket_id", "id"),)

    id: Mapped[Key] = mapped_column(init=False)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id"))
    tick: Mapped[SafetyTick]
    at: Mapped[datetime]
    by: Mapped[str]


class LineDone(Base):
    """A line of the estimate was done; a failed check opens it again."""

    __tablename__ = "lines_done"
    __table_args__ = (
        Index(
            "uq_lines_done_now",
            "ticket_id",
            "line_key",
            unique=True,
            sqlite_where=text("reopened_at IS NULL"),
            postgresql_where=text("reopened_at IS NULL"),
        ),
        CheckConstraint("(reopened_at IS NULL) = (reopened_by = '')", name="reopened_by_somebody"),
    )

    id: Mapped[Key] = mapped_column(init=False)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id"))
    line_key: Mapped[str] = mapped_column(LINE_KEY)
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    at: Mapped[datetime]
    by: Mapped[str]
    note: Mapped[str] = mapped_column(default="")
    reopened_at: Mapped[datetime | None] = mapped_column(default=None)
    reopened_by: Mapped[str] = mapped_column(default="")
    reopened_why: Mapped[str] = mapped_column(default="")


class PartUse(Base):
    """A piece that went into the robot for a line: into a slot, or used up.

    `instead_of_id` is the part of the line where an approved other one stood in for it.
    """

    __tablename__ = "part_uses"
    __table_args__ = (
        UniqueConstraint("occupant_id"),
        CheckConstraint("quantity > 0", name="quantity_positive"),
        CheckConstraint("occupant_id IS NULL OR quantity = 1", name="one_in_a_slot"),
        CheckConstraint("instead_of_id IS NULL OR instead_of_id <> part_id", name="another_part"),
        CheckConstraint("(undone_at IS NULL) = (undone_by = '')", name="undone_by_somebody"),
        Index("ix_part_uses_ticket", "ticket_id", "id"),
        Index("ix_part_uses_part", "part_id", "id"),
    )

    id: Mapped[Key] = mapped_column(init=False)
    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"))
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id"))
    line_key: Mapped[str] = mapped_column(LINE_KEY)
    part_id: Mapped[int] = mapped_column(ForeignKey("parts.id"))
    quantity: Mapped[int] = mapped_column(Integer, default=1)
    slot_path: Mapped[str] = mapped_column(String(LONGEST_PATH), default="")
    occupant_id: Mapped[int | None] = mapped_column(ForeignKey("occupants.id"), default=None)
    instead_of_id: Mapped[int | None] = mapped_column(ForeignKey("parts.id"), default=None)
    # who let it stand in, as printed on the job sheet
    approved_by: Mapped[str] = mapped_column(default="")
    at: Mapped[datetime]
    by: Mapped[str]
    # taken out again
    undone_at: Mapped[datetime | None] = mapped_column(default=None)
    undone_by: Mapped[str] = mapped_column(default="")


class QualityCheck(Base):
    """A second look at the work. `failed_lines`: keys of the lines that were opened again, by
    commas. Append-only.
    """

    __tablename__ = "quality_checks"
    __table_args__ = (
        CheckConstraint("passed = (failed_lines = '')", name="failed_names_lines"),
        Index("ix_quality_checks_ticket", "ticket_id", "id"),
    )

    id: Mapped[Key] = mapped_column(init=False)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id"))
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    passed: Mapped[bool] = mapped_column(Boolean)
    failed_lines: Mapped[LongText] = mapped_column(default="")
    note: Mapped[LongText] = mapped_column(default="")
    # checked by whoever did the work, as a store of one person may
    own_work: Mapped[bool] = mapped_column(Boolean, default=False)
    at: Mapped[datetime]
    by: Mapped[str]


class Release(Base):
    """The robot may leave the workshop. `found`: what spoke against it, JSON. Append-only.

    With something against it a manager has let it go all the same, and said why.
    """

    __tablename__ = "ticket_releases"
    __table_args__ = (
        CheckConstraint("(found = '[]') = (override_by = '')", name="override_by_somebody"),
        CheckConstraint("(override_by = '') = (override_reason = '')", name="override_has_reason"),
        Index("ix_ticket_releases_ticket", "ticket_id", "id"),
        Index("ix_ticket_releases_at", "at", "ticket_id"),
    )

    id: Mapped[Key] = mapped_column(init=False)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id"))
    found: Mapped[LongText] = mapped_column(default="[]")
    override_by: Mapped[str] = mapped_column(default="")
    override_reason: Mapped[str] = mapped_column(default="")
    at: Mapped[datetime]
    by: Mapped[str]


class WorkshopRules(Base):
    """How a store's workshop works where stores differ; without a row as the defaults say."""

    __tablename__ = "workshop_rules"
    __table_args__ = (UniqueConstraint("store_id"),)

    id: Mapped[Key] = mapped_column(init=False)
    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"))
    # there is nobody else: who did the work may check it, and the paper says so
    may_check_own: Mapped[bool] = mapped_column(Boolean, default=False)
    changed_at: Mapped[datetime]
    changed_by: Mapped[str]
