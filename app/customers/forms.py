"""What the pages of customers send."""

from app.customers.book import CustomerInput
from app.customers.models import Customer, CustomerKind
from app.kernel.errors import Invalid
from app.kernel.searchkeys import clean
from app.kernel.text import msg
from app.web.forms import StoreForm, Typed


class CustomerForm(StoreForm):
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
    marketing_consent: Typed = ""
    notes: Typed = ""
    despite_duplicates: Typed = ""
    version: Typed = ""

    def read(self) -> CustomerInput:
        """As typed; the book cleans and checks it."""
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
            marketing_consent=bool(self.marketing_consent),
            notes=self.notes,
        )

    def version_seen(self) -> int:
        """The version that the editor started from; 0, which none has, when it is no number."""
        text = self.version
        return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0  # noqa: PLR2004


def as_typed(customer: Customer) -> dict[str, str]:
    """A customer as the form would have it."""
    fields = set(CustomerForm.model_fields) - {"csrf_token", "token", "despite_duplicates"}
    typed = {name: str(getattr(customer, name)) for name in fields - {"marketing_consent"}}
    return {**typed, "marketing_consent": "yes" if customer.marketing_consent_at else ""}


class EraseForm(StoreForm):
    """The number once more, so that nobody is forgotten by a slip of the finger."""

    number: Typed = ""
    reason: Typed = ""

    def read(self, customer: Customer) -> str:
        """The reason; raises Invalid unless the customer's number was typed."""
        problems = {}
        if clean(self.number) != str(customer.number):
            problems["number"] = msg("Type the customer's number to confirm.")
        reason = clean(self.reason)
        if not 1 <= len(reason) <= 200:  # noqa: PLR2004 - a sentence, not a letter
            problems["reason"] = msg("Say why, in up to 200 characters.")
        if problems:
            raise Invalid(msg("Please look at the marked fields."), problems=problems)
        return reason
