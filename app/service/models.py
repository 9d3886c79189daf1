"""A robot's stay in the workshop, and what was seen, said and changed in it."""

from datetime import datetime

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.customers.models import Customer
from app.kernel.db import Base, Key, LongText
from app.robots.bodyplan import SlotClass
from app.robots.models import Unit
from app.robots.slot_models import LONGEST_PATH
from app.service.states import Backup, FaultKind, PhotoStage, TicketState, WaitingReason
from app.stores.models import Store

CODE = String(32)


class Ticket(Base):
    """A service job on one robot. Only its custody changes; whose it is, and a sale, never.

    `version` rises with each change of a field, and names its line in `ticket_changes`.
    """

    __tablename__ = "tickets"
    __table_args__ = (
        UniqueConstraint("store_id", "number"),
        CheckConstraint("(waiting IS NULL) = (waiting_since IS NULL)", name="waits_since"),
        CheckConstraint("paused_s >= 0 AND paused_before_s >= 0", name="pause_not_negative"),
        CheckConstraint("soc_percent BETWEEN 0 AND 100", name="charge_is_percent"),
        CheckConstraint("falls >= 0", name="falls_not_negative"),
        CheckConstraint("comeback_of_id <> id", name="not_its_own_comeback"),
        CheckConstraint(
            "(ended_at IS NOT NULL) = (state IN ('closed', 'cancelled'))", name="ended_is_final"
        ),
        Index(
            "uq_tickets_open",
            "unit_id",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index("ix_tickets_newest", "store_id", "id"),
        Index("ix_tickets_state", "store_id", "state", "id"),
        Index("ix_tickets_unit", "unit_id", "id"),
        Index("ix_tickets_customer", "customer_id", "id"),
    )

    id: Mapped[Key] = mapped_column(init=False)
    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"))
    number: Mapped[int] = mapped_column(Integer)
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    # who is billed: by default the owner; None: the store itself
    customer_id: Mapped[int | None] = mapped_column(ForeignKey("customers.id"), default=None)
    # who brought it, when that was not the owner
    brought_by: Mapped[str] = mapped_column(default="")
    state: Mapped[TicketState]
    waiting: Mapped[WaitingReason | None] = mapped_column(default=None)
    waiting_since: Mapped[datetime | None] = mapped_column(default=None)
    waiting_note: Mapped[str] = mapped_column(default="")
    promised_at: Mapped[datetime | None] = mapped_column(default=None)
    # how long the promise clock has stood still, without the wait that goes on
    paused_s: Mapped[int] = mapped_column(Integer, default=0)
    # what of it was over when the promise was given
    paused_before_s: Mapped[int] = mapped_column(Integer, default=0)
    complaint: Mapped[LongText]
    # what came with the robot: a JSON list
    accessories: Mapped[LongText] = mapped_column(default="[]")
    seal: Mapped[str] = mapped_column(String(64), default="")
    soc_percent: Mapped[int | None] = mapped_column(Integer, default=None)
    falls: Mapped[int | None] = mapped_column(Integer, default=None)
    # answers to the maker's checklist of exclusions: JSON, code -> seen | suspected | not_seen
    evidence: Mapped[LongText] = mapped_column(default="{}")
    backup: Mapped[Backup | None] = mapped_column(default=None)
    signer: Mapped[str] = mapped_column(default="")
    signature: Mapped[bytes | None] = mapped_column(LargeBinary, default=None)
    made_at: Mapped[datetime]
    made_by: Mapped[str]
    received_at: Mapped[datetime | None] = mapped_column(default=None)
    received_by: Mapped[str] = mapped_column(default="")
    technician_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"), default=None)
    bench_place: Mapped[str] = mapped_column(String(64), default="")
    comeback_of_id: Mapped[int | None] = mapped_column(ForeignKey("tickets.id"), default=None)
    ended_at: Mapped[datetime | None] = mapped_column(default=None)
    outcome: Mapped[LongText] = mapped_column(default="")
    version: Mapped[int] = mapped_column(Integer, default=1)

    unit: Mapped[Unit] = relationship(init=False, lazy="raise", viewonly=True)
    customer: Mapped[Customer | None] = relationship(init=False, lazy="raise", viewonly=True)
    store: Mapped[Store] = relationship(init=False, lazy="raise", viewonly=True)
    comeback_of: Mapped["Ticket | None"] = relationship(
        init=False, lazy="raise", viewonly=True, remote_side="Ticket.id"
    )


class TicketChange(Base):
    """One change of a ticket's fields: who, when, from what to what. Append-only, but for the name
    of who brought the robot, which can be forgotten.

    A move names its states; the first line of a ticket has no `from_state`.
    `before`, `after`: JSON by the fields' names.
    """

    __tablename__ = "ticket_changes"
    __table_args__ = (
        UniqueConstraint("ticket_id", "version"),
        CheckConstraint("from_state IS NULL OR to_state IS NOT NULL", name="a_move_leads_on"),
    )

    id: Mapped[Key] = mapped_column(init=False)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id"))
    version: Mapped[int] = mapped_column(Integer)
    at: Mapped[datetime]
    by: Mapped[str]
    from_state: Mapped[TicketState | None] = mapped_column(default=None)
    to_state: Mapped[TicketState | None] = mapped_column(default=None)
    before: Mapped[LongText] = mapped_column(default="{}")
    after: Mapped[LongText] = mapped_column(default="{}")
    why: Mapped[LongText] = mapped_column(default="")


class TicketWait(Base):
    """A time that a ticket waited for somebody, and whether the promise clock stood meanwhile."""

    __tablename__ = "ticket_waits"
    __table_args__ = (
        CheckConstraint("until IS NULL OR until >= since", name="in_order"),
        Index(
            "uq_ticket_waits_now",
            "ticket_id",
            unique=True,
            sqlite_where=text("until IS NULL"),
            postgresql_where=text("until IS NULL"),
        ),
        Index("ix_ticket_waits_ticket", "ticket_id", "id"),
    )

    id: Mapped[Key] = mapped_column(init=False)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id"))
    reason: Mapped[WaitingReason]
    stops_clock: Mapped[bool] = mapped_column(Boolean)
    note: Mapped[str] = mapped_column(default="")
    since: Mapped[datetime]
    by: Mapped[str]
    until: Mapped[datetime | None] = mapped_column(default=None)
    ended_by: Mapped[str] = mapped_column(default="")


class TicketLink(Base):
    """A key that opens a ticket's public page. Each printed receipt has its own; kept hashed.

    Without `expires_at` it lasts as long as the page: a while after the ticket's end.
    """

    __tablename__ = "ticket_links"
    __table_args__ = (
        UniqueConstraint("token_hash"),
        Index("ix_ticket_links_ticket", "ticket_id", "id"),
    )

    id: Mapped[Key] = mapped_column(init=False)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id"))
    token_hash: Mapped[str] = mapped_column(String(64))
    made_at: Mapped[datetime]
    made_by: Mapped[str]
    expires_at: Mapped[datetime | None] = mapped_column(default=None)
    revoked_at: Mapped[datetime | None] = mapped_column(default=None)
    revoked_by: Mapped[str] = mapped_column(default="")


class TicketPhoto(Base):
    """A picture in the file store, written anew so that only pixels are kept."""

    __tablename__ = "ticket_photos"
    __table_args__ = (Index("ix_ticket_photos_ticket", "ticket_id", "id"),)

    id: Mapped[Key] = mapped_column(init=False)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id"))
    sha256: Mapped[str] = mapped_column(String(64))
    slot_path: Mapped[str] = mapped_column(String(LONGEST_PATH), default="")
    stage: Mapped[PhotoStage]
    caption: Mapped[str] = mapped_column(default="")
    # the customer may see it
    is_shared: Mapped[bool] = mapped_column(Boolean, default=False)
    at: Mapped[datetime]
    by: Mapped[str]
    removed_at: Mapped[datetime | None] = mapped_column(default=None)
    removed_by: Mapped[str] = mapped_column(default="")


class TicketNote(Base):
    """A word among staff. Append-only."""

    __tablename__ = "ticket_notes"
    __table_args__ = (Index("ix_ticket_notes_ticket", "ticket_id", "id"),)

    id: Mapped[Key] = mapped_column(init=False)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id"))
    text: Mapped[LongText]
    at: Mapped[datetime]
    by: Mapped[str]


class Diagnosis(Base):
    """A fault found: where, what it looks like, why, and what is to be done.

    What sat in the slot is written down with it, since it may be gone when somebody counts.
    """

    __tablename__ = "diagnoses"
    __table_args__ = (
        Index("ix_diagnoses_ticket", "ticket_id", "id"),
        Index("ix_diagnoses_unit", "unit_id", "slot_path", "id"),
        Index("ix_diagnoses_store", "store_id", "at", "id"),
    )

    id: Mapped[Key] = mapped_column(init=False)
    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"))
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    model_id: Mapped[int] = mapped_column(ForeignKey("robot_models.id"))
    # empty: the robot as a whole
    slot_path: Mapped[str] = mapped_column(String(LONGEST_PATH), default="")
    symptom: Mapped[str] = mapped_column(CODE)
    cause: Mapped[str] = mapped_column(CODE, default="")
    action: Mapped[str] = mapped_column(CODE, default="")
    note: Mapped[LongText] = mapped_column(default="")
    # a figure as written, and its unit
    measurement: Mapped[str] = mapped_column(String(32), default="")
    measured_in: Mapped[str] = mapped_column(String(32), default="")
    component_id: Mapped[int | None] = mapped_column(ForeignKey("components.id"), default=None)
    part_number: Mapped[str] = mapped_column(String(64), default="")
    lot: Mapped[str] = mapped_column(String(100), default="")
    firmware: Mapped[str] = mapped_column(String(64), default="")
    at: Mapped[datetime]
    by: Mapped[str]
    withdrawn_at: Mapped[datetime | None] = mapped_column(default=None)
    withdrawn_by: Mapped[str] = mapped_column(default="")


class FaultCode(Base):
    """A store's own code beside those of the house, or one of the house that it does not use."""

    __tablename__ = "fault_codes"
    __table_args__ = (UniqueConstraint("store_id", "kind", "code"),)

    id: Mapped[Key] = mapped_column(init=False)
    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"))
    kind: Mapped[FaultKind]
    code: Mapped[str] = mapped_column(CODE)
    label: Mapped[str]
    # None: anywhere in the body
    slot_class: Mapped[SlotClass | None] = mapped_column(default=None)
    archived: Mapped[bool] = mapped_column(Boolean, default=False)


class ColumnLimit(Base):
    """How many tickets a store wants in one column of the board at most."""

    __tablename__ = "column_limits"
    __table_args__ = (
        UniqueConstraint("store_id", "state"),
        CheckConstraint("most > 0", name="most_positive"),
    )

    id: Mapped[Key] = mapped_column(init=False)
    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"))
    state: Mapped[TicketState]
    most: Mapped[int] = mapped_column(Integer)
