"""What must always hold of customers, proved on any database."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import fields

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.customers.book import CustomerInput
from app.customers.models import Customer, CustomerTerm
from app.customers.terms import terms_of

_AT_ONCE = 500
_KEPT = {"kind", "name", "marketing_consent"}


def breaches(session: Session) -> Iterator[str]:
    """One line per customer who cannot be found as written, or was not forgotten wholly."""
    every = session.scalars(
        select(Customer).order_by(Customer.id).execution_options(yield_per=_AT_ONCE)
    )
    for customers in every.partitions(_AT_ONCE):
        found = _terms_of(session, [customer.id for customer in customers])
        for customer in customers:
            where = f"customers: store {customer.store_id}, customer {customer.number}"
            wanted = terms_of(customer) if customer.erased_at is None else set()
            if found[customer.id] != wanted:
                yield f"{where}: the terms of the search do not fit"
            if customer.erased_at is not None and _remains(customer):
                yield f"{where}: erased, but {', '.join(_remains(customer))} is still there"


def _terms_of(session: Session, ids: list[int]) -> dict[int, set[str]]:
    found: dict[int, set[str]] = defaultdict(set)
    rows = session.execute(
        select(CustomerTerm.customer_id, CustomerTerm.term).where(CustomerTerm.customer_id.in_(ids))
    )
    for customer_id, term in rows:
        found[customer_id].add(term)
    return found


def _remains(customer: Customer) -> list[str]:
    return [
        field.name
        for field in fields(CustomerInput)
        if field.name not in _KEPT and getattr(customer, field.name)
    ]
