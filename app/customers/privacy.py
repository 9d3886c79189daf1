"""What a person may ask of us: a copy of their data, and to be forgotten (GDPR articles 15, 17)."""

from collections.abc import Callable
from dataclasses import asdict

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.customers import book
from app.customers.book import CustomerInput
from app.customers.events import CustomerErased
from app.customers.models import Customer
from app.kernel import audit, clock, events
from app.kernel.actor import Actor
from app.kernel.audit import AuditEntry
from app.kernel.canonical import plain
from app.kernel.errors import Refused
from app.kernel.text import msg

# What a higher floor knows of a customer, in terms of JSON. Filled by `app.wiring`.
Chapter = Callable[[Session, Actor, Customer], object]
chapters: dict[str, Chapter] = {}


def export(session: Session, actor: Actor, customer: Customer) -> dict[str, object]:
    """Everything that the house keeps of a customer. That it was handed out is on record."""
    actor.require("customers.view")
    exported = _everything(session, actor, customer)
    audit.record(session, actor, "customer.exported", subject=_subject(customer))
    return exported


def erase(session: Session, actor: Actor, customer: Customer, *, reason: str) -> Customer:
    """Forget the person, for good: so everything that is known must have been exported before.

    The number stays, with the sales, the robots and the documents that the law wants kept; nobody
    is found by them any more. Raises Refused when it was done before, when the export is missing,
    or when a listener of `CustomerErased` says that something is still open.
    """
    actor.require("customers.erase")
    if customer.erased_at is not None:
        raise Refused(msg("This customer's data was erased before."))
    if not is_exported(session, customer):
        raise Refused(
            msg("Export the data first: after this nobody can."),
            link=f"/customers/{customer.number}/erase",
        )
    for name, nothing in asdict(CustomerInput(kind=customer.kind, name="")).items():
        if name not in {"kind", "marketing_consent"}:
            setattr(customer, name, nothing)
    customer.name = f"#{customer.number}"
    customer.name_key = ""
    customer.marketing_consent_at = None
    customer.erased_at = clock.now()
    customer.version += 1
    session.flush()
    book.index(session, customer)
    events.announce(
        session,
        CustomerErased(
            store_id=customer.store_id,
            customer_id=customer.id,
            customer_number=customer.number,
        ),
    )
    audit.record(
        session,
        actor,
        "customer.erased",
        subject=_subject(customer),
        reason=reason,
    )
    return customer


def is_exported(session: Session, customer: Customer) -> bool:
    """Was the customer exported as they are now? The record knows."""
    audit.write(session)
    last = session.scalar(
        select(AuditEntry.action)
        .where(
            AuditEntry.store_id == customer.store_id,
            AuditEntry.subject == _subject(customer),
            AuditEntry.action.in_(("customer.added", "customer.changed", "customer.exported")),
        )
        .order_by(AuditEntry.position.desc())
        .limit(1)
    )
    return last == "customer.exported"


def _subject(customer: Customer) -> str:
    return f"customer:{customer.number}"


def _everything(session: Session, actor: Actor, customer: Customer) -> dict[str, object]:
    own = asdict(book.as_input(customer))
    own |= {
        "number": customer.number,
        "made_at": customer.made_at,
        "marketing_consent_at": customer.marketing_consent_at,
        "erased_at": customer.erased_at,
    }
    more = {name: tell(session, actor, customer) for name, tell in chapters.items()}
    told = plain({"exported_at": clock.now(), "customer": own, **more})
    if not isinstance(told, dict):
        raise TypeError("an export is an object")
    return told
