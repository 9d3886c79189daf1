"""The book of customers: adding, changing, finding, and noticing that somebody is already in it."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session
from stdnum.eu import vat
from stdnum.exceptions import ValidationError

from app.customers.models import Customer, CustomerKind
from app.kernel import audit, clock, numbers
from app.kernel.actor import Actor
from app.kernel.errors import Conflict, Invalid, NotFound
from app.kernel.searchkeys import clean, folded, like_pattern, phone_key, search_key
from app.kernel.text import Text, msg

# A shorter run of digits is a house number or a typing error, not a telephone.
_SHORTEST_PHONE = 5


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
    name = clean(typed.name)
    if not name:
        problems["name"] = msg("Please fill this in.")
    phone, email = clean(typed.phone), clean(typed.email)
    if phone and len(phone_key(phone)) < _SHORTEST_PHONE:
        problems["phone"] = msg("This is not a telephone number.")
    if email and not _looks_like_mail(email):
        problems["email"] = msg("This is not an e-mail address.")
    country = clean(typed.country).upper()
    if country and not (len(country) == 2 and country.isascii() and country.isalpha()):  # noqa: PLR2004
        problems["country"] = msg("A country has two letters, e.g. DE or CN.")
    vat_id = _vat_id(typed.vat_id, problems)
    for field in ("name", "contact_name", "phone", "email", "street", "postcode", "city"):
        if len(clean(getattr(typed, field))) > 200:  # noqa: PLR2004 - the columns' width
            problems[field] = msg("At most {most} characters fit here.", most=200)
    if problems:
        raise Invalid(msg("Please look at the marked fields."), problems=problems)
    return CustomerInput(
        kind=typed.kind,
        name=name,
        contact_name=clean(typed.contact_name),
        phone=phone,
        email=email,
        street=clean(typed.street),
        postcode=clean(typed.postcode),
        city=clean(typed.city),
        country=country,
        vat_id=vat_id,
        language=typed.language if typed.language in {"en", "de", "zh"} else "",
        marketing_consent=typed.marketing_consent,
        notes=clean(typed.notes),
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
    audit.record(
        session,
        actor,
        "customer.added",
        subject=f"customer:{customer.number}",
        after={"kind": given.kind},
    )
    return customer


def change(
    session: Session, actor: Actor, customer: Customer, typed: CustomerInput, *, version: int
) -> Customer:
    """New particulars; raises Conflict when somebody changed the customer meanwhile."""
    actor.require("customers.edit")
    given = checked(typed)
    if customer.version != version:
        raise Conflict(
            msg("Somebody else changed this customer meanwhile. Look at it and try again."),
            link=f"/customers/{customer.number}",
        )
    changed = sorted(
        name
        for name in ("name", "kind", "phone", "email", "vat_id", "street", "city", "country")
        if getattr(customer, name) != getattr(given, name)
    )
    _write(customer, given)
    customer.version += 1
    session.flush()
    # names of fields only: the chain must not keep what a person may ask us to erase
    audit.record(
        session,
        actor,
        "customer.changed",
        subject=f"customer:{customer.number}",
        after={"fields": changed},
    )
    return customer


def by_id(session: Session, actor: Actor, customer_id: int) -> Customer:
    customer = session.get(Customer, customer_id)
    if customer is None or customer.store_id != actor.store_id:
        raise NotFound(msg("There is no such customer."))
    return customer


def by_number(session: Session, actor: Actor, number: int) -> Customer:
    customer = session.scalar(
        select(Customer).where(Customer.store_id == actor.store_id, Customer.number == number)
    )
    if customer is None:
        raise NotFound(msg("There is no customer {number}.", number=number))
    return customer


def likely_duplicates(
    session: Session, actor: Actor, typed: CustomerInput, *, but: int | None = None
) -> list[Customer]:
    """Who may be the same: equal phone, e-mail, VAT id or name in any writing."""
    signs: list[ColumnElement[bool]] = [
        Customer.name_key == folded(f"{typed.name} {typed.contact_name}".strip())
    ]
    if phone_key(typed.phone):
        signs.append(Customer.phone_key == phone_key(typed.phone))
    if search_key(typed.email):
        signs.append(Customer.email_key == search_key(typed.email))
    if clean(typed.vat_id):
        signs.append(Customer.vat_id == clean(typed.vat_id).replace(" ", "").upper())
    query = select(Customer).where(
        Customer.store_id == actor.store_id, Customer.archived.is_(False), or_(*signs)
    )
    if but is not None:
        query = query.where(Customer.id != but)
    return list(session.scalars(query.order_by(Customer.id).limit(5)))


def find(session: Session, actor: Actor, text: str, *, most: int = 8) -> list[Customer]:
    """Customers by name, number, phone, e-mail or VAT id, in any writing."""
    wanted = folded(text)
    if not wanted:
        return []
    signs: list[ColumnElement[bool]] = [
        Customer.name_key.like(like_pattern(wanted), escape="\\"),
        Customer.email_key == search_key(text),
        Customer.vat_id == clean(text).replace(" ", "").upper(),
    ]
    if len(phone_key(text)) >= _SHORTEST_PHONE:
        signs.append(Customer.phone_key == phone_key(text))
    if wanted.isascii() and wanted.isdigit() and len(wanted) <= 9:  # noqa: PLR2004 - fits the column
        signs.append(Customer.number == int(wanted))
    return list(
        session.scalars(
            select(Customer)
            .where(Customer.store_id == actor.store_id, Customer.archived.is_(False), or_(*signs))
            .order_by(Customer.name_key, Customer.id)
            .limit(most)
        )
    )


def _write(customer: Customer, given: CustomerInput) -> None:
    customer.kind = given.kind
    customer.name = given.name
    customer.name_key = folded(f"{given.name} {given.contact_name}".strip())[:200]
    customer.contact_name = given.contact_name
    customer.phone = given.phone
    customer.phone_key = phone_key(given.phone)
    customer.email = given.email
    customer.email_key = search_key(given.email)
    customer.street = given.street
    customer.postcode = given.postcode
    customer.city = given.city
    customer.country = given.country
    customer.vat_id = given.vat_id
    customer.language = given.language
    customer.notes = given.notes
    if not given.marketing_consent:
        customer.marketing_consent_at = None
    elif customer.marketing_consent_at is None:
        customer.marketing_consent_at = clock.now()


def _looks_like_mail(email: str) -> bool:
    name, at, domain = email.rpartition("@")
    return bool(name and at and "." in domain and " " not in email)


def _vat_id(text: str, problems: dict[str, Text]) -> str:
    """A VAT id in its compact form; the check digits of EU ids are verified."""
    compact = clean(text).replace(" ", "").upper()
    if not compact:
        return ""
    if not vat.MEMBER_STATES.intersection({compact[:2].lower()}) and compact[:2] != "EL":
        return compact[:200]
    try:
        checked_id: str = vat.validate(compact)
    except ValidationError:
        problems["vat_id"] = msg("The check digits of {vat_id} do not fit.", vat_id=compact[:20])
        return compact
    return checked_id
