"""Messages to customers, and how a customer wants to be reached."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db import Base, Key, LongText

# SQLite uses a partial index only for a query that says the same words, so both say these.
WAITING_SQL = "sent_at IS NULL AND given_up_at IS NULL"


class Channel(StrEnum):
    MAIL = "mail"
    TEXT = "text"
    # they want to be told nothing
    NONE = "none"


class Topic(StrEnum):
    """What a message is about: their own affairs, or something else that they may stop."""

    REPAIR = "repair"
    SALE = "sale"
    SURVEY = "survey"
    NEWS = "news"


class ContactChoice(Base):
    """How one customer wants to be reached. No row: by mail, else by text."""

    __tablename__ = "contact_choices"
    __table_args__ = (UniqueConstraint("customer_id"), UniqueConstraint("stop_hash"))

    id: Mapped[Key] = mapped_column(init=False)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"))
    channel: Mapped[Channel | None] = mapped_column(default=None)
    # from then on nothing but what is about their own affairs
    stopped_at: Mapped[datetime | None] = mapped_column(default=None)
    # of the key in a link that stops, of before each message kept that of its own
    stop_hash: Mapped[str | None] = mapped_column(String(64), default=None)


class Message(Base):
    """One message, written when it was due and delivered after that.

    Messages about one thing (`reference`) go out in the order in which they were written. `key`
    says what must not be written twice.
    """

    __tablename__ = "messages"
    __table_args__ = (
        UniqueConstraint("store_id", "key"),
        CheckConstraint("channel IN ('mail', 'text')", name="channel_carries"),
        CheckConstraint("sent_at IS NULL OR given_up_at IS NULL", name="sent_or_given_up"),
        Index(
            "ix_messages_waiting",
            "reference",
            "id",
            sqlite_where=text(WAITING_SQL),
            postgresql_where=text(WAITING_SQL),
        ),
        Index("ix_messages_newest", "store_id", "id"),
        Index("ix_messages_reference", "store_id", "reference", "id"),
        Index("ix_messages_customer", "customer_id", "id"),
        Index("uq_messages_stop_hash", "stop_hash", unique=True),
    )

    id: Mapped[Key] = mapped_column(init=False)
    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"))
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"))
    topic: Mapped[Topic]
    channel: Mapped[Channel]
    address: Mapped[str]
    language: Mapped[str] = mapped_column(String(8))
    reference: Mapped[str] = mapped_column(String(64))
    key: Mapped[str] = mapped_column(String(120))
    subject: Mapped[str]
    body: Mapped[LongText]
    # where the customer stops what is not about their own affairs; empty: nothing to stop
    stop_link: Mapped[str] = mapped_column(String(300), default="")
    # of the key in it: the key itself stands in the message alone
    stop_hash: Mapped[str | None] = mapped_column(String(64), default=None)
    written_at: Mapped[datetime]
    due_at: Mapped[datetime]
    tries: Mapped[int] = mapped_column(Integer, default=0)
    claimed_until: Mapped[datetime | None] = mapped_column(default=None)
    sent_at: Mapped[datetime | None] = mapped_column(default=None)
    given_up_at: Mapped[datetime | None] = mapped_column(default=None)
    last_error: Mapped[str] = mapped_column(default="")
