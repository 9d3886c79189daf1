"""What the counter's pages send."""

from dataclasses import dataclass

from app.customers.book import CustomerInput
from app.customers.models import CustomerKind
from app.kernel.money import Money, parse_money
from app.kernel.quantity import parse_percent, parse_quantity, row_number
from app.kernel.searchkeys import clean
from app.kernel.text import msg
from app.sales.catalogue import ProductInput
from app.sales.checklists import Purpose
from app.sales.models import Category, ProductKind
from app.web.forms import Reading, StoreForm, Typed


class ScanForm(StoreForm):
    """A scan: `scan_id` is the client's own, `line` the selected line for commands."""

    code: Typed = ""
    scan_id: Typed = ""
    line: Typed = ""
    quantity: Typed = ""
    bundle: Typed = ""


class QuantityForm(StoreForm):
    quantity: Typed = ""

    def read(self) -> int:
        return parse_quantity(self.quantity)


@dataclass(frozen=True, slots=True)
class DiscountInput:
    percent_bp: int
    reason: str
    pin: str


class DiscountForm(StoreForm):
    """A discount; `pin` of a second person where it is over the limit."""

    percent: Typed = ""
    reason: Typed = ""
    pin: Typed = ""

    def read(self) -> DiscountInput:
        reading = Reading()
        percent_bp = reading.take("percent", lambda: parse_percent(self.percent), 0)
        reason = reading.text("reason", self.reason, required=percent_bp > 0)
        reading.done()
        return DiscountInput(percent_bp, reason, self.pin.strip())


class CustomerChoiceForm(StoreForm):
    number: Typed = ""


class ParkForm(StoreForm):
    label: Typed = ""


class ReasonForm(StoreForm):
    reason: Typed = ""


class QuoteForm(StoreForm):
    days: Typed = "14"

    def read(self) -> int:
        return parse_quantity(self.days, field="days")


@dataclass(frozen=True, slots=True)
class TenderInput:
    """`amount` None: all that is due. `tendered`: what the customer gave in cash."""

    amount: Money | None
    tendered: Money | None
    note: str


class TenderForm(StoreForm):
    order: Typed = ""
    due: Typed = ""  # what the page said was left to pay, in minor units
    amount: Typed = ""
    tendered: Typed = ""
    note: Typed = ""

    def read(self, currency: str) -> TenderInput:
        reading = Reading()
        amount = self._money(reading, "amount", self.amount, currency)
        tendered = self._money(reading, "tendered", self.tendered, currency)
        note = reading.text("note", self.note)
        reading.done()
        return TenderInput(amount, tendered, note)

    @staticmethod
    def _money(reading: Reading, field: str, text: str, currency: str) -> Money | None:
        if not text.strip():
            return None
        nothing = Money(0, currency)
        return reading.take(field, lambda: parse_money(text, currency, field=field), nothing)


class NewCustomerForm(StoreForm):
    """The short form at the counter; the rest can be added on the customer's page."""

    kind: Typed = "person"
    name: Typed = ""
    contact_name: Typed = ""
    phone: Typed = ""
    email: Typed = ""
    street: Typed = ""
    postcode: Typed = ""
    city: Typed = ""
    country: Typed = ""
    vat_id: Typed = ""
    language: Typed = ""
    despite_duplicates: Typed = ""

    def read(self) -> CustomerInput:
        company = self.kind == CustomerKind.COMPANY
        return CustomerInput(
            kind=CustomerKind.COMPANY if company else CustomerKind.PERSON,
            name=self.name,
            contact_name=self.contact_name,
            phone=self.phone,
            email=self.email,
            street=self.street,
            postcode=self.postcode,
            city=self.city,
            country=self.country,
            vat_id=self.vat_id,
            language=self.language,
        )


class ProductForm(StoreForm):
    code: Typed = ""
    name: Typed = ""
    kind: Typed = "item"
    category: Typed = "accessories"
    price: Typed = ""
    tax_code: Typed = ""
    model: Typed = ""
    part_number: Typed = ""
    plan_months: Typed = ""
    plan_visits: Typed = ""

    def read(self, currency: str) -> ProductInput:
        reading = Reading()
        price = reading.take(
            "price", lambda: parse_money(self.price, currency, field="price"), Money(0, currency)
        )
        months = None
        if self.kind == ProductKind.PLAN:
            months = reading.take(
                "plan_months", lambda: parse_quantity(self.plan_months, field="plan_months"), None
            )
        visits = None
        if self.kind == ProductKind.PLAN and clean(self.plan_visits):
            visits = reading.take(
                "plan_visits", lambda: parse_quantity(self.plan_visits, field="plan_visits"), None
            )
        if self.kind not in set(ProductKind):
            reading.refuse("kind", msg("Please choose one."))
        if self.category not in set(Category):
            reading.refuse("category", msg("Please choose one."))
        reading.done()
        return ProductInput(
            code=self.code,
            name=self.name,
            kind=ProductKind(self.kind),
            category=Category(self.category),
            price=price,
            tax_code=self.tax_code,
            model_id=row_number(self.model),
            part_number=self.part_number,
            plan_months=months,
            plan_visits=visits,
        )


class PriceForm(StoreForm):
    price: Typed = ""


class StockForm(StoreForm):
    quantity: Typed = ""
    reason: Typed = ""


@dataclass(frozen=True, slots=True)
class ChecklistInput:
    purpose: Purpose
    model_id: int | None
    texts: list[str]


class ChecklistForm(StoreForm):
    """`items` is one line of text per item; a line that ends in `?` may be not applicable."""

    purpose: Typed = ""
    model: Typed = ""
    items: Typed = ""

    def read(self) -> ChecklistInput:
        reading = Reading()
        if self.purpose not in set(Purpose):
            reading.refuse("purpose", msg("Please choose one."))
        reading.done()
        return ChecklistInput(
            purpose=Purpose(self.purpose),
            model_id=row_number(self.model),
            texts=self.items.splitlines(),
        )
