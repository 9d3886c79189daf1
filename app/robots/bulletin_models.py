"""Makers' bulletins: what they say, which robots they mean, and where they are settled."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db import Base, Key, LongText
from app.robots.models import SERIAL_KEY
from app.robots.slot_models import Occupant


class BulletinKind(StrEnum):
    """How pressing a bulletin is; from `mandatory` on it keeps a robot here."""

    INFORMATION = "information"
    RECOMMENDED = "recommended"
    MANDATORY = "mandatory"
    STOP_SALE = "stop_sale"


class Outcome(StrEnum):
    """How a bulletin was settled on one robot."""

    DONE = "done"
    NOT_AFFECTED = "not_affected"


class Bulletin(Base):
    """A maker's recall or service bulletin. Which robots it concerns is asked, never stored.

    Its words never change; it may be withdrawn once, and issued anew under the same code.
    """

    __tablename__ = "bulletins"
    __table_args__ = (
        Index(
            "uq_bulletins_code_live",
            "maker_id",
            "code_key",
            unique=True,
            sqlite_where=text("withdrawn_at IS NULL"),
            postgresql_where=text("withdrawn_at IS NULL"),
        ),
        Index("ix_bulletins_newest", "issued_on", "id"),
        CheckConstraint("due_on IS NULL OR due_on >= issued_on", name="due_after_issue"),
    )

    id: Mapped[Key] = mapped_column(init=False)
    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"))
    maker_id: Mapped[int] = mapped_column(ForeignKey("makers.id"))
    code: Mapped[str] = mapped_column(String(64))
    code_key: Mapped[str] = mapped_column(String(64))
    title: Mapped[str]
    kind: Mapped[BulletinKind]
    text: Mapped[LongText] = mapped_column(default="")
    source: Mapped[str] = mapped_column(default="")
    issued_on: Mapped[date]
    due_on: Mapped[date | None] = mapped_column(default=None)
    made_at: Mapped[datetime]
    made_by: Mapped[str]
    withdrawn_at: Mapped[datetime | None] = mapped_column(default=None)
    withdrawn_by: Mapped[str] = mapped_column(default="")
    withdrawal_reason: Mapped[str] = mapped_column(default="")


class BulletinCriterion(Base):
    """One way to be concerned: every condition that is filled must fit. Append-only.

    `serials` and `firmware` are ranges as serialranges and versions read them, `revisions` keys
    parted by commas; part and lot are of a component that sits inside.
    """

    __tablename__ = "bulletin_criteria"
    __table_args__ = (UniqueConstraint("bulletin_id", "position"),)

    id: Mapped[Key] = mapped_column(init=False)
    bulletin_id: Mapped[int] = mapped_column(ForeignKey("bulletins.id"))
    position: Mapped[int] = mapped_column(Integer)
    model_id: Mapped[int | None] = mapped_column(ForeignKey("robot_models.id"), default=None)
    serials: Mapped[LongText] = mapped_column(default="")
    revisions: Mapped[LongText] = mapped_column(default="")
    firmware: Mapped[LongText] = mapped_column(default="")
    part_number: Mapped[str] = mapped_column(String(64), default="")
    part_key: Mapped[str] = mapped_column(String(64), default="")
    lot: Mapped[str] = mapped_column(String(100), default="")
    lot_key: Mapped[str] = mapped_column(SERIAL_KEY, default="")


class BulletinCompletion(Base):
    """That a bulletin was settled on a robot, and which criterion it fitted then. Append-only.

    It counts until a component comes in later that the bulletin concerns.
    """

    __tablename__ = "bulletin_completions"
    __table_args__ = (
        Index("ix_bulletin_completions_bulletin", "bulletin_id", "store_id", "unit_id"),
        Index("ix_bulletin_completions_unit", "unit_id", "bulletin_id"),
    )

    id: Mapped[Key] = mapped_column(init=False)
    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"))
    bulletin_id: Mapped[int] = mapped_column(ForeignKey("bulletins.id"))
    criterion_id: Mapped[int] = mapped_column(ForeignKey("bulletin_criteria.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    outcome: Mapped[Outcome]
    at: Mapped[datetime]
    reference: Mapped[str] = mapped_column(String(64), default="")
    note: Mapped[LongText] = mapped_column(default="")
    by: Mapped[str]


# Who carries a part that nobody keeps serials of, whatever its lot. Those with serials are found
# by `components`, so that most rows stay out of this index.
_LOTTED_NOW = text("until IS NULL AND part_key <> ''")
Index(
    "ix_occupants_part_now",
    Occupant.store_id,
    Occupant.part_key,
    sqlite_where=_LOTTED_NOW,
    postgresql_where=_LOTTED_NOW,
)
