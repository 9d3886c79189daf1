"""What the other rooms ask a store: its tills, its tax, its day."""

from datetime import date, datetime, time
from os.path import normpath
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel.numbers import is_currency
from sqlalchemy import ColumnElement, bindparam, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.kernel import audit, clock
from app.kernel.actor import Actor
from app.kernel.errors import Conflict, NotFound, Refused
from app.kernel.searchkeys import clean
from app.kernel.tax import PriceMode, TaxCategory
from app.kernel.text import msg
from app.stores.models import Store, TaxRate, Till
from app.web.printing import printer_address

LONGEST = 200  # as wide as the columns are
_SPOOLS = ("/dev/", "/var/spool/", "/tmp/")  # noqa: S108 - named, not used, as a temporary place


def create(
    session: Session,
    *,
    code: str,
    name: str,
    legal_name: str,
    currency: str,
    price_mode: PriceMode,
    zone: str,
    country: str,
    day_starts_at: time = time(4, 0),
) -> Store:
    """A new store; raises Refused for particulars that cannot be, Conflict for a code in use."""
    code, name, legal_name = clean(code), clean(name), clean(legal_name)
    if not 1 <= len(code) <= 16 or not name or not legal_name:  # noqa: PLR2004 - the column's width
        raise Refused(msg("A store needs a code of up to 16 characters, and its names."))
    if not (len(country) == 2 and country.isascii() and country.isupper()):  # noqa: PLR2004
        raise Refused(msg("A country has two letters, e.g. DE or CN."), field="country")
    check_zone(zone)
    check_currency(currency)
    if session.scalar(select(Store.id).where(Store.code == code)):
        raise Conflict(msg("There is already a store {code}.", code=code), field="code")
    store = Store(
        code=code,
        name=name,
        legal_name=legal_name,
        currency=currency,
        price_mode=price_mode,
        zone=zone,
        country=country,
        day_starts_at=day_starts_at,
    )
    session.add(store)
    session.flush()
    return store


def check_zone(zone: str) -> str:
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise Refused(msg("“{zone}” is not a time zone.", zone=zone), field="zone") from None
    return zone


def check_currency(currency: str) -> str:
    """An ISO 4217 code, as it is; raises Refused for any other."""
    if not is_currency(currency):
        raise Refused(
            msg("“{currency}” is not a currency; write e.g. EUR.", currency=currency),
            field="currency",
        )
    return currency


def stores(session: Session) -> list[Store]:
    """Every store of this house, by its code."""
    return list(session.scalars(select(Store).order_by(Store.code)))


def store_of(session: Session, store_id: int) -> Store:
    return session.get_one(Store, store_id)


def tills_of(session: Session, store_id: int) -> list[Till]:
    return list(
        session.scalars(select(Till).where(Till.store_id == store_id).order_by(Till.name, Till.id))
    )


def till_by_id(session: Session, actor: Actor, till_id: int) -> Till:
    """A till of the actor's store; raises NotFound."""
    till = session.get(Till, till_id)
    if till is None or till.store_id != actor.store_id:
        raise NotFound(msg("There is no such till in this store."))
    return till


def add_till(session: Session, actor: Actor, *, name: str) -> Till:
    actor.require("settings.edit")
    name = _till_name(name)
    _require_free(session, actor, name)
    till = Till(store_id=actor.store_id, name=name)
    session.add(till)
    session.flush()
    audit.record(session, actor, "till.added", subject=f"till:{till.id}", after={"name": name})
    return till


def change_till(
    session: Session,
    actor: Actor,
    till: Till,
    *,
    printer: str,
    reader_id: str,
    name: str | None = None,
) -> None:
    """Where this till prints, which card reader stands beside it, and what it is called."""
    actor.require("settings.edit")
    new = {
        "name": till.name if name is None else _till_name(name),
        "printer": _printer(printer),
        "reader_id": clean(reader_id),
    }
    if len(new["reader_id"]) > LONGEST:
        raise Refused(msg("At most {most} characters fit here.", most=LONGEST), field="reader_id")
    before = {field: getattr(till, field) for field in new}
    if new["name"] != till.name:
        _require_free(session, actor, new["name"])
    for field, value in new.items():
        setattr(till, field, value)
    audit.record(
        session, actor, "till.changed", subject=f"till:{till.id}", before=before, after=new
    )


def add_rate(
    session: Session,
    actor: Actor,
    *,
    code: str,
    label: str,
    rate_bp: int,
    valid_from: date,
    category: TaxCategory = TaxCategory.STANDARD,
    reason: str = "",
) -> TaxRate:
    """A rate from a day on; an earlier one of the same code ends there.

    A code's first rate may begin long ago, a change only today or later: what was sold before
    keeps its tax. A rate without tax says by its category why, and may say by which law.
    """
    actor.require("settings.edit")
    code = clean(code)
    if not 1 <= len(code) <= 16:  # noqa: PLR2004 - the column's width
        raise Refused(msg("Give the rate a code of up to 16 characters."), field="code")
    if not 0 <= rate_bp <= 10_000:  # noqa: PLR2004 - 100 % in basis points
        raise Refused(msg("A tax rate is between 0 and 100 %."), field="rate")
    category = _category(category, rate_bp)
    _check_beginning(session, actor, code, valid_from)
    rate = TaxRate(
        store_id=actor.store_id,
        code=code,
        label=clean(label)[:LONGEST] or code,
        rate_bp=rate_bp,
        valid_from=valid_from,
        category=category,
        reason=clean(reason)[:LONGEST] if category in WITH_REASON else "",
    )
    session.add(rate)
    session.flush()
    audit.record(
        session,
        actor,
        "tax_rate.added",
        subject=f"tax_rate:{code}",
        after={"rate_bp": rate_bp, "valid_from": valid_from, "category": category},
    )
    return rate


def withdraw_rate(session: Session, actor: Actor, rate_id: int) -> None:
    """Take back a rate that has not begun yet, for example a mistyped one."""
    actor.require("settings.edit")
    rate = session.get(TaxRate, rate_id)
    if rate is None or rate.store_id != actor.store_id:
        raise NotFound(msg("There is no such tax rate in this store."))
    if rate.valid_from <= business_day_of(store_of(session, actor.store_id)):
        raise Refused(msg("This rate is in force already; add the one that follows it."))
    session.delete(rate)
    session.flush()
    audit.record(
        session,
        actor,
        "tax_rate.withdrawn",
        subject=f"tax_rate:{rate.code}",
        before={"rate_bp": rate.rate_bp, "valid_from": rate.valid_from},
    )


# What a rate says by itself; the other categories come of who buys.
OF_A_RATE = (TaxCategory.STANDARD, TaxCategory.ZERO, TaxCategory.EXEMPT, TaxCategory.OUTSIDE)
WITH_REASON = frozenset({TaxCategory.EXEMPT, TaxCategory.OUTSIDE})
_RATES = (
    select(TaxRate)
    .where(TaxRate.store_id == bindparam("store_id"), TaxRate.valid_from <= bindparam("day"))
    .order_by(TaxRate.valid_from)
)


def rates_on(session: Session, store_id: int, day: date) -> dict[str, int]:
    """Every code's rate in force on a day, in basis points."""
    return {code: rate.rate_bp for code, rate in taxes_on(session, store_id, day).items()}


def taxes_on(session: Session, store_id: int, day: date) -> dict[str, TaxRate]:
    """Every code's rate in force on a day, with its category and its sentence."""
    rows = session.scalars(_RATES, {"store_id": store_id, "day": day})
    return {rate.code: rate for rate in rows}


def in_force(code: InstrumentedAttribute[str], store_id: int, day: date) -> ColumnElement[bool]:
    """The condition to join the rate of a code in force on a day."""
    newest = (
        select(TaxRate.id)
        .where(TaxRate.store_id == store_id, TaxRate.code == code, TaxRate.valid_from <= day)
        .order_by(TaxRate.valid_from.desc())
        .limit(1)
    )
    return TaxRate.id == newest.correlate_except(TaxRate).scalar_subquery()


def tax_on(session: Session, store_id: int, code: str, day: date) -> TaxRate:
    """One code's rate on a day; raises NotFound when none is in force."""
    rates = taxes_on(session, store_id, day)
    if code not in rates:
        raise NotFound(msg("No tax rate “{code}” is in force. Set it in the settings.", code=code))
    return rates[code]


def rate_on(session: Session, store_id: int, code: str, day: date) -> int:
    """The same in basis points."""
    return tax_on(session, store_id, code, day).rate_bp


def rates_of(session: Session, store_id: int) -> list[TaxRate]:
    return list(
        session.scalars(
            select(TaxRate)
            .where(TaxRate.store_id == store_id)
            .order_by(TaxRate.code, TaxRate.valid_from)
        )
    )


def business_day_of(store: Store, moment: datetime | None = None) -> date:
    """The store's day that a moment (now) belongs to."""
    return clock.business_day(moment or clock.now(), zone=store.zone, cut_off=store.day_starts_at)


def _category(wanted: TaxCategory, rate_bp: int) -> TaxCategory:
    """Tax by a rate above zero; below it, what a rate can say of why there is none."""
    wanted = wanted.of_rate(rate_bp)
    if wanted not in OF_A_RATE:
        raise Refused(msg("Choose why a rate is none."), field="category")
    if rate_bp and wanted is not TaxCategory.STANDARD:
        raise Refused(msg("What is exempt has a rate of 0 %."), field="rate")
    return wanted


def _check_beginning(session: Session, actor: Actor, code: str, valid_from: date) -> None:
    days = session.scalars(
        select(TaxRate.valid_from).where(TaxRate.store_id == actor.store_id, TaxRate.code == code)
    ).all()
    if valid_from in days:
        raise Conflict(msg("This rate already changes on that day."), field="valid_from")
    if days and valid_from < business_day_of(store_of(session, actor.store_id)):
        raise Refused(
            msg("A rate changes today or later; what was sold before keeps its tax."),
            field="valid_from",
        )


def _require_free(session: Session, actor: Actor, name: str) -> None:
    if session.scalar(select(Till.id).where(Till.store_id == actor.store_id, Till.name == name)):
        raise Conflict(msg("There is already a till called {name}.", name=name), field="name")


def _printer(text: str) -> str:
    """A network printer, or a device or spool file: nothing else of the machine is written to."""
    printer = clean(text)
    if not printer:
        return ""
    if len(printer) > LONGEST:
        raise Refused(msg("At most {most} characters fit here.", most=LONGEST), field="printer")
    try:
        address = printer_address(printer)
    except Refused as refusal:
        raise Refused(refusal.message, field="printer") from None
    if isinstance(address, Path) and not normpath(address).startswith(_SPOOLS):
        raise Refused(
            msg("A printer's file is a device under /dev or lies under /var/spool or /tmp."),
            field="printer",
        )
    return printer


def _till_name(text: str) -> str:
    name = clean(text)
    if not 1 <= len(name) <= 40:  # noqa: PLR2004 - the column's width
        raise Refused(msg("Give the till a name of up to 40 characters."), field="name")
    return name
