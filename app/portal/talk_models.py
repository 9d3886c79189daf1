"""What a customer and the store write to each other about a repair."""

from datetime import datetime

from sqlalchemy import Boolean, CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db import Base, Key, LongText

IS_UNREAD = "from_customer AND read_at IS NULL"


class TalkMessage(Base):
    """A message between a customer and the store. Nobody takes it back or changes it; that a
    customer's was read is noted once, and words go when their writer is forgotten.
    """

    __tablename__ = "talk_messages"
    __table_args__ = (
        UniqueConstraint("ticket_id", "token"),
        CheckConstraint("(read_at IS NULL) = (read_by = '')", name="read_by_somebody"),
        CheckConstraint("from_customer OR read_at IS NULL", name="only_theirs_wait"),
        CheckConstraint("from_customer = (by = '')", name="ours_are_signed"),
        Index("ix_talk_messages_ticket", "ticket_id", "id"),
        Index(
            "ix_talk_messages_unread",
            "ticket_id",
            sqlite_where=text(IS_UNREAD),
            postgresql_where=text(IS_UNREAD),
        ),
    )

    id: Mapped[Key] = mapped_column(init=False)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id"))
    from_customer: Mapped[bool] = mapped_column(Boolean)
    text: Mapped[LongText]
    # what came with it: a JSON list of the ticket's pictures
    photos: Mapped[LongText]
    at: Mapped[datetime]
    # who of the store wrote it; empty: the customer
    by: Mapped[str]
    # the form's own, so that a form that is sent twice says it once
    token: Mapped[str] = mapped_column(String(64))
    read_at: Mapped[datetime | None] = mapped_column(default=None)
    read_by: Mapped[str] = mapped_column(default="")
