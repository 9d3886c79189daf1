"""A customer: person or company."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Boolean, ForeignKey, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db import Base, Key, LongText


class CustomerKind(StrEnum):
    PERSON = "person"
    COMPANY = "company"


class Customer(Base):
    """Keys beside the typed values find duplicates and answer searches in any writing."""

    __tablename__ = "customers"
    __table_args__ = (
        UniqueConstraint("store_id", "number"),
        Index("ix_customers_phone_key", "store_id", "phone_key"),
        Index("ix_customers_email_key", "store_id", "email_key"),
        Index("ix_customers_name_key", "store_id", "name_key", "id"),
    )

    id: Mapped[Key] = mapped_column(init=False)
    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"))
    number: Mapped[int] = mapped_column(Integer)
    kind: Mapped[CustomerKind]
    name: Mapped[str]
    name_key: Mapped[str]
    contact_name: Mapped[str] = mapped_column(default="")
    phone: Mapped[str] = mapped_column(default="")
    phone_key: Mapped[str] = mapped_column(default="")
    email: Mapped[str] = mapped_column(default="")
    email_key: Mapped[str] = mapped_column(default="")
    street: Mapped[str] = mapped_column(default="")
    postcode: Mapped[str] = mapped_column(default="")
    city: Mapped[str] = mapped_column(default="")
    country: Mapped[str] = mapped_column(String(2), default="")
    vat_id: Mapped[str] = mapped_column(default="")
    language: Mapped[str] = mapped_column(String(8), default="")
    marketing_consent_at: Mapped[datetime | None] = mapped_column(default=None)
    notes: Mapped[LongText] = mapped_column(default="")
    made_at: Mapped[datetime]
    archived: Mapped[bool] = mapped_column(Boolean, default=False)
    version: Mapped[int] = mapped_column(Integer, default=1)
