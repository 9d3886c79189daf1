"""Parts as JSON: list, add, one, change; what they fit, what replaces them."""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from app.identity.guard import ApiReading, ApiWriting
from app.kernel.actor import Actor
from app.kernel.errors import Invalid, NotFound, Refused
from app.kernel.money import MOST_MINOR
from app.kernel.searchkeys import clean
from app.kernel.text import msg
from app.parts import (
    catalogue,
    fitrows,
    numbers,
    queries,
    substitution,
    supersession,
)
from app.parts.api.shapes import FitOut, NumberOut, PartOut, StandInOut, part_out
from app.parts.catalogue import MOST_PIECES, Particulars
from app.parts.catalogue_models import NumberKind
from app.parts.fitplaces import Where
from app.parts.fitrows import FitInput
from app.parts.models import Part
from app.parts.numbers import Numbered
from app.parts.queries import Show, Wanted
from app.parts.substitution import Approval
from app.robots import makers
from app.robots.bodyplan import SlotClass
from app.robots.models import Maker
from app.robots.slot_models import Control
from app.stores import desk
from app.web import paging
from app.web.idempotent import once
from app.web.problems import refusals, refusals_of_writing
from app.web.sessions import ReadSession, WriteSession
from app.web.wire import Cursor, PageOut, PriceIn, Sent, Words

router = APIRouter(prefix="/api/v1/parts", tags=["parts"])

_Limit = Annotated[int, Query(ge=1, le=paging.MOST)]
_Number = Annotated[str, Field(min_length=1, max_length=64)]
_Pieces = Annotated[int, Field(ge=0, le=MOST_PIECES)]
_Long = Annotated[str, Field(max_length=5_000)]
_Range = Annotated[str, Field(max_length=300)]
_Class = Annotated[SlotClass | None, Field(strict=False)]


class ParticularsIn(Sent):
    """What is known of a part besides its number and name; prices in the store's currency."""

    gtin: Annotated[str, Field(max_length=14)] = ""
    control: Annotated[Control, Field(strict=False)] = Control.NONE
    slot_class: _Class = None
    maker: Annotated[str, Field(max_length=100)] = ""
    revision: Annotated[str, Field(max_length=64)] = ""
    description: _Long = ""
    price: PriceIn | None = None
    tax_code: Annotated[str, Field(max_length=16)] = ""
    minimum: _Pieces = 0
    maximum: _Pieces = 0
    core_days: Annotated[int | None, Field(ge=1, le=3_650)] = None
    un_number: Annotated[str, Field(max_length=8)] = ""


class PartIn(ParticularsIn):
    number: _Number
    name: Annotated[str, Field(min_length=1, max_length=200)]


class PartChange(ParticularsIn):
    """What shall be different; what is left out stays."""

    number: _Number = ""
    name: Annotated[str, Field(min_length=1, max_length=200)] = ""


class NumberIn(Sent):
    """`owner` is the maker or supplier who calls the part so; a GTIN has none."""

    kind: Annotated[NumberKind, Field(strict=False)]
    number: _Number
    owner: Annotated[str, Field(max_length=100)] = ""


class ModelIn(Sent):
    """A robot model by its maker's name and its code."""

    maker: Words
    code: Words


class FitIn(Sent):
    """One place: a `slot` by its path or a `slot_class`; empty ranges hold for all."""

    model: ModelIn
    slot: Annotated[str, Field(max_length=160)] = ""
    slot_class: _Class = None
    part_revisions: _Range = ""
    revisions: _Range = ""
    firmware: _Range = ""
    note: Words = ""


class SuccessorIn(Sent):
    """`both_ways`: the old part may also be used where the new one is asked for."""

    number: _Number
    both_ways: bool = False
    note: Words = ""


class StandInIn(Sent):
    """That the part may be used instead of another; without model and slot, wherever that fits."""

    instead_of: _Number
    reason: Annotated[str, Field(min_length=1, max_length=2_000)]
    model: ModelIn | None = None
    slot: Annotated[str, Field(max_length=160)] = ""
    slot_class: _Class = None
    until: Annotated[date | None, Field(strict=False)] = None


class FitList(BaseModel):
    items: list[FitOut]


class NumberList(BaseModel):
    items: list[NumberOut]


class StandInList(BaseModel):
    items: list[StandInOut]


@router.get("", responses=refusals())
def list_parts(
    session: ReadSession,
    actor: ApiReading,
    *,
    q: Annotated[str, Query(max_length=500, description="Any number, or words of the name.")] = "",
    show: Show = Show.ALL,
    slot_class: SlotClass | None = None,
    maker: Annotated[Words, Query(description="Of the robot model; needs `model`.")] = "",
    model: Annotated[Words, Query(description="A model's code: parts made for it.")] = "",
    cursor: Cursor | None = None,
    limit: _Limit = paging.PAGE,
) -> PageOut[PartOut]:
    """Parts by name; with `q` the 50 nearest on one page, successors before what they replaced."""
    actor.require("stock.view")
    named = ModelIn(maker=maker, code=model) if maker or model else None
    model_id = _model_id(session, actor, named) if named else None
    wanted = Wanted(text=clean(q), show=show, slot_class=slot_class, model_id=model_id)
    page = queries.parts(session, actor, wanted, cursor=cursor, most=limit)
    return PageOut(items=[part_out(session, actor, row) for row in page.items], next=page.next)


@router.post("", status_code=201, responses=refusals_of_writing())
@once
def add_part(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    part: PartIn,
) -> PartOut:
    """A new part. 409 when its number, in any writing, or its GTIN names another one."""
    particulars = _particulars(session, actor, part.model_dump())
    made = catalogue.add_part(
        session,
        actor,
        number=part.number,
        name=part.name,
        gtin=part.gtin,
        particulars=particulars,
    )
    return _one(session, actor, made)


@router.get("/{number:path}/numbers", responses=refusals(404))
def list_numbers(session: ReadSession, actor: ApiReading, number: str) -> NumberList:
    """What makers and suppliers call a part; its GTINs beside the first one."""
    return _numbers(session, asked(session, actor, number))


@router.post("/{number:path}/numbers", status_code=201, responses=refusals_of_writing(404))
@once
def add_number(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    *,
    number: str,
    further: NumberIn,
) -> NumberList:
    part = asked(session, actor, number)
    numbers.add(session, actor, part, Numbered(further.kind, further.number, further.owner))
    return _numbers(session, part)


@router.get("/{number:path}/fits", responses=refusals(404))
def list_fits(session: ReadSession, actor: ApiReading, number: str) -> FitList:
    """For which models, slots, revisions and firmware a part is made."""
    return _fits(session, asked(session, actor, number))


@router.post("/{number:path}/fits", status_code=201, responses=refusals_of_writing(404))
@once
def add_fit(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    *,
    number: str,
    fit: FitIn,
) -> FitList:
    part = asked(session, actor, number)
    wanted = FitInput(
        model_id=_model_id(session, actor, fit.model),
        where=Where(fit.slot, fit.slot_class),
        part_revisions=fit.part_revisions,
        revisions=fit.revisions,
        firmware=fit.firmware,
        note=fit.note,
    )
    fitrows.add(session, actor, part, wanted)
    return _fits(session, part)


@router.post("/{number:path}/successor", status_code=201, responses=refusals_of_writing(404))
@once
def name_successor(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    *,
    number: str,
    successor: SuccessorIn,
) -> PartOut:
    """From now on another part replaces this one. A ring of successors is refused."""
    part = asked(session, actor, number)
    new = _named(session, actor, successor.number, field="number")
    supersession.replace(
        session, actor, part, new, both_ways=successor.both_ways, note=successor.note
    )
    return _one(session, actor, part)


@router.get("/{number:path}/substitutions", responses=refusals(404))
def list_stand_ins(session: ReadSession, actor: ApiReading, number: str) -> StandInList:
    """Approvals that name a part on either side, also those that are over."""
    return _stand_ins(session, asked(session, actor, number))


@router.post("/{number:path}/substitutions", status_code=201, responses=refusals_of_writing(404))
@once
def approve_stand_in(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    *,
    number: str,
    stand_in: StandInIn,
) -> StandInList:
    part = asked(session, actor, number)
    other = _named(session, actor, stand_in.instead_of, field="instead_of")
    approval = Approval(
        reason=stand_in.reason,
        model_id=_model_id(session, actor, stand_in.model) if stand_in.model else None,
        where=Where(stand_in.slot, stand_in.slot_class),
        until=stand_in.until,
    )
    substitution.approve(session, actor, part, instead_of=other, approval=approval)
    return _stand_ins(session, part)


@router.get("/{number:path}", responses=refusals(404))
def show_part(session: ReadSession, actor: ApiReading, number: str) -> PartOut:
    """One part by its own number, percent-encoded; case, dashes and spaces do not matter."""
    return _one(session, actor, asked(session, actor, number))


@router.patch("/{number:path}", responses=refusals_of_writing(404))
def change_part(
    session: WriteSession, actor: ApiWriting, number: str, change: PartChange
) -> PartOut:
    """Change what is sent and nothing else. A number that it had still finds it."""
    part = asked(session, actor, number)
    sent = {name: getattr(change, name) for name in change.model_fields_set}
    if "price" in sent:
        sent["price"] = change.price.model_dump() if change.price else None
    catalogue.edit_part(
        session,
        actor,
        part,
        number=sent.get("number", part.number),
        name=sent.get("name", part.name),
        gtin=sent.get("gtin", part.gtin),
        particulars=_particulars(session, actor, _as_sent(session, actor, part) | sent),
    )
    return _one(session, actor, part)


def asked(session: Session, actor: Actor, number: str) -> Part:
    actor.require("stock.view")
    return catalogue.by_number(session, actor, number)


def _one(session: Session, actor: Actor, part: Part) -> PartOut:
    (row,) = queries.of_ids(session, actor, [part.id])
    return part_out(session, actor, row)


def _as_sent(session: Session, actor: Actor, part: Part) -> dict[str, Any]:
    """A part as a program would send it."""
    currency = desk.store_of(session, actor.store_id).currency
    return {
        "control": part.control,
        "slot_class": part.slot_class,
        "maker": session.get_one(Maker, part.maker_id).name if part.maker_id else "",
        "revision": part.revision,
        "description": part.description,
        "price": {"amount": part.price_minor, "currency": currency},
        "tax_code": part.tax_code,
        "minimum": part.minimum,
        "maximum": part.maximum,
        "core_days": part.core_days,
        "un_number": part.un_number,
    }


def _particulars(session: Session, actor: Actor, sent: dict[str, Any]) -> Particulars:
    price = sent["price"] or {"amount": 0, "currency": ""}
    currency = desk.store_of(session, actor.store_id).currency
    if price["amount"] and price["currency"] != currency:
        raise Refused(msg("This store counts in {currency}.", currency=currency), field="price")
    if not 0 <= price["amount"] <= MOST_MINOR:
        raise Refused(msg("A price is not below zero."), field="price")
    return Particulars(
        control=sent["control"],
        slot_class=sent["slot_class"],
        maker=sent["maker"],
        revision=sent["revision"],
        description=sent["description"],
        price_minor=price["amount"],
        tax_code=sent["tax_code"],
        minimum=sent["minimum"],
        maximum=sent["maximum"],
        core_days=sent["core_days"],
        un_number=sent["un_number"],
    )


def _model_id(session: Session, actor: Actor, named: ModelIn) -> int:
    """What was named in a body and does not exist is bad input, not a missing address."""
    try:
        maker = makers.maker_called(session, named.maker)
        return makers.model(session, actor, maker, named.code).id
    except NotFound as unknown:
        raise Invalid(unknown.message, problems={"model": unknown.message}) from unknown


def _named(session: Session, actor: Actor, number: str, *, field: str) -> Part:
    try:
        return catalogue.by_number(session, actor, number)
    except NotFound as unknown:
        raise Invalid(unknown.message, problems={field: unknown.message}) from unknown


def _numbers(session: Session, part: Part) -> NumberList:
    rows = numbers.of_part(session, part.id)
    return NumberList(items=[NumberOut.of(row) for row in rows])


def _fits(session: Session, part: Part) -> FitList:
    known = {model.id: model for model in makers.models(session)}
    rows = fitrows.of_part(session, part.id)
    return FitList(items=[FitOut.of(row, known[row.model_id]) for row in rows])


def _stand_ins(session: Session, part: Part) -> StandInList:
    today = desk.business_day_of(desk.store_of(session, part.store_id))
    rows = substitution.of_part(session, part.id)
    return StandInList(items=[StandInOut.of(row, today=today) for row in rows])
