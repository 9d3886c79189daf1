"""Questions to customers, their answers, and what is done about bad ones."""

from datetime import date, datetime

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
from app.survey.states import Occasion, Outcome

# SQLite uses a partial index only for a query that says the same words, so both say these.
OPEN_SQL = "done_at IS NULL"
DONE_SQL = "done_at IS NOT NULL"


class SurveyRules(Base):
    """How a store asks; a store without a row goes by the defaults of `rules.py`."""

    __tablename__ = "survey_rules"
    __table_args__ = (
        UniqueConstraint("store_id"),
        CheckConstraint("quiet_days >= 0", name="quiet_not_negative"),
        CheckConstraint("valid_days >= 1", name="valid_for_some_days"),
        CheckConstraint("follow_up_days >= 1", name="follow_up_takes_days"),
        CheckConstraint("least_answers >= 5", name="nobody_is_singled_out"),
    )

    id: Mapped[Key] = mapped_column(init=False)
    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"))
    asks: Mapped[bool] = mapped_column(Boolean)
    # between two questions to the same customer
    quiet_days: Mapped[int] = mapped_column(Integer)
    # how long a link opens its question
    valid_days: Mapped[int] = mapped_column(Integer)
    # working days until a bad answer is followed up
    follow_up_days: Mapped[int] = mapped_column(Integer)
    # fewer give no figure
    least_answers: Mapped[int] = mapped_column(Integer)


class Survey(Base):
    """One question to one customer, after a handover or a repair. Its key is kept hashed.

    Of a sale with several robots it is tied to the first until the answer says which it is about.
    `staff_id`: who handed over, or did most of the work.
    """

    __tablename__ = "surveys"
    __table_args__ = (
        UniqueConstraint("token_hash"),
        UniqueConstraint("order_id"),
        UniqueConstraint("ticket_id"),
        CheckConstraint("(order_id IS NULL) <> (ticket_id IS NULL)", name="after_one_thing"),
        CheckConstraint(
            "(occasion = 'handover') = (order_id IS NOT NULL)", name="occasion_names_its_thing"
        ),
        CheckConstraint("expires_at > asked_at", name="open_for_a_while"),
        CheckConstraint("(revoked_at IS NULL) = (revoked_by = '')", name="revoked_by_somebody"),
        Index("ix_surveys_newest", "store_id", "id"),
        Index("ix_surveys_asked", "store_id", "asked_at"),
        Index("ix_surveys_model", "store_id", "model_id", "asked_at"),
        Index("ix_surveys_customer", "customer_id", "asked_at"),
    )

    id: Mapped[Key] = mapped_column(init=False)
    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"))
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"))
    occasion: Mapped[Occasion]
    order_id: Mapped[int | None] = mapped_column(ForeignKey("orders.id"), default=None)
    ticket_id: Mapped[int | None] = mapped_column(ForeignKey("tickets.id"), default=None)
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    model_id: Mapped[int] = mapped_column(ForeignKey("robot_models.id"))
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"), default=None)
    language: Mapped[str] = mapped_column(String(8))
    token_hash: Mapped[str] = mapped_column(String(64))
    asked_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None] = mapped_column(default=None)
    revoked_by: Mapped[str] = mapped_column(default="")


class SurveyAnswer(Base):
    """What a customer answered, once. Append-only, but for the comment, which can be forgotten."""

    __tablename__ = "survey_answers"
    __table_args__ = (
        UniqueConstraint("survey_id"),
        CheckConstraint("score BETWEEN 0 AND 10", name="score_in_range"),
        CheckConstraint("length(comment) <= 2000", name="comment_fits"),
    )

    id: Mapped[Key] = mapped_column(init=False)
    survey_id: Mapped[int] = mapped_column(ForeignKey("surveys.id"))
    score: Mapped[int] = mapped_column(Integer)
    comment: Mapped[LongText] = mapped_column(default="")
    language: Mapped[str] = mapped_column(String(8))
    at: Mapped[datetime]


class FollowUp(Base):
    """A bad answer that somebody has to see to, by a working day of the store."""

    __tablename__ = "follow_ups"
    __table_args__ = (
        UniqueConstraint("survey_id"),
        CheckConstraint(
            "(done_at IS NULL) = (outcome IS NULL) AND (done_at IS NULL) = (done_by = '')",
            name="done_with_an_outcome",
        ),
        Index(
            "ix_follow_ups_open",
            "store_id",
            "due_on",
            "id",
            sqlite_where=text(OPEN_SQL),
            postgresql_where=text(OPEN_SQL),
        ),
        Index(
            "ix_follow_ups_done",
            "store_id",
            "id",
            sqlite_where=text(DONE_SQL),
            postgresql_where=text(DONE_SQL),
        ),
    )

    id: Mapped[Key] = mapped_column(init=False)
    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"))
    survey_id: Mapped[int] = mapped_column(ForeignKey("surveys.id"))
    opened_at: Mapped[datetime]
    due_on: Mapped[date]
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"), default=None)
    done_at: Mapped[datetime | None] = mapped_column(default=None)
    done_by: Mapped[str] = mapped_column(default="")
    outcome: Mapped[Outcome | None] = mapped_column(default=None)
    # rises with each change, for who looked before it
    version: Mapped[int] = mapped_column(Integer, default=1)


class FollowUpNote(Base):
    """What was done about a bad answer. Append-only, but for its text, which can be forgotten."""

    __tablename__ = "follow_up_notes"
    __table_args__ = (Index("ix_follow_up_notes_follow_up", "follow_up_id", "id"),)

    id: Mapped[Key] = mapped_column(init=False)
    follow_up_id: Mapped[int] = mapped_column(ForeignKey("follow_ups.id"))
    text: Mapped[LongText]
    at: Mapped[datetime]
    by: Mapped[str]
