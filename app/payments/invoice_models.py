"""What is kept beside an issued invoice: its data as XML, and that it was printed again."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Integer, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db import Base, Key


class ElectronicInvoice(Base):
    """An invoice or credit note as Factur-X (EN 16931), written when it was issued. Append-only."""

    __tablename__ = "electronic_invoices"
    __table_args__ = (UniqueConstraint("document_id"),)

    id: Mapped[Key] = mapped_column(init=False)
    document_id: Mapped[int] = mapped_column(ForeignKey("issued_documents.id"))
    xml: Mapped[bytes] = mapped_column(LargeBinary)
    sha256: Mapped[str] = mapped_column(String(64))
    made_at: Mapped[datetime]


class DocumentCopy(Base):
    """That a document was given out again, marked as a copy. Append-only."""

    __tablename__ = "document_copies"
    __table_args__ = (
        UniqueConstraint("document_id", "number"),
        CheckConstraint("way IN ('slip', 'pdf')", name="way_known"),
        CheckConstraint("number > 0", name="number_positive"),
    )

    id: Mapped[Key] = mapped_column(init=False)
    document_id: Mapped[int] = mapped_column(ForeignKey("issued_documents.id"))
    number: Mapped[int] = mapped_column(Integer)
    way: Mapped[str] = mapped_column(String(8))
    made_at: Mapped[datetime]
    made_by: Mapped[str]
