"""What is found how often, what came back, the store's codes, and the board, as JSON."""

from datetime import datetime, timedelta
from typing import Annotated, Self

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from app.identity.guard import ApiReading, ApiWriting
from app.kernel import clock
from app.kernel.actor import Actor
from app.robots.bodyplan import SlotClass
from app.service import board, comebacks, faults, statistics, tickets
from app.service.api.shapes import TicketLine
from app.service.board import Column, Shown
from app.service.states import FaultKind, TicketState, WaitingReason
from app.service.statistics import Count
from app.web.idempotent import once
from app.web.problems import refusals, refusals_of_writing
from app.web.sessions import ReadSession, WriteSession
from app.web.wire import Sent, Words

router = APIRouter(prefix="/api/v1", tags=["service"])

_Days = Annotated[int, Query(ge=1, le=3_660, description="How many days back.")]
_YEAR = 365
_Code = Annotated[str, Field(max_length=32)]


class CountOut(BaseModel):
    """`of`: the maker of a model, the part of a lot; `often`: the symptom seen most."""

    name: str
    of: str
    faults: int
    robots: int
    often: str

    @classmethod
    def made(cls, count: Count) -> Self:
        return cls(
            name=count.name,
            of=count.more,
            faults=count.faults,
            robots=count.robots,
            often=count.often,
        )


class FaultsOut(BaseModel):
    total: int
    by_part: list[CountOut]
    by_lot: list[CountOut]
    by_model: list[CountOut]
    by_symptom: list[CountOut]


class CodeIn(Sent):
    kind: FaultKind = Field(strict=False)
    code: _Code
    label: Words
    slot_class: Annotated[SlotClass | None, Field(strict=False)] = None


class CodeUseIn(Sent):
    """`in_use` false: it is offered no more, what was written with it stays."""

    kind: FaultKind = Field(strict=False)
    code: _Code
    in_use: bool


class CodeOut(BaseModel):
    kind: FaultKind
    code: str
    label: str
    expected_on: list[SlotClass]
    own: bool
    in_use: bool


class CodesOut(BaseModel):
    items: list[CodeOut]


class TechnicianOut(BaseModel):
    """`share_bp`: of what was closed, how much came back; 100 is 1 %."""

    technician: str
    closed: int
    came_back: int
    share_bp: int


class ComebackOut(BaseModel):
    ticket: str
    before: str
    serial: str
    model: str
    technician: str


class ComebacksOut(BaseModel):
    people: list[TechnicianOut]
    items: list[ComebackOut]


class ColumnOut(BaseModel):
    """`total` counts all that stand there; `most`: how many are wanted at most."""

    state: TicketState
    total: int
    most: int | None
    over: bool
    items: list[TicketLine]

    @classmethod
    def of(cls, column: Column) -> Self:
        return cls(
            state=column.state,
            total=column.total,
            most=column.most,
            over=column.over,
            items=[TicketLine.of(row) for row in column.cards],
        )


class BoardOut(BaseModel):
    columns: list[ColumnOut]


class LimitIn(Sent):
    """Null: any number."""

    state: TicketState = Field(strict=False)
    most: Annotated[int | None, Field(ge=1, le=200)]


@router.get("/faults", responses=refusals())
def count_faults(session: ReadSession, actor: ApiReading, *, days: _Days = _YEAR) -> FaultsOut:
    """What was found how often, by part, lot, model and symptom."""
    found = statistics.faults(session, actor, since=_since(days))
    return FaultsOut(
        total=found.total,
        by_part=[CountOut.made(one) for one in found.by_part],
        by_lot=[CountOut.made(one) for one in found.by_lot],
        by_model=[CountOut.made(one) for one in found.by_model],
        by_symptom=[CountOut.made(one) for one in found.by_symptom],
    )


@router.get("/fault-codes", responses=refusals())
def list_codes(session: ReadSession, actor: ApiReading) -> CodesOut:
    """Symptoms, causes and actions: the house’s and the store’s own."""
    actor.require("service.view")
    return _codes(session, actor)


@router.post("/fault-codes", status_code=201, responses=refusals_of_writing())
@once
def add_code(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    *,
    sent: CodeIn,
) -> CodesOut:
    """A code of the store’s own. 409 for one that is there."""
    faults.add(
        session, actor, sent.kind, code=sent.code, label=sent.label, slot_class=sent.slot_class
    )
    return _codes(session, actor)


@router.post("/fault-codes/use", responses=refusals_of_writing(404))
@once
def use_code(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    *,
    sent: CodeUseIn,
) -> CodesOut:
    """Offer a code no more, or again."""
    change = faults.take_back if sent.in_use else faults.leave_out
    change(session, actor, sent.kind, sent.code)
    return _codes(session, actor)


@router.get("/comebacks", responses=refusals())
def list_comebacks(session: ReadSession, actor: ApiReading, *, days: _Days = _YEAR) -> ComebacksOut:
    """Of what was closed in a time, how much came back with the same fault, and whose work."""
    report = comebacks.report(session, actor, since=_since(days))
    return ComebacksOut(
        people=[
            TechnicianOut(
                technician=one.technician,
                closed=one.closed,
                came_back=one.came_back,
                share_bp=one.share_bp,
            )
            for one in report.people
        ],
        items=[
            ComebackOut(
                ticket=tickets.label(one.ticket),
                before=tickets.label(one.before),
                serial=one.serial,
                model=one.model,
                technician=one.technician,
            )
            for one in report.comebacks
        ],
    )


@router.get("/board", responses=refusals())
def show_board(
    session: ReadSession,
    actor: ApiReading,
    *,
    waiting: Annotated[bool, Query(description="Only those that wait.")] = False,
    reason: WaitingReason | None = None,
) -> BoardOut:
    """Open tickets by state, the most urgent first."""
    shown = Shown(waiting=waiting or reason is not None, reason=reason)
    return BoardOut(columns=[ColumnOut.of(one) for one in board.board(session, actor, shown)])


@router.post("/board/limits", responses=refusals_of_writing())
@once
def limit_column(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    *,
    sent: LimitIn,
) -> BoardOut:
    """How many tickets are wanted in a column at most. It warns, nothing more."""
    board.limit(session, actor, sent.state, sent.most)
    return BoardOut(columns=[ColumnOut.of(one) for one in board.board(session, actor, Shown())])


def _codes(session: Session, actor: Actor) -> CodesOut:
    known = faults.codes_of(session, actor.store_id)
    return CodesOut(
        items=[
            CodeOut(
                kind=kind,
                code=one.code,
                label=str(one.label),
                expected_on=sorted(one.classes),
                own=one.own,
                in_use=not known.is_left_out(kind, one.code),
            )
            for kind in FaultKind
            for one in known.of_kind(kind)
        ]
    )


def _since(days: int) -> datetime:
    return clock.now() - timedelta(days=days)
