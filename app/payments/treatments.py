"""How a sale or a repair is taxed by who buys: at home, within the European Union, or abroad.

Council Directive 2006/112/EC, Articles 138 (goods to companies in other member states), 146
(export) and 44 with 196 (services to companies). Chosen by rule; a person may decide otherwise,
with a reason.
"""

from enum import StrEnum

from stdnum.eu import vat
from stdnum.exceptions import ValidationError

from app.customers.models import Customer, CustomerKind
from app.kernel.errors import Refused
from app.kernel.searchkeys import clean
from app.kernel.tax import TaxCategory
from app.kernel.text import Text, msg
from app.stores.models import Store


class Treatment(StrEnum):
    HOME = "home"
    # to a company in another member state: goods free of tax, services taxed at the customer's
    UNION = "union"
    # to a company outside: goods exported, services outside the scope
    ABROAD = "abroad"
    # the customer owes the tax, also at home (in Germany UStG § 13b)
    REVERSE = "reverse"
    EXEMPT = "exempt"


LABELS: dict[Treatment, Text] = {
    Treatment.HOME: msg("Taxed here"),
    Treatment.UNION: msg("Company in another EU country"),
    Treatment.ABROAD: msg("Company outside the EU, or export"),
    Treatment.REVERSE: msg("Reverse charge"),
    Treatment.EXEMPT: msg("Exempt from VAT"),
}
_GOODS = {
    Treatment.UNION: TaxCategory.INTRA,
    Treatment.ABROAD: TaxCategory.EXPORT,
    Treatment.REVERSE: TaxCategory.REVERSE,
    Treatment.EXEMPT: TaxCategory.EXEMPT,
}
_SERVICES = {
    **_GOODS,
    Treatment.UNION: TaxCategory.REVERSE,
    Treatment.ABROAD: TaxCategory.OUTSIDE,
}
_BY_ID = frozenset({Treatment.UNION, Treatment.REVERSE})
_LONGEST = 200
# where the two lists of codes differ
_PREFIX = {"GR": "EL"}


def by_rule(store: Store, customer: Customer | None) -> Treatment:
    """What the rule says of a sale. Who is no company pays the tax of the store's country."""
    if customer is None or customer.kind is not CustomerKind.COMPANY:
        return Treatment.HOME
    if customer.country in {"", store.country}:
        return Treatment.HOME
    if in_union(store.country) and in_union(customer.country):
        return Treatment.UNION if has_union_id(customer) else Treatment.HOME
    return Treatment.ABROAD


def following(chosen: Treatment | None, store: Store, customer: Customer | None) -> Treatment:
    """A choice by hand stays while it has what it needs; else, and without one, the rule says."""
    if chosen is None or lacking(chosen, store, customer) is not None:
        return by_rule(store, customer)
    return chosen


def why(store: Store, customer: Customer | None) -> Text:
    """The rule's reason, as a sentence."""
    if customer is None:
        return msg("Without a customer a sale is taxed here.")
    if customer.country in {"", store.country}:
        return msg("The customer is in this country.")
    if customer.kind is not CustomerKind.COMPANY:
        return msg("A person pays the VAT of this country.")
    if not (in_union(store.country) and in_union(customer.country)):
        return msg("A company outside the EU.")
    if has_union_id(customer):
        return msg("A company in another EU country, with the VAT ID {id}.", id=customer.vat_id)
    return msg("A company in another EU country, but without a VAT ID of that country.")


def lacking(treatment: Treatment, store: Store, customer: Customer | None) -> Text | None:
    """What a choice cannot do without, as a sentence; None: nothing."""
    if treatment is Treatment.UNION and not in_union(store.country):
        return msg("The store is not in the EU.")
    if treatment is Treatment.UNION and (customer is None or not has_union_id(customer)):
        return msg("This needs a customer with a VAT ID of another EU country.")
    if treatment in _BY_ID and (customer is None or not customer.vat_id):
        return msg("This needs a customer with a VAT ID.")
    if treatment is Treatment.ABROAD and (customer is None or not customer.country):
        return msg("This needs a customer with a country.")
    return None


def require(treatment: Treatment, reason: str, store: Store, customer: Customer | None) -> str:
    """The reason of a choice by hand. Raises Refused without one, or without what it needs."""
    said = clean(reason)[:_LONGEST]
    if not said:
        raise Refused(msg("Say why it is taxed so."), field="reason")
    missing = lacking(treatment, store, customer)
    if missing is not None:
        raise Refused(missing, field="treatment")
    return said


def category(treatment: Treatment, at_home: TaxCategory, *, is_service: bool) -> TaxCategory:
    """How a line is taxed; `at_home` is what its rate says in the store's country."""
    if treatment is Treatment.HOME:
        return at_home
    return (_SERVICES if is_service else _GOODS)[treatment]


def in_union(country: str) -> bool:
    return country.lower() in vat.MEMBER_STATES


def has_union_id(customer: Customer) -> bool:
    """Has a VAT id of its own country, with check digits that fit?"""
    prefix = _PREFIX.get(customer.country, customer.country)
    if not prefix or not customer.vat_id.startswith(prefix):
        return False
    try:
        vat.validate(customer.vat_id)
    except ValidationError:
        return False
    return True
