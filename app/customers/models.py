"""A customer: person or company."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db import Base, Key, LongText


class CustomerKind(StrEnum):
    PERSON = "person"
    COMPANY = "company"


class Customer(Base):
    """What is known of a customer. Never deleted, since documents name them; only anonymised."""

    __tablename__ = "customers"
    __table_args__ = (
        UniqueConstraint("store_id", "number"),
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
    email: Mapped[str] = mapped_column(default="")
    street: Mapped[str] = mapped_column(default="")
    postcode: Mapped[str] = mapped_column(default="")
    city: Mapped[str] = mapped_column(default="")
    country: Mapped[str] = mapped_column(String(2), default="")
    vat_id: Mapped[str] = mapped_column(default="")
    language: Mapped[str] = mapped_column(String(8), default="")
    marketing_consent_at: Mapped[datetime | None] = mapped_column(default=None)
    notes: Mapped[LongText] = mapped_column(default="")
    made_at: Mapped[datetime]
    # Anonymised: the number and the legal documents stay, the person is gone.
    erased_at: Mapped[datetime | None] = mapped_column(default=None)
    version: Mapped[int] = mapped_column(Integer, default=1)


# Compared byte by byte, so that the beginning of a term is a range of the index.
TERM = String(64).with_variant(String(64, collation="C"), "postgresql")


class CustomerTerm(Base):
    """One thing by which a customer is found: a word of the name, phone, e-mail, VAT id, number."""

    __tablename__ = "customer_terms"
    __table_args__ = (Index("ix_customer_terms_term", "store_id", "term", "customer_id"),)

    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"), primary_key=True)
    term: Mapped[str] = mapped_column(TERM, primary_key=True)
    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"))
