"""What a store says of itself: on documents, in reckoning days, and in how prices are meant."""

from dataclasses import asdict, dataclass, fields
from datetime import time

from sqlalchemy import column, exists, select, table
from sqlalchemy.orm import Session

from app.kernel import audit
from app.kernel.actor import Actor
from app.kernel.canonical import canonical, sha256_hex
from app.kernel.errors import Conflict, Invalid, Refused
from app.kernel.tax import PriceMode
from app.kernel.text import Text, msg
from app.stores.desk import check_zone
from app.stores.models import Store

# A table of a higher floor, read by name: a bill is raised when first money is taken for a sale.
_bills = table("bills", column("store_id"))


@dataclass(frozen=True, slots=True)
class Particulars:
    """All that the settings page changes; each name is the store's own attribute."""

    name: str
    legal_name: str
    street: str
    postcode: str
    city: str
    country: str
    vat_id: str
    phone: str
    email: str
    bank_account: str
    price_mode: PriceMode
    zone: str
    day_starts_at: time
    language: str
    receipt_footer: str


def of(store: Store) -> Particulars:
    return Particulars(**{field.name: getattr(store, field.name) for field in fields(Particulars)})


def fingerprint(store: Store) -> str:
    """Changes with anything in the particulars: so that two editors do not overwrite each other."""
    return sha256_hex(canonical(_plain(of(store))))[:16]


def has_sold(session: Session, store_id: int) -> bool:
    found = session.scalar(select(exists().where(_bills.c.store_id == store_id)))
    return bool(found)


def change(
    session: Session, actor: Actor, store: Store, given: Particulars, *, seen: str
) -> list[str]:
    """Write what differs and name it. `seen` is the fingerprint that the editor started from.

    Raises Conflict when somebody else changed the store meanwhile, Refused for a change that the
    store's sales forbid.
    """
    actor.require("settings.edit")
    if seen != fingerprint(store):
        raise Conflict(
            msg("Somebody else changed the store meanwhile. Compare, and save again."), field="form"
        )
    _check(given)
    before = of(store)
    if given.price_mode is not before.price_mode and has_sold(session, store.id):
        raise Refused(msg("Prices keep their meaning once something was sold."), field="price_mode")
    old, new = _plain(before), _plain(given)
    changed = [name for name in new if new[name] != old[name]]
    for name in changed:
        setattr(store, name, getattr(given, name))
    if changed:
        audit.record(
            session,
            actor,
            "store.changed",
            subject=f"store:{store.code}",
            before={name: old[name] for name in changed},
            after={name: new[name] for name in changed},
        )
    return changed


def _check(given: Particulars) -> None:
    problems: dict[str, Text] = {}
    for name in ("name", "legal_name"):
        if not getattr(given, name):
            problems[name] = msg("Please fill this in.")
    country = given.country
    if not (len(country) == 2 and country.isascii() and country.isupper()):  # noqa: PLR2004
        problems["country"] = msg("A country has two letters, e.g. DE or CN.")
    try:
        check_zone(given.zone)
    except Refused as refusal:
        problems["zone"] = refusal.message
    if problems:
        raise Invalid(msg("Please look at the marked fields."), problems=problems)


def _plain(given: Particulars) -> dict[str, str]:
    """As words, for the record and for comparison."""
    words = {name: str(value) for name, value in asdict(given).items()}
    return {**words, "day_starts_at": given.day_starts_at.strftime("%H:%M")}
