"""What a line is about: an operation, a part, or what somebody writes; what it costs, how taxed."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.kernel.actor import Actor
from app.kernel.errors import NotFound, Refused
from app.kernel.money import Money
from app.kernel.searchkeys import clean
from app.kernel.text import msg
from app.parts import catalogue
from app.parts.models import Part
from app.service import authorisations, operations
from app.service.estimate_models import LineKind
from app.service.models import Ticket
from app.service.operation_models import Operation, OperationKind
from app.service.operations import Rate
from app.service.payers import Share
from app.stores import desk

LONGEST = 200
# Lines that come from no catalogue: who writes them says what they are and cost.
FREE = frozenset({LineKind.LABOUR, LineKind.FEE, LineKind.FREIGHT})


@dataclass(frozen=True, slots=True)
class LineInput:
    """What is added: a part or an operation by `code`, or a free line by its description.

    `price` is another one than the catalogue's, with a reason; `shares` None takes what the
    warranty of the slot proposes.
    """

    code: str = ""
    kind: LineKind = LineKind.FEE
    description: str = ""
    quantity: int = 1
    minutes: int = 0
    price: Money | None = None
    price_reason: str = ""
    slot_path: str = ""
    shares: tuple[Share, ...] | None = None
    from_line_id: int | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """What a line is about, before anybody says how many and who pays."""

    kind: LineKind
    description: str
    price: Money
    tax_code: str
    minutes: int = 0
    part: Part | None = None
    operation: Operation | None = None


def find(session: Session, actor: Actor, ticket: Ticket, typed: LineInput, rate: Rate) -> Item:
    """An operation or a part of this code; without a code, what was written."""
    code = clean(typed.code)
    if not code:
        return _free_item(typed, rate)
    operation = operations.by_code(session, ticket.store_id, code)
    if operation is not None:
        authorisations.require(session, ticket.store_id, operation, ticket.unit)
        return Item(
            kind=LineKind.CALIBRATION
            if operation.kind is OperationKind.CALIBRATION
            else LineKind.LABOUR,
            description=operation.name,
            price=operations.price_of(operation, rate.hourly),
            tax_code=rate.tax_code,
            minutes=operation.minutes,
            operation=operation,
        )
    part = _part(session, actor, code)
    return Item(
        kind=LineKind.PART,
        description=part.name,
        price=Money(part.price_minor, rate.hourly.currency),
        tax_code=part.tax_code,
        part=part,
    )


def _part(session: Session, actor: Actor, code: str) -> Part:
    """A part by any of its numbers; raises NotFound with what looks like it."""
    exact = catalogue.by_code(session, actor, code)
    if len(exact) == 1:
        return exact[0]
    near = exact or catalogue.find(session, actor, code, most=4)
    if len(near) == 1:
        return near[0]
    if near:
        raise NotFound(
            msg(
                "“{code}” is no operation and no part. Did you mean {near}?",
                code=code[:64],
                near=", ".join(part.number for part in near),
            ),
            field="code",
        )
    raise NotFound(msg("“{code}” is no operation and no part.", code=code[:64]), field="code")


def _free_item(typed: LineInput, rate: Rate) -> Item:
    """A fee, freight, or work by the clock that no operation describes."""
    if typed.kind not in FREE:
        raise Refused(msg("Write a code or a part number."), field="code")
    description = described(typed.description)
    if typed.kind is LineKind.LABOUR:
        if not 1 <= typed.minutes <= operations.MOST_MINUTES:
            raise Refused(
                msg("A standard time is 1 to {most} minutes.", most=operations.MOST_MINUTES),
                field="minutes",
            )
        price = operations.time_price(typed.minutes, rate.hourly)
        return Item(typed.kind, description, price, rate.tax_code, minutes=typed.minutes)
    if typed.price is None:
        raise Refused(msg("Write what this line costs."), field="price")
    if typed.price.currency != rate.hourly.currency:
        raise Refused(
            msg("Write an amount in {currency}.", currency=rate.hourly.currency), field="price"
        )
    return Item(typed.kind, description, typed.price, rate.tax_code)


def price_of(actor: Actor, item: Item, typed: LineInput) -> Money:
    """The catalogue's price, or another one from somebody who may and says why."""
    if typed.price is None or typed.price == item.price:
        return item.price
    require_override(actor, typed.price, item.price.currency, typed.price_reason)
    return typed.price


def require_override(actor: Actor, price: Money, currency: str, reason: str) -> None:
    actor.require("service.override")
    require_price(price, currency)
    if not clean(reason):
        raise Refused(msg("Say why the price is another one."), field="price_reason")


def require_price(price: Money, currency: str) -> None:
    if price.currency != currency or price.minor < 0:
        raise Refused(msg("Write an amount in {currency}.", currency=currency), field="price")


def described(text: str) -> str:
    description = clean(text)
    if not 1 <= len(description) <= LONGEST:
        raise Refused(
            msg("Describe the line in 1 to {most} characters.", most=LONGEST), field="description"
        )
    return description


def standard_tax(session: Session, store_id: int, rate: Rate) -> str:
    """The code by which things are taxed that name none: that of labour, else the highest rate."""
    if rate.tax_code:
        return rate.tax_code
    store = desk.store_of(session, store_id)
    rates = desk.rates_on(session, store_id, desk.business_day_of(store))
    if not rates:
        raise NotFound(msg("No tax rate is in force. Set it in the settings."))
    return max(rates, key=lambda code: (rates[code], code))


def tax_rate(session: Session, store_id: int, code: str) -> int:
    store = desk.store_of(session, store_id)
    return desk.rate_on(session, store_id, code, desk.business_day_of(store))
