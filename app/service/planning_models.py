"""The workshop's plan: benches, what people can do, appointments, preventive service, its dues."""

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

from app.identity.models import Staff
from app.kernel.db import Base, Key, LongText
from app.kernel.text import Text, msg
from app.robots.models import RobotModel
from app.service.models import Ticket

TAG = String(32)


class BenchKind(StrEnum):
    BENCH = "bench"
    HOIST = "hoist"
    CELL = "cell"
    VAN = "van"


class Occasion(StrEnum):
    """What happens to a robot that a plan may ask a look for."""

    FALL = "fall"
    SHIPPING = "shipping"
    FIRMWARE = "firmware"


BENCH_LABELS: dict[BenchKind, Text] = {
    BenchKind.BENCH: msg("Bench"),
    BenchKind.HOIST: msg("Hoist"),
    BenchKind.CELL: msg("Calibration cell"),
    BenchKind.VAN: msg("Van, for visits on site"),
}
OCCASION_LABELS: dict[Occasion, Text] = {
    Occasion.FALL: msg("After a fall"),
    Occasion.SHIPPING: msg("After shipping"),
    Occasion.FIRMWARE: msg("After a firmware change"),
}


class Bench(Base):
    """A place where one robot at a time is worked on; a van is one too, for visits on site."""

    __tablename__ = "benches"
    __table_args__ = (UniqueConstraint("store_id", "name_key"),)

    id: Mapped[Key] = mapped_column(init=False)
    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"))
    name: Mapped[str] = mapped_column(String(64))
    name_key: Mapped[str] = mapped_column(String(64))
    kind: Mapped[BenchKind]
    archived: Mapped[bool] = mapped_column(Boolean, default=False)


class StaffSkill(Base):
    """A word for what somebody can do: a maker, an operation, whatever the store tells apart."""

    __tablename__ = "staff_skills"
    __table_args__ = (UniqueConstraint("staff_id", "tag_key"),)

    id: Mapped[Key] = mapped_column(init=False)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    tag: Mapped[str] = mapped_column(TAG)
    tag_key: Mapped[str] = mapped_column(TAG)


class Appointment(Base):
    """A bench, and mostly a person, kept for a ticket from one moment to another.

    Two that stand never share a bench or a person at one moment: the database refuses them.
    """

    __tablename__ = "appointments"
    __table_args__ = (
        CheckConstraint("ends_at > starts_at", name="in_order"),
        CheckConstraint("(ended_at IS NULL) = (ended_by = '')", name="ended_by_somebody"),
        Index(
            "uq_appointments_ticket",
            "ticket_id",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index("ix_appointments_store", "store_id", "starts_at", "id"),
        Index("ix_appointments_bench", "bench_id", "starts_at"),
        Index("ix_appointments_staff", "staff_id", "starts_at"),
    )

    id: Mapped[Key] = mapped_column(init=False)
    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"))
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id"))
    bench_id: Mapped[int] = mapped_column(ForeignKey("benches.id"))
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"), default=None)
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    # what whoever does it has to be able to do
    skill: Mapped[str] = mapped_column(TAG, default="")
    made_at: Mapped[datetime]
    made_by: Mapped[str]
    version: Mapped[int] = mapped_column(Integer, default=1)
    # called off
    ended_at: Mapped[datetime | None] = mapped_column(default=None)
    ended_by: Mapped[str] = mapped_column(default="")
    why: Mapped[str] = mapped_column(default="")

    bench: Mapped[Bench] = relationship(init=False, lazy="raise", viewonly=True)
    ticket: Mapped[Ticket] = relationship(init=False, lazy="raise", viewonly=True)
    person: Mapped[Staff | None] = relationship(init=False, lazy="raise", viewonly=True)


class ServicePlan(Base):
    """Preventive service as the store, and not the maker, sets it: for a model, or for all.

    `items`: what is done, a JSON list.
    """

    __tablename__ = "service_plans"
    __table_args__ = (
        CheckConstraint("every_months BETWEEN 1 AND 240", name="months"),
        CheckConstraint("every_hours BETWEEN 1 AND 1000000", name="hours"),
        CheckConstraint("every_cycles BETWEEN 1 AND 1000000", name="cycles"),
        CheckConstraint(
            "every_months IS NOT NULL OR every_hours IS NOT NULL OR every_cycles IS NOT NULL"
            " OR occasion IS NOT NULL",
            name="has_an_interval",
        ),
        CheckConstraint("minutes BETWEEN 5 AND 2880", name="minutes"),
        Index("ix_service_plans_store", "store_id", "id"),
    )

    id: Mapped[Key] = mapped_column(init=False)
    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"))
    name: Mapped[str]
    # None: every model
    model_id: Mapped[int | None] = mapped_column(ForeignKey("robot_models.id"), default=None)
    every_months: Mapped[int | None] = mapped_column(Integer, default=None)
    every_hours: Mapped[int | None] = mapped_column(Integer, default=None)
    every_cycles: Mapped[int | None] = mapped_column(Integer, default=None)
    occasion: Mapped[Occasion | None] = mapped_column(default=None)
    minutes: Mapped[int] = mapped_column(Integer)
    items: Mapped[LongText] = mapped_column(default="[]")
    archived: Mapped[bool] = mapped_column(Boolean, default=False)
    version: Mapped[int] = mapped_column(Integer, default=1)

    model: Mapped[RobotModel | None] = relationship(init=False, lazy="raise", viewonly=True)


class PlanTicket(Base):
    """A ticket that does a plan's work; done when the robot was given back.

    `hours_s`, `cycles`: what the counters stood for then, over all of the robot's meters.
    """

    __tablename__ = "plan_tickets"
    __table_args__ = (
        UniqueConstraint("ticket_id", "plan_id"),
        CheckConstraint("hours_s >= 0 AND cycles >= 0", name="counts_not_negative"),
        Index("ix_plan_tickets_unit", "unit_id", "plan_id", "id"),
        Index("ix_plan_tickets_plan", "plan_id", "done_on"),
    )

    id: Mapped[Key] = mapped_column(init=False)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id"))
    plan_id: Mapped[int] = mapped_column(ForeignKey("service_plans.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    made_at: Mapped[datetime]
    made_by: Mapped[str]
    done_on: Mapped[date | None] = mapped_column(default=None)
    done_at: Mapped[datetime | None] = mapped_column(default=None)
    hours_s: Mapped[int] = mapped_column(BigInteger, default=0)
    cycles: Mapped[int] = mapped_column(BigInteger, default=0)


class UnitOccasion(Base):
    """A robot fell, was shipped, or got another firmware. Append-only."""

    __tablename__ = "unit_occasions"
    __table_args__ = (Index("ix_unit_occasions_unit", "unit_id", "occasion", "at"),)

    id: Mapped[Key] = mapped_column(init=False)
    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    occasion: Mapped[Occasion]
    at: Mapped[datetime]
    by: Mapped[str]


class TicketLoan(Base):
    """A robot lent to a ticket's customer while their own is here."""

    __tablename__ = "ticket_loans"
    __table_args__ = (
        UniqueConstraint("loan_id"),
        Index("ix_ticket_loans_ticket", "ticket_id", "id"),
    )

    id: Mapped[Key] = mapped_column(init=False)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id"))
    loan_id: Mapped[int] = mapped_column(ForeignKey("loans.id"))


class TicketVisit(Base):
    """A ticket that is worked on where the robot stands. No row: in the workshop."""

    __tablename__ = "ticket_visits"
    __table_args__ = (UniqueConstraint("ticket_id"),)

    id: Mapped[Key] = mapped_column(init=False)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id"))
    address: Mapped[LongText]
    contact: Mapped[str] = mapped_column(default="")
    made_at: Mapped[datetime]
    made_by: Mapped[str]


class WorkshopDay(Base):
    """When the workshop is open on a weekday (0: Monday), in minutes of the day; none: closed.

    A weekday without a row is as a workshop mostly has it; see hours.py.
    """

    __tablename__ = "workshop_days"
    __table_args__ = (
        UniqueConstraint("store_id", "weekday"),
        CheckConstraint("weekday BETWEEN 0 AND 6", name="weekday"),
        CheckConstraint("(opens IS NULL) = (closes IS NULL)", name="both_or_none"),
        CheckConstraint("opens >= 0 AND opens < closes AND closes <= 1440", name="in_order"),
    )

    id: Mapped[Key] = mapped_column(init=False)
    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"))
    weekday: Mapped[int] = mapped_column(Integer)
    opens: Mapped[int | None] = mapped_column(Integer, default=None)
    closes: Mapped[int | None] = mapped_column(Integer, default=None)


class WorkshopClosure(Base):
    """A day on which the workshop is closed though its weekday says otherwise: a holiday."""

    __tablename__ = "workshop_closures"
    __table_args__ = (UniqueConstraint("store_id", "day"),)

    id: Mapped[Key] = mapped_column(init=False)
    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"))
    day: Mapped[date]
    why: Mapped[str] = mapped_column(String(200), default="")
