"""Money: what is owed, what came, what went out, and the documents that say so."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.kernel.db import Base, Key, LongText, Minor
from app.kernel.tax import TaxCategory
from app.payments.documents import DocumentKind
from app.payments.states import AttemptState

# SQLite uses a partial index only for a query that says the same words, so both say these.
LIVE_SQL = "state IN ('started', 'processing', 'unknown')"
UNBOOKED_SQL = "state = 'captured' AND entry_id IS NULL"


class Tender(StrEnum):
    CASH = "cash"
    CARD = "card"
    TRANSFER = "transfer"
    # at the card service's own page, by a link; at no till
    ONLINE = "online"
    # a scheme's voucher: an authority pays its part later
    VOUCHER = "voucher"
    # a gift card, or what the store owes a customer
    STORE_CREDIT = "store_credit"
    TRADE_IN = "trade_in"
    # what the store holds from the return of another sale
    EXCHANGE = "exchange"


# Money that may come while nobody stands at a till.
WITHOUT_TILL = frozenset({Tender.ONLINE, Tender.TRANSFER})


class Account(StrEnum):
    """Accounts of the journal; a debit is positive."""

    CASH = "cash"
    CARD_CLEARING = "card_clearing"
    BANK_CLEARING = "bank_clearing"
    DEPOSITS = "deposits"
    RECEIVABLE = "receivable"
    REVENUE_ROBOTS = "revenue_robots"
    REVENUE_PARTS = "revenue_parts"
    REVENUE_SERVICES = "revenue_services"
    TAX = "tax"
    SAFE = "safe"
    CASH_DIFFERENCE = "cash_difference"
    # what a maker or an insurer was asked for and did not pay
    CLAIM_LOSS = "claim_loss"
    # what authorities owe for vouchers that customers paid with
    VOUCHERS = "vouchers"
    # what the store owes on gift cards and as credit
    STORE_CREDIT = "store_credit"
    # robots taken in trade, at what was given for them
    TRADE_INS = "trade_ins"
    # cash is rounded to the coins there are
    ROUNDING = "rounding"
    # owed on terms, and given up
    BAD_DEBT = "bad_debt"
    # credit that was given for nothing
    GOODWILL = "goodwill"
    # gift cards and credit whose time is over: the store's, without tax
    EXPIRED_CREDIT = "expired_credit"
    # on its way from one sale to another in the same transaction: always nothing
    EXCHANGES = "exchanges"


class EntryKind(StrEnum):
    """What a journal entry tells."""

    FLOAT = "float"
    PAYMENT = "payment"
    SALE = "sale"
    CASH_MOVEMENT = "cash_movement"
    TILL_DIFFERENCE = "till_difference"
    TAKINGS = "takings"
    CLAIM = "claim"
    REFUND = "refund"
    # a sale taken back, in whole or in part: revenue and tax, against what the customer is owed
    RETURN = "return"
    STORE_CREDIT = "store_credit"
    TRADE_IN = "trade_in"
    VOUCHER_CLAIM = "voucher_claim"
    WRITE_OFF = "write_off"


class Bill(Base):
    """What one sale or repair owes; `reference` names it (`order:1042`).

    Its total is final from the first money on, even money that is only under way.
    """

    __tablename__ = "bills"
    __table_args__ = (
        UniqueConstraint("store_id", "reference"),
        CheckConstraint("total_minor >= 0", name="total_not_negative"),
        Index(
            "ix_bills_due",
            "store_id",
            "due_on",
            "id",
            sqlite_where=text("due_on IS NOT NULL"),
            postgresql_where=text("due_on IS NOT NULL"),
        ),
        Index("ix_bills_customer", "customer_id", "id"),
    )

    id: Mapped[Key] = mapped_column(init=False)
    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"))
    reference: Mapped[str] = mapped_column(String(64))
    customer_id: Mapped[int | None] = mapped_column(ForeignKey("customers.id"), default=None)
    total_minor: Mapped[Minor]
    currency: Mapped[str] = mapped_column(String(3))
    raised_at: Mapped[datetime]
    # on terms: the last day on which it is paid in time
    due_on: Mapped[date | None] = mapped_column(default=None)


class JournalEntry(Base):
    """A double entry; its postings sum to zero per currency. Append-only."""

    __tablename__ = "journal_entries"
    __table_args__ = (
        Index("ix_journal_entries_bill", "bill_id"),
        Index("ix_journal_entries_day", "store_id", "business_day"),
        Index("ix_journal_entries_session", "till_session_id"),
        Index(
            "uq_journal_entries_sale",
            "bill_id",
            unique=True,
            sqlite_where=text("kind = 'sale'"),
            postgresql_where=text("kind = 'sale'"),
        ),
    )

    id: Mapped[Key] = mapped_column(init=False)
    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"))
    at: Mapped[datetime]
    business_day: Mapped[date]
    kind: Mapped[EntryKind]
    bill_id: Mapped[int | None] = mapped_column(ForeignKey("bills.id"), default=None)
    till_session_id: Mapped[int | None] = mapped_column(
        ForeignKey("till_sessions.id"), default=None
    )
    memo: Mapped[str] = mapped_column(default="")


class Posting(Base):
    """One side of an entry; positive is debit. Append-only."""

    __tablename__ = "postings"
    __table_args__ = (
        CheckConstraint("amount_minor <> 0", name="moves_something"),
        Index("ix_postings_entry", "entry_id"),
        Index("ix_postings_account", "account", "entry_id"),
    )

    id: Mapped[Key] = mapped_column(init=False)
    entry_id: Mapped[int] = mapped_column(ForeignKey("journal_entries.id"))
    account: Mapped[Account]
    amount_minor: Mapped[Minor]
    currency: Mapped[str] = mapped_column(String(3))


class SaleTax(Base):
    """What a recognised sale says of one rate (in basis points) and category. Append-only."""

    __tablename__ = "sale_taxes"
    __table_args__ = (
        # the name of before there were categories
        UniqueConstraint("entry_id", "rate_bp", "category", name="uq_sale_taxes_entry_id_rate_bp"),
    )

    id: Mapped[Key] = mapped_column(init=False)
    entry_id: Mapped[int] = mapped_column(ForeignKey("journal_entries.id"))
    rate_bp: Mapped[int] = mapped_column(Integer)
    net_minor: Mapped[Minor]
    tax_minor: Mapped[Minor]
    category: Mapped[TaxCategory] = mapped_column(default=TaxCategory.STANDARD)


class TillSession(Base):
    """A stretch of work at one till, from its float to its Z report; unchangeable once closed."""

    __tablename__ = "till_sessions"
    __table_args__ = (
        Index(
            "uq_till_sessions_open",
            "till_id",
            unique=True,
            sqlite_where=text("closed_at IS NULL"),
            postgresql_where=text("closed_at IS NULL"),
        ),
        UniqueConstraint("store_id", "number"),
        CheckConstraint("float_minor >= 0", name="float_not_negative"),
        CheckConstraint(
            "closed_at IS NULL OR counted_minor - expected_minor = difference_minor",
            name="difference_is_recorded",
        ),
    )

    id: Mapped[Key] = mapped_column(init=False)
    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"))
    till_id: Mapped[int] = mapped_column(ForeignKey("tills.id"))
    number: Mapped[int] = mapped_column(Integer)
    currency: Mapped[str] = mapped_column(String(3))
    float_minor: Mapped[Minor]
    opened_at: Mapped[datetime]
    opened_by: Mapped[str]
    closed_at: Mapped[datetime | None] = mapped_column(default=None)
    closed_by: Mapped[str] = mapped_column(default="")
    counted_minor: Mapped[Minor | None] = mapped_column(default=None)
    expected_minor: Mapped[Minor | None] = mapped_column(default=None)
    difference_minor: Mapped[Minor | None] = mapped_column(default=None)
    difference_reason: Mapped[str] = mapped_column(default="")
    z_document_id: Mapped[int | None] = mapped_column(
        ForeignKey("issued_documents.id"), default=None
    )


class CashMovement(Base):
    """Cash put in or taken out for another reason than a sale. Append-only."""

    __tablename__ = "cash_movements"
    __table_args__ = (
        CheckConstraint("amount_minor <> 0", name="moves_something"),
        Index("ix_cash_movements_session", "till_session_id"),
    )

    id: Mapped[Key] = mapped_column(init=False)
    till_session_id: Mapped[int] = mapped_column(ForeignKey("till_sessions.id"))
    # positive into the drawer, negative out of it
    amount_minor: Mapped[Minor]
    reason: Mapped[str]
    at: Mapped[datetime]
    by: Mapped[str]
    entry_id: Mapped[int] = mapped_column(ForeignKey("journal_entries.id"))


class PaymentAttempt(Base):
    """One try to settle (a part of) a bill by one tender. In the drawer lie amount and rounding.

    Captured without an entry: the card was charged while the till was closed; the till's next
    session takes it (`booking.py`).
    """

    __tablename__ = "payment_attempts"
    __table_args__ = (
        UniqueConstraint("bill_id", "number"),
        Index(
            "uq_payment_attempts_live",
            "bill_id",
            unique=True,
            sqlite_where=text(LIVE_SQL),
            postgresql_where=text(LIVE_SQL),
        ),
        Index("ix_payment_attempts_session", "till_session_id"),
        Index(
            "ix_payment_attempts_live",
            "store_id",
            "id",
            sqlite_where=text(LIVE_SQL),
            postgresql_where=text(LIVE_SQL),
        ),
        Index(
            "ix_payment_attempts_unbooked",
            "store_id",
            "id",
            sqlite_where=text(UNBOOKED_SQL),
            postgresql_where=text(UNBOOKED_SQL),
        ),
        Index("uq_payment_attempts_intent", "intent_id", unique=True),
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        CheckConstraint("change_minor >= 0", name="change_not_negative"),
        CheckConstraint(
            "tendered_minor - change_minor = amount_minor + rounding_minor", name="change_adds_up"
        ),
        CheckConstraint("tender = 'cash' OR rounding_minor = 0", name="rounding_only_of_cash"),
        CheckConstraint(
            "till_session_id IS NOT NULL OR tender IN ('online', 'transfer')",
            name="taken_at_a_till",
        ),
        Index("uq_payment_attempts_checkout", "checkout_id", unique=True),
        CheckConstraint("tender = 'cash' OR change_minor = 0", name="change_only_from_cash"),
        CheckConstraint("entry_id IS NULL OR state = 'captured'", name="only_captured_is_booked"),
    )

    id: Mapped[Key] = mapped_column(init=False)
    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"))
    bill_id: Mapped[int] = mapped_column(ForeignKey("bills.id"))
    number: Mapped[int] = mapped_column(Integer)
    tender: Mapped[Tender]
    state: Mapped[AttemptState]
    amount_minor: Mapped[Minor]
    tendered_minor: Mapped[Minor]
    change_minor: Mapped[Minor] = mapped_column(default=0)
    currency: Mapped[str] = mapped_column(String(3))
    # where the money is accounted; a closed session takes no more, so a late capture goes to the
    # session that is open when it arrives. None: it came at no till
    till_session_id: Mapped[int | None] = mapped_column(
        ForeignKey("till_sessions.id"), default=None
    )
    # cash that was taken above (or below, negative) the amount, for lack of smaller coins
    rounding_minor: Mapped[Minor] = mapped_column(default=0)
    # what stands behind a tender that is not money: `voucher:12`, `credit:7`, `trade_in:3`
    source: Mapped[str] = mapped_column(String(64), default="")
    # the card service's payment page
    checkout_id: Mapped[str | None] = mapped_column(String(80), default=None)
    # the bank transfer's text, or whatever a person noted
    note: Mapped[str] = mapped_column(default="")
    intent_id: Mapped[str | None] = mapped_column(String(64), default=None)
    reader_id: Mapped[str] = mapped_column(String(64), default="")
    # what a card receipt must show
    card_brand: Mapped[str] = mapped_column(String(32), default="")
    card_last4: Mapped[str] = mapped_column(String(4), default="")
    auth_ref: Mapped[str] = mapped_column(String(32), default="")
    entry_mode: Mapped[str] = mapped_column(String(32), default="")
    # a word of failures.py, or the card service's own sentence
    failure: Mapped[str] = mapped_column(default="")
    started_at: Mapped[datetime]
    started_by: Mapped[str]
    settled_at: Mapped[datetime | None] = mapped_column(default=None)
    entry_id: Mapped[int | None] = mapped_column(ForeignKey("journal_entries.id"), default=None)

    bill: Mapped[Bill] = relationship(init=False, lazy="raise")


class IssuedDocument(Base):
    """A document as it was issued: its content's bytes never change. Append-only."""

    __tablename__ = "issued_documents"
    __table_args__ = (
        UniqueConstraint("store_id", "series", "number"),
        Index("ix_issued_documents_reference", "store_id", "reference"),
    )

    id: Mapped[Key] = mapped_column(init=False)
    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"))
    kind: Mapped[DocumentKind]
    series: Mapped[str] = mapped_column(String(16))
    number: Mapped[int] = mapped_column(Integer)
    # as printed, e.g. `R-000123`
    label: Mapped[str] = mapped_column(String(32))
    reference: Mapped[str] = mapped_column(String(64))
    content: Mapped[bytes] = mapped_column(LargeBinary)
    sha256: Mapped[str] = mapped_column(String(64))
    issued_at: Mapped[datetime]
    issued_by: Mapped[str]


class WebhookEvent(Base):
    """What the card service told us, once per event id; applied in any order."""

    __tablename__ = "webhook_events"
    __table_args__ = (
        UniqueConstraint("event_id"),
        Index("ix_webhook_events_intent", "intent_id"),
        Index("ix_webhook_events_object", "object_id"),
    )

    id: Mapped[Key] = mapped_column(init=False)
    event_id: Mapped[str] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(64))
    intent_id: Mapped[str] = mapped_column(String(64), default="")
    # the payment page, refund or dispute that it is about
    object_id: Mapped[str] = mapped_column(String(80), default="")
    body: Mapped[LongText]
    received_at: Mapped[datetime]
    applied: Mapped[bool] = mapped_column(Boolean, default=False)
    outcome: Mapped[str] = mapped_column(default="")
