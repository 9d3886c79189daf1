"""The book of customers: adding, changing, and noticing that somebody is already in it."""

from dataclasses import dataclass, fields

from sqlalchemy import Select, bindparam, delete, select
from sqlalchemy.orm import Session

from app.customers import finding, terms
from app.customers.finding import find
from app.customers.models import Customer, CustomerKind, CustomerTerm
from app.kernel import audit, clock, numbers
from app.kernel.actor import Actor
from app.kernel.errors import Conflict, Invalid, NotFound, Refused
from app.kernel.mail import read_mail
from app.kernel.searchkeys import clean, folded, phone_key
from app.kernel.text import Text, msg
from app.kernel.vatid import read_vat_id

__all__ = [
    "CustomerInput",
    "add",
    "by_id",
    "by_number",
    "change",
    "checked",
    "find",
    "likely_duplicates",
]

LONGEST = 200  # as wide as the columns are
LONGEST_NOTES = 4_000
LANGUAGES = ("en", "de", "zh")
_LARGEST_NUMBER = 2**31 - 1
_LARGEST_ID = 2**63 - 1
_LINES = ("name", "contact_name", "phone", "street", "postcode", "city")


@dataclass(frozen=True, slots=True)
class CustomerInput:
    """What a person may say of a customer, cleaned and checked by `checked`."""

    kind: CustomerKind
    name: str
    contact_name: str = ""
    phone: str = ""
    email: str = ""
    street: str = ""
    postcode: str = ""
    city: str = ""
    country: str = ""
    vat_id: str = ""
    language: str = ""
    marketing_consent: bool = False
    notes: str = ""


def checked(typed: CustomerInput) -> CustomerInput:
    """The input, trimmed and normalised; raises Invalid with a sentence per field."""
    problems: dict[str, Text] = {}
    lines = {field: " ".join(clean(getattr(typed, field)).split()) for field in _LINES}
    for field, line in lines.items():
        if len(line) > LONGEST or len(folded(line)) > LONGEST:
            problems[field] = msg("At most {most} characters fit here.", most=LONGEST)
    if not lines["name"]:
        problems["name"] = msg("Please fill this in.")
    if lines["phone"] and len(phone_key(lines["phone"])) < terms.SHORTEST_PHONE:
        problems["phone"] = msg("This is not a telephone number.")
    country = clean(typed.country).upper()
    if country and not (len(country) == 2 and country.isascii() and country.isalpha()):  # noqa: PLR2004
        problems["country"] = msg("A country has two letters, e.g. DE or CN.")
    notes = clean(typed.notes)
    if len(notes) > LONGEST_NOTES:
        problems["notes"] = msg("At most {most} characters fit here.", most=LONGEST_NOTES)
    email, vat_id = "", ""
    try:
        email = read_mail(typed.email)
    except Refused as refusal:
        problems["email"] = refusal.message
    try:
        vat_id = read_vat_id(typed.vat_id)
    except Refused as refusal:
        problems["vat_id"] = refusal.message
    if problems:
        raise Invalid(msg("Please look at the marked fields."), problems=problems)
    return CustomerInput(
        kind=typed.kind,
        **lines,
        email=email,
        country=country,
        vat_id=vat_id,
        language=typed.language if typed.language in LANGUAGES else "",
        marketing_consent=typed.marketing_consent,
        notes=notes,
    )


def add(session: Session, actor: Actor, typed: CustomerInput) -> Customer:
    """A new customer with the next number. Duplicates are a warning (`likely_duplicates`)."""
    actor.require("customers.edit")
    given = checked(typed)
    customer = Customer(
        store_id=actor.store_id,
        number=numbers.allot(session, store_id=actor.store_id, series="customer"),
        kind=given.kind,
        name=given.name,
        name_key="",
        made_at=clock.now(),
    )
    _write(customer, given)
    session.add(customer)
    session.flush()
    index(session, customer)
    audit.record(
        session,
        actor,
        "customer.added",
        subject=f"customer:{customer.number}",
        after={"kind": given.kind, "marketing_consent": given.marketing_consent},
    )
    return customer


def change(
    session: Session, actor: Actor, customer: Customer, typed: CustomerInput, *, version: int
) -> Customer:
    """New particulars; raises Conflict when somebody changed the customer meanwhile."""
    actor.require("customers.edit")
    if customer.erased_at is not None:
        raise Refused(msg("This customer's data was erased; make a new one."))
    given = checked(typed)
    if customer.version != version:
        raise Conflict(
            msg("Somebody else changed this customer meanwhile. Compare, and save again."),
            link=f"/customers/{customer.number}",
        )
    before = as_input(customer)
    changed = [
        field.name
        for field in fields(CustomerInput)
        if getattr(before, field.name) != getattr(given, field.name)
    ]
    if not changed:
        return customer
    _write(customer, given)
    customer.version += 1
    session.flush()
    index(session, customer)
    # Names of fields only: the chain must not keep what a person may ask us to erase. Consent is
    # told, since one must be able to show when it was given or taken back.
    consent = {"marketing_consent": given.marketing_consent}
    audit.record(
        session,
        actor,
        "customer.changed",
        subject=f"customer:{customer.number}",
        after={"fields": changed, **(consent if "marketing_consent" in changed else {})},
    )
    return customer


def as_input(customer: Customer) -> CustomerInput:
    """A customer as somebody would type it."""
    return CustomerInput(
        **{
            field.name: getattr(customer, field.name)
            for field in fields(CustomerInput)
            if field.name != "marketing_consent"
        },
        marketing_consent=customer.marketing_consent_at is not None,
    )


def by_id(session: Session, actor: Actor, customer_id: int) -> Customer:
    customer = session.get(Customer, customer_id) if customer_id <= _LARGEST_ID else None
    if customer is None or customer.store_id != actor.store_id:
        raise NotFound(msg("There is no such customer."))
    return customer


_BY_NUMBER = select(Customer).where(
    Customer.store_id == bindparam("store_id"), Customer.number == bindparam("number")
)


def by_number(session: Session, actor: Actor, number: int) -> Customer:
    customer = None
    if number <= _LARGEST_NUMBER:
        customer = session.scalar(_BY_NUMBER, {"store_id": actor.store_id, "number": number})
    if customer is None:
        raise NotFound(msg("There is no customer {number}.", number=str(number)))
    return customer


def numbered(actor: Actor, number: int) -> Select[Customer]:
    """Whoever has this number, as a query."""
    return select(Customer).where(Customer.store_id == actor.store_id, Customer.number == number)


def likely_duplicates(
    session: Session, actor: Actor, typed: CustomerInput, *, but: int | None = None
) -> list[Customer]:
    """Who may be the same: equal phone, e-mail, VAT id or name in any writing."""
    exact, beginnings = terms.same_terms(typed.phone, typed.email, typed.vat_id)
    same = Customer.name_key == name_key(typed.name, typed.contact_name)
    if exact or beginnings:
        same |= finding.having(actor, exact, beginnings)
    query = select(Customer).where(
        Customer.store_id == actor.store_id, Customer.erased_at.is_(None), same
    )
    if but is not None:
        query = query.where(Customer.id != but)
    return list(session.scalars(query.order_by(Customer.id).limit(5)))


def name_key(name: str, contact_name: str) -> str:
    """By what the book is sorted and equal names are found."""
    return folded(f"{name} {contact_name}".strip())[:LONGEST]


def index(session: Session, customer: Customer) -> None:
    """Bring the terms by which a customer is found to what the customer is now."""
    session.execute(delete(CustomerTerm).where(CustomerTerm.customer_id == customer.id))
    found = sorted(terms.terms_of(customer)) if customer.erased_at is None else []
    session.add_all(
        CustomerTerm(customer_id=customer.id, term=term, store_id=customer.store_id)
        for term in found
    )
    session.flush()


def _write(customer: Customer, given: CustomerInput) -> None:
    for field in fields(CustomerInput):
        if field.name != "marketing_consent":
            setattr(customer, field.name, getattr(given, field.name))
    customer.name_key = name_key(given.name, given.contact_name)
    if not given.marketing_consent:
        customer.marketing_consent_at = None
    elif customer.marketing_consent_at is None:
        customer.marketing_consent_at = clock.now()
