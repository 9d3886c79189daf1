"""Customers."""

from typing import Any

from sqlalchemy.orm import Session

from app.customers import book
from app.customers.book import CustomerInput
from app.customers.models import Customer, CustomerKind
from app.kernel.actor import Actor


def typed(name: str = "Anna Müller", **more: Any) -> CustomerInput:
    """What somebody types of a person."""
    return CustomerInput(**{"kind": CustomerKind.PERSON, "name": name, **more})


def a_customer(session: Session, actor: Actor, name: str = "Anna Müller", **more: Any) -> Customer:
    """Somebody in the book."""
    return book.add(session, actor, typed(name, **more))
