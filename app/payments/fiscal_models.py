"""What a national fiscal device said of an issued document."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db import Base, Key, LongText

# SQLite uses a partial index only for a query that says the same words, so both say these.
UNSIGNED_SQL = "state = 'unsigned'"


class SignatureState(StrEnum):
    SIGNED = "signed"
    # not yet, or not at all: `reason` says why
    UNSIGNED = "unsigned"


class FiscalSignature(Base):
    """One document's signature; unchangeable once it is signed. Asked for after the commit."""

    __tablename__ = "fiscal_signatures"
    __table_args__ = (
        UniqueConstraint("document_id"),
        CheckConstraint("(state = 'signed') = (signed_at IS NOT NULL)", name="signed_has_a_time"),
        CheckConstraint("state = 'signed' OR reason <> ''", name="unsigned_has_a_reason"),
        Index(
            "ix_fiscal_signatures_unsigned",
            "store_id",
            "id",
            sqlite_where=text(UNSIGNED_SQL),
            postgresql_where=text(UNSIGNED_SQL),
        ),
    )

    id: Mapped[Key] = mapped_column(init=False)
    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"))
    document_id: Mapped[int] = mapped_column(ForeignKey("issued_documents.id"))
    device: Mapped[str] = mapped_column(String(64))
    state: Mapped[SignatureState] = mapped_column(default=SignatureState.UNSIGNED)
    reason: Mapped[str] = mapped_column(default="")
    tries: Mapped[int] = mapped_column(Integer, default=0)
    # as the device gave them
    serial: Mapped[str] = mapped_column(String(128), default="")
    transaction_number: Mapped[str] = mapped_column(String(64), default="")
    counter: Mapped[str] = mapped_column(String(32), default="")
    signature: Mapped[LongText] = mapped_column(default="")
    signed_at: Mapped[datetime | None] = mapped_column(default=None)
