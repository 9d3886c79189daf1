"""Robots as JSON: list, receive, one, its life."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from app.identity.guard import ApiReading, ApiWriting
from app.kernel.actor import Actor
from app.kernel.errors import Invalid
from app.kernel.money import Money
from app.kernel.searchkeys import clean
from app.kernel.text import msg
from app.robots import makers, queries, receiving, registry, timeline
from app.robots.arrivals import Arrival, read_arrival
from app.robots.models import Unit
from app.robots.queries import RobotRow, Wanted
from app.robots.readings import ReadingIn
from app.robots.states import Custody, Holding, Standing
from app.robots.touches import read_touch
from app.stores import desk
from app.web import paging
from app.web.forms import Reading
from app.web.i18n import speech_of
from app.web.idempotent import once
from app.web.problems import refusals, refusals_of_writing
from app.web.sessions import ReadSession, WriteSession
from app.web.wire import MoneyOut, PageOut, PriceIn, Sent

router = APIRouter(prefix="/api/v1/robots", tags=["robots"])

# Before the fields of what was read, in the problems that are told.
_READING = "reading."
Kind = Annotated[str, Field(max_length=32)]
_Limit = Annotated[int, Query(ge=1, le=paging.MOST)]
_Text = Annotated[str, Field(max_length=500)]
_Maker = Annotated[str, Query(description="Needed where two makers share the serial number.")]


class Component(Sent):
    position: _Text
    serial: _Text


class Arriving(Sent):
    """A robot to receive. Maker and model must be known; the serial is text for ever."""

    maker: _Text
    model: _Text = Field(description="The model's code.")
    serial: _Text
    hardware_revision: _Text = ""
    firmware: _Text = ""
    cost: PriceIn | None = None
    components: Annotated[list[Component], Field(max_length=500)] = []
    reading: ReadingIn = Field(
        default=ReadingIn(), description="What was read off it; its firmware stands above."
    )


class Delivery(Sent):
    items: Annotated[list[Arriving], Field(min_length=1, max_length=receiving.MOST_AT_ONCE)]


class ClaimOut(BaseModel):
    """For whom a robot is kept; without `until` it is not freed by time."""

    holder: str
    until: datetime | None


class OwnerOut(BaseModel):
    customer: int
    name: str


class RobotOut(BaseModel):
    """`state` is `held` while an available robot is kept for a sale; without `owner` it is ours.

    `cost` is told to those alone who may change the robot's record.
    """

    serial: str
    maker: str
    model: str
    name: str
    state: Standing
    holding: Holding
    custody: Custody
    hardware_revision: str
    firmware: str
    received_at: datetime | None
    cost: MoneyOut | None
    owner: OwnerOut | None
    claim: ClaimOut | None


class RobotList(BaseModel):
    items: list[RobotOut]


class LineOut(BaseModel):
    at: datetime
    kind: str
    summary: str
    link: str
    actor: str


@router.get("", responses=refusals(404))
def list_robots(
    session: ReadSession,
    actor: ApiReading,
    *,
    q: Annotated[str, Query(description="Part of a serial, or of a component's.")] = "",
    serial: Annotated[str, Query(description="A serial, exactly.")] = "",
    state: Standing | None = None,
    maker: str = "",
    model: Annotated[str, Query(description="A model's code; needs `maker`.")] = "",
    cursor: str | None = None,
    limit: _Limit = paging.PAGE,
) -> PageOut[RobotOut]:
    """Robots, newest first; with `q` the 50 nearest on one page."""
    built_by = makers.maker_called(session, maker) if maker else None
    if model and built_by is None:
        raise Invalid(
            msg("Please look at the marked fields."),
            problems={"maker": msg("A model's code needs its maker.")},
        )
    model_id = makers.model(session, actor, built_by, model).id if model and built_by else None
    wanted = Wanted(
        text=clean(q),
        serial=serial,
        standing=state,
        maker_id=built_by.id if built_by else None,
        model_id=model_id,
    )
    page = queries.robots(session, actor, wanted, cursor=cursor, most=limit)
    return PageOut(items=[_robot(actor, row) for row in page.items], next=page.next)


@router.post("", status_code=201, responses=refusals_of_writing())
@once
def receive_robots(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    delivery: Delivery,
) -> RobotList:
    """Receive one robot or many: all of them, or none."""
    currency = desk.store_of(session, actor.store_id).currency
    wanted = [_arrival(item, currency=currency) for item in delivery.items]
    units = receiving.receive(session, actor, wanted)
    rows = queries.of_ids(session, actor, [unit.id for unit in units])
    return RobotList(items=[_robot(actor, row) for row in rows])


@router.get("/{serial:path}/timeline", responses=refusals(404, 409))
def show_timeline(
    request: Request,
    session: ReadSession,
    actor: ApiReading,
    *,
    serial: str,
    maker: _Maker = "",
    kind: Annotated[list[Kind], Query(max_length=20, description="None: all.")] = [],  # noqa: B006
    cursor: str | None = None,
    limit: _Limit = paging.PAGE,
) -> PageOut[LineOut]:
    """A robot's life, newest first, said in the caller's language."""
    unit = _unit(session, actor, serial, maker)
    page = timeline.of_unit(session, unit.id, kinds=kind, cursor=cursor, most=limit)
    say = speech_of(request).say
    lines = [
        LineOut(
            at=line.at, kind=line.kind, summary=say(line.summary), link=line.link, actor=line.actor
        )
        for line in page.items
    ]
    return PageOut(items=lines, next=page.next)


@router.get("/{serial:path}", responses=refusals(404, 409))
def show_robot(
    session: ReadSession, actor: ApiReading, *, serial: str, maker: _Maker = ""
) -> RobotOut:
    """One robot by its serial, percent-encoded; upper and lower case are the same."""
    unit = _unit(session, actor, serial, maker)
    (row,) = queries.of_ids(session, actor, [unit.id])
    return _robot(actor, row)


def _unit(session: Session, actor: Actor, serial: str, maker: str) -> Unit:
    actor.require("robots.view")
    maker_id = makers.maker_called(session, maker).id if maker else None
    return registry.by_serial(session, actor, serial, maker_id=maker_id)


def _arrival(item: Arriving, *, currency: str) -> Arrival:
    seen = Reading()
    cost = item.cost.money() if item.cost else Money(0, currency)
    if cost.currency != currency:
        seen.refuse("cost", msg("This store counts in {currency}.", currency=currency))
    return read_arrival(
        maker=item.maker,
        model=item.model,
        serial=item.serial,
        hardware_revision=item.hardware_revision,
        firmware=item.firmware,
        cost=cost,
        components=[(component.position, component.serial) for component in item.components],
        touch=read_touch(item.reading.as_typed(_READING), seen, prefix=_READING),
        seen=seen,
    )


def _robot(actor: Actor, row: RobotRow) -> RobotOut:
    unit, claim = row.unit, row.claim if row.standing is Standing.HELD else None
    may_see_cost = actor.may("robots.edit")
    return RobotOut(
        serial=unit.serial,
        maker=row.maker.name,
        model=row.model.code,
        name=row.model.name,
        state=row.standing,
        holding=unit.holding,
        custody=unit.custody,
        hardware_revision=unit.hardware_revision,
        firmware=unit.firmware,
        received_at=unit.received_at,
        cost=MoneyOut.minor(unit.cost_minor, unit.currency) if may_see_cost else None,
        owner=None
        if row.owner_number is None
        else OwnerOut(customer=row.owner_number, name=row.owner),
        claim=ClaimOut(holder=claim.holder, until=claim.expires_at) if claim else None,
    )
