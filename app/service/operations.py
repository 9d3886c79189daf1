"""The workshop's catalogue: what it does, how long that takes, what an hour costs."""

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, joinedload

from app.kernel import audit, clock
from app.kernel.actor import Actor
from app.kernel.errors import Conflict, Invalid, NotFound, Refused
from app.kernel.money import Money, half_up
from app.kernel.searchkeys import clean, folded, search_key
from app.kernel.text import Text, msg
from app.robots.bodyplan import SlotClass
from app.robots.models import Maker
from app.service.operation_models import LabourRate, Operation, OperationKind, SafetyTick
from app.stores import desk

KIND_LABELS: dict[OperationKind, Text] = {
    OperationKind.LABOUR: msg("Labour"),
    OperationKind.CALIBRATION: msg("Calibration"),
}
TICK_LABELS: dict[SafetyTick, Text] = {
    SafetyTick.HOIST: msg("Robot hangs in the hoist"),
    SafetyTick.BATTERY_ISOLATED: msg("Battery isolated"),
    SafetyTick.ESTOP_TESTED: msg("Emergency stop tested"),
    SafetyTick.AREA_CLEAR: msg("Area clear of people"),
}
MOST_MINUTES = 6_000
_LONGEST_CODE = 32
_LONGEST_NAME = 200
_MINUTES_OF_HOUR = 60
_MOST_FOUND = 20


@dataclass(frozen=True, slots=True)
class OperationInput:
    """An operation as typed. `price` is fixed, where it is not standard time at the hourly rate."""

    code: str
    name: str
    minutes: int
    kind: OperationKind = OperationKind.LABOUR
    slot_class: SlotClass | None = None
    price: Money | None = None
    needs_two: bool = False
    ticks: tuple[SafetyTick, ...] = ()
    needs_authorisation: bool = False
    maker_id: int | None = None


@dataclass(frozen=True, slots=True)
class Rate:
    """What an hour costs; `tax_code` empty is the store's standard rate."""

    hourly: Money
    tax_code: str = ""


def add(session: Session, actor: Actor, typed: OperationInput) -> Operation:
    """A new operation of the actor's store. Raises Invalid, Conflict for a code in use."""
    actor.require("settings.edit")
    values = _checked(session, actor, typed)
    _require_free(session, actor, values["code_key"])
    operation = Operation(store_id=actor.store_id, **values)
    session.add(operation)
    session.flush()
    audit.record(
        session, actor, "operation.added", subject=_subject(operation), after=_told(operation)
    )
    return operation


def edit(
    session: Session, actor: Actor, operation: Operation, typed: OperationInput, *, seen: int
) -> None:
    """Change an operation; estimates keep what they said. `seen`: the version that was edited."""
    actor.require("settings.edit")
    _require_unchanged(operation, seen)
    values = _checked(session, actor, typed)
    if values["code_key"] != operation.code_key:
        _require_free(session, actor, values["code_key"])
    before = _told(operation)
    for name, value in values.items():
        setattr(operation, name, value)
    operation.version += 1
    session.flush()
    audit.record(
        session,
        actor,
        "operation.changed",
        subject=_subject(operation),
        before=before,
        after=_told(operation),
    )


def archive(session: Session, actor: Actor, operation: Operation) -> None:
    """It is offered no more; what was estimated with it stays."""
    _set_archived(session, actor, operation, archived=True, word="operation.archived")


def restore(session: Session, actor: Actor, operation: Operation) -> None:
    _set_archived(session, actor, operation, archived=False, word="operation.restored")


def by_id(session: Session, actor: Actor, operation_id: int) -> Operation:
    found = session.scalar(
        select(Operation).where(Operation.id == operation_id).options(joinedload(Operation.maker))
    )
    if found is None or found.store_id != actor.store_id:
        raise NotFound(msg("There is no such operation in this store."))
    return found


def by_code(session: Session, store_id: int, code: str) -> Operation | None:
    """An operation in use by its code in any writing."""
    return session.scalar(
        select(Operation)
        .where(
            Operation.store_id == store_id,
            Operation.code_key == search_key(code),
            Operation.archived.is_(False),
        )
        .options(joinedload(Operation.maker))
    )


def by_codes(session: Session, store_id: int, codes: Collection[str]) -> dict[str, Operation]:
    """Operations by their codes, archived ones too, in one statement."""
    keys = {search_key(code) for code in codes if code}
    if not keys:
        return {}
    rows = session.scalars(
        select(Operation)
        .where(Operation.store_id == store_id, Operation.code_key.in_(keys))
        .options(joinedload(Operation.maker))
    )
    return {row.code: row for row in rows}


def listed(session: Session, store_id: int) -> Sequence[Operation]:
    """Every operation of a store, those in use first, by code."""
    return session.scalars(
        select(Operation)
        .where(Operation.store_id == store_id)
        .order_by(Operation.archived, Operation.code_key)
        .options(joinedload(Operation.maker))
    ).all()


def find(session: Session, store_id: int, text: str, *, maker_id: int) -> Sequence[Operation]:
    """Operations for robots of a maker whose code or name has these words, at most 20."""
    wanted = folded(text)
    rows = session.scalars(
        select(Operation)
        .where(
            Operation.store_id == store_id,
            Operation.archived.is_(False),
            or_(Operation.maker_id.is_(None), Operation.maker_id == maker_id),
        )
        .order_by(Operation.code_key)
        .options(joinedload(Operation.maker))
    )
    found = [row for row in rows if wanted in row.code_key or wanted in folded(row.name)]
    return found[:_MOST_FOUND]


def for_classes(
    session: Session, store_id: int, classes: Collection[SlotClass], *, maker_id: int
) -> Sequence[Operation]:
    """What is done on such components of a maker's robots."""
    if not classes:
        return []
    return session.scalars(
        select(Operation)
        .where(
            Operation.store_id == store_id,
            Operation.slot_class.in_(classes),
            Operation.archived.is_(False),
            or_(Operation.maker_id.is_(None), Operation.maker_id == maker_id),
        )
        .order_by(Operation.kind.desc(), Operation.code_key)
        .options(joinedload(Operation.maker))
    ).all()


def rate_of(session: Session, store_id: int) -> Rate:
    """What an hour of work costs here; nothing until somebody sets it."""
    row = session.scalar(select(LabourRate).where(LabourRate.store_id == store_id))
    currency = desk.store_of(session, store_id).currency
    if row is None:
        return Rate(Money(0, currency))
    return Rate(Money(row.hourly_minor, currency), row.tax_code)


def set_rate(session: Session, actor: Actor, hourly: Money, *, tax_code: str = "") -> None:
    """What an hour costs from now on; estimates keep the rate they were written with."""
    actor.require("settings.edit")
    store = desk.store_of(session, actor.store_id)
    if hourly.currency != store.currency or hourly.minor < 0:
        raise Refused(msg("Write an amount in {currency}.", currency=store.currency), field="rate")
    code = clean(tax_code)
    if code:
        desk.rate_on(session, actor.store_id, code, desk.business_day_of(store))
    before = rate_of(session, actor.store_id)
    row = session.scalar(select(LabourRate).where(LabourRate.store_id == actor.store_id))
    if row is None:
        row = LabourRate(
            store_id=actor.store_id, hourly_minor=0, changed_at=clock.now(), changed_by=actor.name
        )
        session.add(row)
    row.hourly_minor, row.tax_code = hourly.minor, code
    row.changed_at, row.changed_by = clock.now(), actor.name
    session.flush()
    audit.record(
        session,
        actor,
        "labour_rate.set",
        subject=f"store:{store.code}",
        before={"hourly": before.hourly, "tax_code": before.tax_code},
        after={"hourly": hourly, "tax_code": code},
    )


def price_of(operation: Operation, hourly: Money) -> Money:
    """What an operation costs once: its fixed price, else standard time at the hourly rate."""
    if operation.price_minor is not None:
        return Money(operation.price_minor, hourly.currency)
    return time_price(operation.minutes, hourly)


def time_price(minutes: int, hourly: Money) -> Money:
    return Money(half_up(hourly.minor * minutes, _MINUTES_OF_HOUR), hourly.currency)


def _checked(session: Session, actor: Actor, typed: OperationInput) -> dict[str, Any]:
    """The columns of what was typed; raises Invalid with a sentence per field."""
    problems: dict[str, Text] = {}
    code, name = clean(typed.code), clean(typed.name)
    if not 1 <= len(code) <= _LONGEST_CODE or "," in code:
        problems["code"] = msg("A code has 1 to {most} characters.", most=_LONGEST_CODE)
    if not 1 <= len(name) <= _LONGEST_NAME:
        problems["name"] = msg("Please fill this in.")
    if not 1 <= typed.minutes <= MOST_MINUTES:
        problems["minutes"] = msg("A standard time is 1 to {most} minutes.", most=MOST_MINUTES)
    currency = desk.store_of(session, actor.store_id).currency
    if typed.price is not None and (typed.price.currency != currency or typed.price.minor < 0):
        problems["price"] = msg("Write an amount in {currency}.", currency=currency)
    if typed.maker_id is not None and session.get(Maker, typed.maker_id) is None:
        problems["maker"] = msg("There is no such maker.")
    if problems:
        raise Invalid(msg("Please look at the marked fields."), problems=problems)
    values = asdict(typed) | {"code": code, "code_key": search_key(code), "name": name}
    values["price_minor"] = None if typed.price is None else typed.price.minor
    values["ticks"] = ",".join(tick.value for tick in SafetyTick if tick in typed.ticks)
    del values["price"]
    return values


def _require_free(session: Session, actor: Actor, code_key: object) -> None:
    taken = session.scalar(
        select(Operation.code).where(
            Operation.store_id == actor.store_id, Operation.code_key == code_key
        )
    )
    if taken is not None:
        raise Conflict(msg("There is already an operation {code}.", code=taken), field="code")


def _require_unchanged(operation: Operation, seen: int) -> None:
    if operation.version != seen:
        raise Conflict(
            msg("Somebody else changed this operation meanwhile. Compare, and save again."),
            field="form",
        )


def _set_archived(
    session: Session, actor: Actor, operation: Operation, *, archived: bool, word: str
) -> None:
    actor.require("settings.edit")
    if operation.archived is archived:
        return
    operation.archived = archived
    operation.version += 1
    session.flush()
    audit.record(session, actor, word, subject=_subject(operation))


def _subject(operation: Operation) -> str:
    return f"operation:{operation.code}"


def _told(operation: Operation) -> dict[str, object]:
    """What the audit keeps of it."""
    return {
        "name": operation.name,
        "kind": operation.kind,
        "minutes": operation.minutes,
        "price_minor": operation.price_minor,
        "slot_class": operation.slot_class,
        "maker": operation.maker_id,
        "needs_two": operation.needs_two,
        "ticks": operation.ticks,
        "needs_authorisation": operation.needs_authorisation,
    }
