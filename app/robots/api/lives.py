"""Robots' lives as JSON: walk-ins, changes of hands, loans, the end, the passport."""

from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session
from starlette.responses import Response

from app.customers import book
from app.identity.guard import ApiReading, ApiWriting
from app.kernel.actor import Actor
from app.robots import (
    loans,
    makers,
    openpassport,
    ownership,
    passportexport,
    passportkeys,
    registering,
    registry,
    transfers,
)
from app.robots.life_models import Wipe
from app.robots.loans import Lending
from app.robots.models import Unit
from app.robots.readings import ReadingIn
from app.robots.registering import WalkIn
from app.robots.serials import read_serial
from app.robots.states import Custody, Holding, UnitState
from app.robots.transfers import WipeStatement
from app.web.idempotent import once
from app.web.problems import refusals, refusals_of_writing
from app.web.sessions import ReadSession, WriteSession
from app.web.wire import PriceIn, Sent, Words

router = APIRouter(prefix="/api/v1/robots", tags=["robots"])

_READ = "What was read off it."
_Maker = Annotated[str, Query(description="Needed where two makers share the serial number.")]
_Long = Annotated[str, Field(max_length=2000)]
_CustomerNumber = Annotated[int, Field(ge=1, le=2**31 - 1, description="The customer's number.")]


class WalkInIn(Sent):
    """A robot that is a customer's already. Null `serial`: it has none, the store gives one."""

    customer: _CustomerNumber
    serial: Words | None
    maker: Words = ""
    model: Annotated[str, Field(max_length=64, description="The model's code.")] = ""
    hardware_revision: Annotated[str, Field(max_length=64)] = ""
    is_here: bool = True
    reading: ReadingIn = Field(default=ReadingIn(), description=_READ)


class TransferIn(Sent):
    customer: _CustomerNumber
    data: Wipe = Field(strict=False, description="What became of the former owner's data.")
    statement: _Long = ""


class BuyBackIn(Sent):
    price: PriceIn
    data: Wipe = Field(strict=False, description="What became of the former owner's data.")
    statement: _Long = ""


class HoldingIn(Sent):
    holding: Holding = Field(strict=False)
    reason: _Long = ""


class LoanIn(Sent):
    """To a customer by number, or to a `holder` who is none."""

    customer: _CustomerNumber | None = None
    holder: Words = ""
    due_on: date | None = Field(default=None, strict=False)
    condition: _Long = ""
    reading: ReadingIn = Field(default=ReadingIn(), description=_READ)


class BackIn(Sent):
    condition: _Long = ""
    reading: ReadingIn = Field(default=ReadingIn(), description=_READ)


class RetireIn(Sent):
    reason: _Long


class LifeOut(BaseModel):
    """A robot's state, and the three facts that are kept apart."""

    serial: str
    maker: str
    state: UnitState
    owner: int | None = Field(description="The owner's customer number; null: the store's.")
    custody: Custody
    holding: Holding


class LinkOut(BaseModel):
    url: str


class OwnerOut(BaseModel):
    customer: int
    name: str
    since: datetime
    until: datetime | None


class OwnersOut(BaseModel):
    items: list[OwnerOut]


@router.post("/register", status_code=201, responses=refusals_of_writing(404))
@once
def register_robot(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    sent: WalkInIn,
) -> LifeOut:
    """A robot that was never sold here comes in as its owner's."""
    seen = WalkIn(
        maker=sent.maker,
        model=sent.model,
        serial="" if sent.serial is None else read_serial(sent.serial),
        hardware_revision=sent.hardware_revision,
        is_here=sent.is_here,
        touch=sent.reading.touch(),
    )
    owner = book.by_number(session, actor, sent.customer)
    unit = registering.register(session, actor, seen, owner)
    return _life(session, actor, registry.by_id(session, actor, unit.id))


@router.post("/{serial:path}/transfer", status_code=201, responses=refusals_of_writing(404))
@once
def transfer_robot(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    sent: TransferIn,
    *,
    serial: str,
    maker: _Maker = "",
) -> LifeOut:
    """From now on it is another customer's."""
    unit = _unit(session, actor, serial, maker)
    to = book.by_number(session, actor, sent.customer)
    data = WipeStatement(sent.data, sent.statement)
    transfers.transfer(session, actor, unit, to, data=data)
    return _life(session, actor, unit)


@router.post("/{serial:path}/buy-back", status_code=201, responses=refusals_of_writing(404))
@once
def buy_robot_back(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    sent: BuyBackIn,
    *,
    serial: str,
    maker: _Maker = "",
) -> LifeOut:
    """The store owns it again; it waits for its inspection."""
    unit = _unit(session, actor, serial, maker)
    data = WipeStatement(sent.data, sent.statement)
    transfers.buy_back(session, actor, unit, price=sent.price.money(), data=data)
    return _life(session, actor, unit)


@router.post("/{serial:path}/holding", responses=refusals_of_writing(404))
@once
def hold_robot(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    sent: HoldingIn,
    *,
    serial: str,
    maker: _Maker = "",
) -> LifeOut:
    """Keep it as stock, for demonstration, to lend, to let, in commission."""
    unit = _unit(session, actor, serial, maker)
    loans.hold_as(session, actor, unit, sent.holding, reason=sent.reason)
    return _life(session, actor, unit)


@router.post("/{serial:path}/loans", status_code=201, responses=refusals_of_writing(404))
@once
def lend_robot(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    sent: LoanIn,
    *,
    serial: str,
    maker: _Maker = "",
) -> LifeOut:
    """Give it out; whose it is does not change."""
    unit = _unit(session, actor, serial, maker)
    if sent.customer is None:
        to = Lending(None, sent.holder, sent.due_on, sent.condition, sent.reading.touch())
    else:
        customer = book.by_number(session, actor, sent.customer)
        to = Lending(customer.id, sent.holder, sent.due_on, sent.condition, sent.reading.touch())
    loans.lend(session, actor, unit, to)
    return _life(session, actor, unit)


@router.post("/{serial:path}/loans/back", responses=refusals_of_writing(404))
@once
def take_robot_in(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    sent: BackIn,
    *,
    serial: str,
    maker: _Maker = "",
) -> LifeOut:
    """It is back from where it was lent."""
    unit = _unit(session, actor, serial, maker)
    loans.take_in(session, actor, unit, condition=sent.condition, touch=sent.reading.touch())
    return _life(session, actor, unit)


@router.post("/{serial:path}/retire", responses=refusals_of_writing(404))
@once
def retire_robot(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    sent: RetireIn,
    *,
    serial: str,
    maker: _Maker = "",
) -> LifeOut:
    """Out of use for ever; its serial number stays taken."""
    unit = _unit(session, actor, serial, maker)
    transfers.retire(session, actor, unit, reason=sent.reason)
    return _life(session, actor, unit)


@router.post("/{serial:path}/owner-link", status_code=201, responses=refusals_of_writing(404))
def make_owner_link(
    request: Request,
    session: WriteSession,
    actor: ApiWriting,
    *,
    serial: str,
    maker: _Maker = "",
) -> LinkOut:
    """The address at which the owner reads the history, told this once; earlier ones end.

    So nobody may have the answer again: an `Idempotency-Key` is not heard.
    """
    unit = _unit(session, actor, serial, maker)
    token = openpassport.make_link(session, actor, unit)
    start = request.app.state.settings.public_url.rstrip("/")
    return LinkOut(url=f"{start}/r/{unit.passport_code}?o={token}")


@router.post("/{serial:path}/owner-link/revoke", responses=refusals_of_writing(404))
@once
def revoke_owner_links(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    *,
    serial: str,
    maker: _Maker = "",
) -> LifeOut:
    """No key opens the history any more."""
    unit = _unit(session, actor, serial, maker)
    openpassport.revoke_links(session, actor, unit)
    return _life(session, actor, unit)


@router.get("/{serial:path}/owners", responses=refusals(404, 409))
def show_owners(
    session: ReadSession, actor: ApiReading, *, serial: str, maker: _Maker = ""
) -> OwnersOut:
    """Whose it is and was, the latest first."""
    unit = _unit(session, actor, serial, maker)
    return OwnersOut(
        items=[
            OwnerOut(
                customer=customer.number, name=customer.name, since=owned.since, until=owned.until
            )
            for owned, customer in ownership.history(session, unit.id)
        ]
    )


@router.get(
    "/{serial:path}/passport",
    responses=refusals(404, 409) | {200: {"content": {"application/json": {}}}},
    response_class=Response,
)
def show_passport(
    request: Request, session: ReadSession, actor: ApiReading, *, serial: str, maker: _Maker = ""
) -> Response:
    """The signed file, byte for byte: `quatrefoil verify` checks it."""
    unit = _unit(session, actor, serial, maker)
    key = passportkeys.house_key(request.app.state.settings.data_dir)
    return Response(passportexport.as_json(session, unit, key), media_type="application/json")


def _unit(session: Session, actor: Actor, serial: str, maker: str) -> Unit:
    actor.require("robots.view")
    maker_id = makers.maker_called(session, maker).id if maker else None
    return registry.by_serial(session, actor, serial, maker_id=maker_id)


def _life(session: Session, actor: Actor, unit: Unit) -> LifeOut:
    owner = ownership.owner_of(session, unit.id)
    return LifeOut(
        serial=unit.serial,
        maker=unit.maker.name,
        state=unit.state,
        owner=None if owner is None else book.by_id(session, actor, owner).number,
        custody=unit.custody,
        holding=unit.holding,
    )
