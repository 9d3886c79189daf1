"""A store, where its tills stand, and what tax it charges."""

from datetime import date, time

from sqlalchemy import CheckConstraint, ForeignKey, Integer, String, Time, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db import Base, Key, LongText
from app.kernel.tax import PriceMode, TaxCategory


class Store(Base):
    """One place of business; money, tax, zone and document series are its own."""

    __tablename__ = "stores"
    __table_args__ = (
        UniqueConstraint("code"),
        CheckConstraint("price_mode IN ('net', 'gross')", name="price_mode_known"),
    )

    id: Mapped[Key] = mapped_column(init=False)
    code: Mapped[str] = mapped_column(String(16))
    name: Mapped[str]
    legal_name: Mapped[str]
    street: Mapped[str] = mapped_column(default="")
    postcode: Mapped[str] = mapped_column(default="")
    city: Mapped[str] = mapped_column(default="")
    country: Mapped[str] = mapped_column(String(2))
    vat_id: Mapped[str] = mapped_column(default="")
    phone: Mapped[str] = mapped_column(default="")
    email: Mapped[str] = mapped_column(default="")
    bank_account: Mapped[str] = mapped_column(default="")
    currency: Mapped[str] = mapped_column(String(3))
    price_mode: Mapped[PriceMode]
    zone: Mapped[str] = mapped_column(default="UTC")
    # A sale after midnight but before this local time still belongs to the evening's day.
    day_starts_at: Mapped[time] = mapped_column(Time, default=time(4, 0))
    language: Mapped[str] = mapped_column(String(8), default="en")
    receipt_footer: Mapped[LongText] = mapped_column(default="")
    # used robots bought without tax are taxed on the price difference alone
    # (Council Directive 2006/112/EC, Article 313; in Germany UStG § 25a)
    margin_scheme: Mapped[bool] = mapped_column(default=False)


class TaxRate(Base):
    """A named rate of a store; `valid_from` lets a new rate wait for its day."""

    __tablename__ = "tax_rates"
    __table_args__ = (
        UniqueConstraint("store_id", "code", "valid_from"),
        CheckConstraint("rate_bp BETWEEN 0 AND 10000", name="rate_is_a_share"),
        CheckConstraint(
            "category = 'standard' OR (rate_bp = 0 AND category IN ('zero', 'exempt', 'outside'))",
            name="category_fits_rate",
        ),
    )

    id: Mapped[Key] = mapped_column(init=False)
    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"))
    code: Mapped[str] = mapped_column(String(16))
    label: Mapped[str]
    rate_bp: Mapped[int] = mapped_column(Integer)
    valid_from: Mapped[date]
    category: Mapped[TaxCategory] = mapped_column(default=TaxCategory.STANDARD)
    # the sentence that documents give for a rate without tax
    reason: Mapped[str] = mapped_column(default="")


class Till(Base):
    """A place where money is taken, with its drawer, printer and card reader."""

    __tablename__ = "tills"
    __table_args__ = (UniqueConstraint("store_id", "name"),)

    id: Mapped[Key] = mapped_column(init=False)
    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"))
    name: Mapped[str] = mapped_column(String(40))
    # `tcp://host:port` or `file:///path`; empty: no paper, receipts on screen and as PDF only
    printer: Mapped[str] = mapped_column(default="")
    # Stripe's id of the card reader beside this till; empty: no card here
    reader_id: Mapped[str] = mapped_column(default="")
