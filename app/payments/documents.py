"""What stands on an issued document: frozen content, stored once as text, printed from that.

Everything that a reader sees is in here already chosen: names as they were on the day, sentences in
the document's language, amounts rounded. Only fixed captions ("Total", "Serial number") and the
formats of numbers and dates come from the template, by `language`.

Times are UTC, shown in `zone`; tax rates are basis points (1900 is 19 %); quantities are whole.
"""

from dataclasses import dataclass, fields, is_dataclass
from datetime import date, datetime
from enum import StrEnum

from app.kernel.frozen import freeze, thaw
from app.kernel.money import Money
from app.kernel.tax import PriceMode, TaxCategory


class DocumentKind(StrEnum):
    RECEIPT = "receipt"
    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"
    QUOTE = "quote"
    HANDOVER = "handover"
    # what the store bought of a customer: a robot taken in trade
    PURCHASE = "purchase"
    # a bill that was not paid in time
    REMINDER = "reminder"
    X_REPORT = "x_report"
    Z_REPORT = "z_report"


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """Seller or buyer. `contact` is the person, where `name` is a company.

    `address` is what is printed; its parts beside it are for electronic invoices.
    """

    name: str
    contact: str = ""
    address: tuple[str, ...] = ()
    vat_id: str = ""
    phone: str = ""
    mail: str = ""
    street: str = ""
    postcode: str = ""
    city: str = ""
    country: str = ""
    bank_account: str = ""


@dataclass(frozen=True, slots=True)
class Fact:
    """A caption and its value, both in the document's language: ("Till", "2")."""

    caption: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One sold or returned thing: `amount` = `quantity` * `unit_price` - `discount`.

    Prices are in the document's price mode; `tax_bp` is what is charged. `detail` is the smaller
    second line; `unit` follows the quantity ("h", "min") and is empty for pieces.
    """

    position: int
    description: str
    quantity: int
    unit_price: Money
    amount: Money
    tax_bp: int
    detail: str = ""
    serials: tuple[str, ...] = ()
    unit: str = ""
    discount: Money | None = None
    tax_category: TaxCategory = TaxCategory.STANDARD


@dataclass(frozen=True, slots=True, kw_only=True)
class TaxLine:
    """The sums of a rate and category. `reason` says why nothing is charged (reverse charge)."""

    rate_bp: int
    net: Money
    tax: Money
    gross: Money
    reason: str = ""
    category: TaxCategory = TaxCategory.STANDARD


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """`gross` = `net` + `tax`; what is owed is `gross` + `rounding` (of cash to 5 cents, say)."""

    net: Money
    tax: Money
    gross: Money
    rounding: Money | None = None

    @property
    def due(self) -> Money:
        return self.gross if self.rounding is None else self.gross + self.rounding


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentLine:
    """A tender as given: what the customer handed over, before change. Refunds are negative."""

    label: str
    amount: Money
    paid_on: date | None = None
    card_brand: str = ""
    card_last4: str = ""
    auth_ref: str = ""
    entry_mode: str = ""


@dataclass(frozen=True, slots=True)
class Check:
    """One item of a checklist or briefing, as ticked at the counter."""

    text: str
    done: bool
    note: str = ""


@dataclass(frozen=True, slots=True)
class Accessory:
    name: str
    quantity: int
    serials: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Signature:
    """`picture` is a PNG in black on white or transparent, as the tablet took it."""

    name: str
    role: str
    signed_at: datetime
    picture: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Handover:
    """The protocol. `overrides` are sentences that name the gate, the manager and the reason."""

    unit: tuple[Fact, ...]
    checklist: tuple[Check, ...] = ()
    accessories: tuple[Accessory, ...] = ()
    briefing: tuple[Check, ...] = ()
    papers: tuple[Check, ...] = ()
    overrides: tuple[str, ...] = ()
    signatures: tuple[Signature, ...] = ()


@dataclass(frozen=True, slots=True)
class TenderTotal:
    """What one tender took and gave back in a till session."""

    label: str
    count: int
    taken: Money
    returned: Money

    @property
    def net(self) -> Money:
        return self.taken - self.returned


@dataclass(frozen=True, slots=True)
class CashMovement:
    """Cash put in (positive) or taken out (negative) besides sales."""

    at: datetime
    reason: str
    amount: Money


@dataclass(frozen=True, slots=True)
class PieceCount:
    """How many notes or coins of one value were counted."""

    value: Money
    pieces: int

    @property
    def sum(self) -> Money:
        return self.value * self.pieces


@dataclass(frozen=True, slots=True, kw_only=True)
class TillReport:
    """A till session. `expected` = `float_amount` + cash taken - cash returned + movements.

    `counted` is None on an X report; `difference` = `counted` - `expected`. `pieces` add up to it,
    where notes and coins were counted. `rounding` is what cash came above (or below) the amounts.
    """

    till: str
    session: str
    opened_at: datetime
    opened_by: str
    float_amount: Money
    expected: Money
    closed_at: datetime | None = None
    closed_by: str = ""
    counted: Money | None = None
    tenders: tuple[TenderTotal, ...] = ()
    movements: tuple[CashMovement, ...] = ()
    counts: tuple[Fact, ...] = ()
    pieces: tuple[PieceCount, ...] = ()
    rounding: Money | None = None

    @property
    def difference(self) -> Money | None:
        return None if self.counted is None else self.counted - self.expected


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentContent:
    """A document. `references` stand in the head ("Sale 10482, till 2"), `footer` at the very end.

    `qr` is what its square code says, `qr_caption` what a person reads beside it; `fiscal` are the
    lines of a fiscal device; `chain_head` is the head of the audit chain when it was issued, in
    hex. `corrects` is the number of the document that a credit note takes back.
    """

    kind: DocumentKind
    number: str
    series: str
    issued_at: datetime
    business_day: date
    zone: str
    language: str
    currency: str
    price_mode: PriceMode
    seller: Party
    totals: Totals
    store: str = ""
    buyer: Party | None = None
    lines: tuple[Line, ...] = ()
    taxes: tuple[TaxLine, ...] = ()
    payments: tuple[PaymentLine, ...] = ()
    change: Money | None = None
    references: tuple[Fact, ...] = ()
    notes: tuple[str, ...] = ()
    footer: tuple[str, ...] = ()
    fiscal: tuple[str, ...] = ()
    supplied_on: date | None = None
    due_on: date | None = None
    valid_until: date | None = None
    corrects: str = ""
    qr: str = ""
    qr_caption: str = ""
    chain_head: str = ""
    handover: Handover | None = None
    till: TillReport | None = None

    def __post_init__(self) -> None:
        if self.issued_at.tzinfo is None:
            raise ValueError("a document is issued at a moment with a zone")
        strangers = {money.currency for money in amounts(self)} - {self.currency}
        if strangers:
            raise ValueError(f"{', '.join(sorted(strangers))} on a document in {self.currency}")

    @property
    def paid(self) -> Money:
        """What the tenders settle, change taken off."""
        total = sum((payment.amount.minor for payment in self.payments), 0)
        return Money(total, self.currency) - (self.change or Money(0, self.currency))

    @property
    def open(self) -> Money:
        return self.totals.due - self.paid


def to_json(content: DocumentContent) -> bytes:
    """The text that is stored when the document is issued, and hashed, and never changed."""
    return freeze(content)


def from_json(text: bytes) -> DocumentContent:
    """The content behind stored text; ValueError if it is not a document."""
    return thaw(DocumentContent, text)


def amounts(part: object) -> list[Money]:
    """Every amount in a document or a part of it."""
    if isinstance(part, Money):
        return [part]
    if isinstance(part, tuple):
        return [money for item in part for money in amounts(item)]
    if not is_dataclass(part):
        return []
    return [money for field in fields(part) for money in amounts(getattr(part, field.name))]


def imbalances(content: DocumentContent) -> list[str]:
    """Sentences for `quatrefoil check` where the sums of a document do not add up."""
    found = []
    for line in content.lines:
        discount = line.discount.minor if line.discount else 0
        if line.unit_price.minor * line.quantity - discount != line.amount.minor:
            found.append(f"line {line.position} is not quantity times price less discount")
    shown = content.totals.net if content.price_mode is PriceMode.NET else content.totals.gross
    if content.lines and sum(line.amount.minor for line in content.lines) != shown.minor:
        found.append("the lines do not add up to the total")
    for name in ("net", "tax", "gross"):
        parts = sum(getattr(tax, name).minor for tax in content.taxes)
        if content.taxes and parts != getattr(content.totals, name).minor:
            found.append(f"the {name} sums by rate do not add up")
    if content.totals.net + content.totals.tax != content.totals.gross:
        found.append("net and tax are not gross")
    if content.till is not None and content.till.pieces:
        lay_there = sum(piece.sum.minor for piece in content.till.pieces)
        if content.till.counted is None or content.till.counted.minor != lay_there:
            found.append("the notes and coins are not what was counted")
    if content.kind is DocumentKind.RECEIPT and content.open:
        found.append("the tenders less change are not the total")
    return found
