"""Suppliers: who delivers, in which currency, how long it takes."""

from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel import audit
from app.kernel.actor import Actor
from app.kernel.errors import Conflict, NotFound
from app.kernel.searchkeys import clean, folded
from app.kernel.text import msg
from app.parts.buying_models import Supplier
from app.stores import desk
from app.web.forms import Reading
from app.web.i18n import LANGUAGES

_LONGEST_NAME = 200
_LONGEST_NOTE = 2_000
MOST_DAYS = 1_000


@dataclass(frozen=True, slots=True)
class SupplierInput:
    """What is known of a supplier; `language` is the one of the orders to it."""

    name: str
    currency: str
    lead_days: int = 0
    language: str = "en"
    account: str = ""
    contact: str = ""
    email: str = ""
    phone: str = ""
    address: str = ""
    return_days: int = 0
    note: str = ""


def add(session: Session, actor: Actor, wanted: SupplierInput) -> Supplier:
    """A new supplier; raises Conflict when its name is taken, Invalid for what cannot be."""
    actor.require("purchases.edit")
    read = _read(wanted)
    _require_free(session, actor, read.name)
    supplier = Supplier(store_id=actor.store_id, name_key=folded(read.name), **_facts(read))
    session.add(supplier)
    session.flush()
    audit.record(
        session, actor, "supplier.added", subject=f"supplier:{supplier.id}", after=_facts(read)
    )
    return supplier


def change(session: Session, actor: Actor, supplier: Supplier, wanted: SupplierInput) -> None:
    """Open orders keep their currency; the new one counts for the next."""
    actor.require("purchases.edit")
    read = _read(wanted)
    if folded(read.name) != supplier.name_key:
        _require_free(session, actor, read.name)
    facts = _facts(read)
    before = {name: getattr(supplier, name) for name in facts}
    for name, value in facts.items():
        setattr(supplier, name, value)
    supplier.name_key = folded(read.name)
    session.flush()
    audit.record(
        session,
        actor,
        "supplier.changed",
        subject=f"supplier:{supplier.id}",
        before=before,
        after=facts,
    )


def archive(session: Session, actor: Actor, supplier: Supplier) -> None:
    """Nothing more is suggested to be ordered there; what was ordered stays."""
    _set_archived(session, actor, supplier, "supplier.archived", archived=True)


def restore(session: Session, actor: Actor, supplier: Supplier) -> None:
    _set_archived(session, actor, supplier, "supplier.restored", archived=False)


def by_id(session: Session, actor: Actor, supplier_id: int) -> Supplier:
    supplier = session.get(Supplier, supplier_id)
    if supplier is None or supplier.store_id != actor.store_id:
        raise NotFound(msg("There is no such supplier in this store."), field="supplier")
    return supplier


def by_name(session: Session, actor: Actor, name: str) -> Supplier:
    """A supplier by its name in any writing; raises NotFound."""
    supplier = session.scalar(
        select(Supplier).where(
            Supplier.store_id == actor.store_id, Supplier.name_key == folded(name)
        )
    )
    if supplier is None:
        raise NotFound(msg("No supplier {name}.", name=clean(name)[:60]), field="supplier")
    return supplier


def listed(session: Session, actor: Actor) -> list[Supplier]:
    """All of the store's, those in use first."""
    return list(
        session.scalars(
            select(Supplier)
            .where(Supplier.store_id == actor.store_id)
            .order_by(Supplier.archived, Supplier.name_key, Supplier.id)
        )
    )


def in_use(session: Session, actor: Actor) -> list[Supplier]:
    return [supplier for supplier in listed(session, actor) if not supplier.archived]


def _set_archived(
    session: Session, actor: Actor, supplier: Supplier, verb: str, *, archived: bool
) -> None:
    actor.require("purchases.edit")
    supplier.archived = archived
    session.flush()
    audit.record(session, actor, verb, subject=f"supplier:{supplier.id}")


def _read(wanted: SupplierInput) -> SupplierInput:
    seen = Reading()
    currency = clean(wanted.currency).upper()
    seen.take("currency", lambda: desk.check_currency(currency), currency)
    for field in ("lead_days", "return_days"):
        if not 0 <= getattr(wanted, field) <= MOST_DAYS:
            seen.refuse(field, msg("Days are from 0 to {most}.", most=MOST_DAYS))
    if wanted.language not in LANGUAGES:
        seen.refuse("language", msg("Choose one of the languages."))
    read = SupplierInput(
        name=seen.text("name", wanted.name, most=_LONGEST_NAME, required=True),
        currency=currency,
        lead_days=wanted.lead_days,
        language=wanted.language,
        account=seen.text("account", wanted.account, most=64),
        contact=seen.text("contact", wanted.contact),
        email=seen.text("email", wanted.email),
        phone=seen.text("phone", wanted.phone),
        address=seen.text("address", wanted.address, most=_LONGEST_NOTE),
        return_days=wanted.return_days,
        note=seen.text("note", wanted.note, most=_LONGEST_NOTE),
    )
    seen.done()
    return read


def _facts(read: SupplierInput) -> dict[str, Any]:
    return asdict(read)


def _require_free(session: Session, actor: Actor, name: str) -> None:
    taken = session.scalar(
        select(Supplier.id).where(
            Supplier.store_id == actor.store_id, Supplier.name_key == folded(name)
        )
    )
    if taken is not None:
        raise Conflict(
            msg("There is a supplier {name} already.", name=name),
            field="name",
            link=f"/parts/suppliers/{taken}",
        )
