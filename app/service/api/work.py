"""The work on a ticket as JSON: safety, labour, parts in and out, the check, the release."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Request
from pydantic import AwareDatetime, BaseModel, Field
from sqlalchemy.orm import Session

from app.identity.guard import ApiReading, ApiWriting
from app.kernel.actor import Actor
from app.robots.gate import Answer
from app.service import (
    fittingwork,
    labour,
    linesdone,
    oldparts,
    quality,
    release,
    safety,
    workbench,
)
from app.service.api.asked import asked_ticket
from app.service.fittingwork import Scanned
from app.service.models import Ticket
from app.service.oldparts import Fate
from app.service.operation_models import SafetyTick
from app.service.quality import Verdict
from app.service.release import Override
from app.service.states import TicketState
from app.web.i18n import speech
from app.web.idempotent import once
from app.web.problems import refusals, refusals_of_writing
from app.web.sessions import ReadSession, WriteSession
from app.web.wire import Sent, Words

router = APIRouter(prefix="/api/v1/tickets", tags=["service"])

_Number = Annotated[str, Path(max_length=20, description="`T-12`, or 12.")]
_Key = Annotated[str, Field(max_length=16)]
_Slot = Annotated[str, Field(max_length=160)]
_Id = Annotated[int, Field(ge=1, le=2**31 - 1)]


class SafetyIn(Sent):
    ticks: Annotated[list[Annotated[SafetyTick, Field(strict=False)]], Field(max_length=10)]


class LabourIn(Sent):
    """Time that somebody worked, on a line of the estimate or on the ticket."""

    staff: _Id
    started_at: Annotated[AwareDatetime, Field(strict=False)]
    stopped_at: Annotated[AwareDatetime, Field(strict=False)]
    line: _Key = ""
    reason: Words = ""


class DoneIn(Sent):
    line: _Key
    note: Words = ""


class PartIn(Sent):
    """A piece that goes in: a part's number, a serial, or both; a lot where the part has lots."""

    number: Annotated[str, Field(max_length=64)] = ""
    serial: Annotated[str, Field(max_length=100)] = ""
    lot: Annotated[str, Field(max_length=100)] = ""
    firmware: Annotated[str, Field(max_length=64)] = ""
    line: _Key = ""
    slot: _Slot = ""


class OutIn(Sent):
    slot: _Slot
    reason: Words = ""


class SettleIn(Sent):
    """Where a piece goes from the bench; `place` is the code of a bin for `shelf`."""

    part: _Id
    component: _Id | None = None
    lot: Annotated[str, Field(max_length=100)] = ""
    fate: Annotated[Fate, Field(strict=False)]
    place: Annotated[str, Field(max_length=32)] = ""


class CheckIn(Sent):
    """Passed without failed lines."""

    failed: Annotated[list[_Key], Field(max_length=500)] = []
    note: Annotated[str, Field(max_length=2_000)] = ""


class ReleaseIn(Sent):
    """`override`: the reason why the robot goes although something speaks against it."""

    override: Words = ""


class WorkLineOut(BaseModel):
    key: str
    description: str
    part_number: str
    operation: str
    slot: str
    quantity: int
    used: int
    minutes_standard: int
    minutes_actual: int
    done_at: datetime | None
    done_by: str


class LyingOut(BaseModel):
    part: int
    number: str
    component: int | None
    serial: str
    lot: str
    quantity: int
    back_to_maker_by: str | None


class QuestionOut(BaseModel):
    """What is asked before the robot leaves, and what speaks against it."""

    name: str
    question: str
    reasons: list[str]

    @classmethod
    def of(cls, answer: Answer) -> "QuestionOut":
        said = speech("en")
        return cls(
            name=answer.name,
            question=said.say(answer.question),
            reasons=[said.say(reason.text) for reason in answer.reasons],
        )


class WorkOut(BaseModel):
    state: TicketState
    lines: list[WorkLineOut]
    safety_needed: list[SafetyTick]
    safety_confirmed: list[SafetyTick]
    on_the_bench: list[LyingOut]
    checked: bool
    gate: list[QuestionOut]
    released_at: datetime | None
    released_against: str

    @classmethod
    def of(cls, session: Session, actor: Actor, ticket: Ticket) -> "WorkOut":
        bench = workbench.of_ticket(session, actor, ticket, {})
        return cls(
            state=ticket.state,
            lines=[
                WorkLineOut(
                    key=row.line.key,
                    description=row.line.description,
                    part_number=row.line.part_number,
                    operation=row.line.operation_code,
                    slot=row.line.slot_path,
                    quantity=row.line.quantity,
                    used=row.used,
                    minutes_standard=row.standard,
                    minutes_actual=row.minutes,
                    done_at=row.done.at if row.done else None,
                    done_by=row.done.by if row.done else "",
                )
                for row in bench.lines
            ],
            safety_needed=list(bench.needed),
            safety_confirmed=list(bench.confirmed),
            on_the_bench=[
                LyingOut(
                    part=one.issued.part.id,
                    number=one.issued.part.number,
                    component=one.issued.component.id if one.issued.component else None,
                    serial=one.issued.component.serial if one.issued.component else "",
                    lot=one.issued.lot,
                    quantity=one.issued.quantity,
                    back_to_maker_by=one.core.due_on.isoformat() if one.core else None,
                )
                for one in bench.lying
            ],
            checked=quality.passed(session, ticket) is not None,
            gate=[QuestionOut.of(answer) for answer in bench.questions],
            released_at=bench.release.at if bench.release else None,
            released_against=bench.release.override_reason if bench.release else "",
        )


@router.get("/{number}/work", responses=refusals(404))
def read_work(session: ReadSession, actor: ApiReading, *, number: _Number) -> WorkOut:
    """Approved lines with their time and parts, safety, bench, check and gate."""
    return WorkOut.of(session, actor, asked_ticket(session, actor, number))


@router.post("/{number}/safety", responses=refusals_of_writing(404))
@once
def confirm_safety(
    request: Request,  # noqa: ARG001 - `once` reads the key from it
    session: WriteSession,
    actor: ApiWriting,
    *,
    number: _Number,
    body: SafetyIn,
) -> WorkOut:
    """Say what was seen to before the work."""
    ticket = asked_ticket(session, actor, number)
    safety.confirm(session, actor, ticket, body.ticks)
    return WorkOut.of(session, actor, ticket)


@router.post("/{number}/labour", responses=refusals_of_writing(404))
@once
def record_labour(
    request: Request,  # noqa: ARG001
    session: WriteSession,
    actor: ApiWriting,
    *,
    number: _Number,
    body: LabourIn,
) -> WorkOut:
    """Time that somebody worked; refused where their clock ran elsewhere."""
    ticket = asked_ticket(session, actor, number)
    labour.record(
        session,
        actor,
        ticket,
        staff_id=body.staff,
        started_at=body.started_at,
        stopped_at=body.stopped_at,
        line_key=body.line,
        reason=body.reason,
    )
    return WorkOut.of(session, actor, ticket)


@router.post("/{number}/done", responses=refusals_of_writing(404))
@once
def finish_line(
    request: Request,  # noqa: ARG001
    session: WriteSession,
    actor: ApiWriting,
    *,
    number: _Number,
    body: DoneIn,
) -> WorkOut:
    """Tick an approved line off."""
    ticket = asked_ticket(session, actor, number)
    linesdone.finish(session, actor, ticket, body.line, note=body.note)
    return WorkOut.of(session, actor, ticket)


@router.post("/{number}/undone", responses=refusals_of_writing(404))
@once
def take_line_back(
    request: Request,  # noqa: ARG001
    session: WriteSession,
    actor: ApiWriting,
    *,
    number: _Number,
    body: DoneIn,
) -> WorkOut:
    """A line that was ticked off is not done after all."""
    ticket = asked_ticket(session, actor, number)
    linesdone.take_back(session, actor, ticket, body.line, why=body.note)
    return WorkOut.of(session, actor, ticket)


@router.post("/{number}/parts", responses=refusals_of_writing(404))
@once
def part_in(
    request: Request,  # noqa: ARG001
    session: WriteSession,
    actor: ApiWriting,
    *,
    number: _Number,
    body: PartIn,
) -> WorkOut:
    """A piece goes into the robot for a line that was approved."""
    ticket = asked_ticket(session, actor, number)
    scanned = Scanned(body.number, body.serial, body.lot, body.firmware)
    fittingwork.go_in(session, actor, ticket, scanned, line_key=body.line, slot_path=body.slot)
    return WorkOut.of(session, actor, ticket)


@router.post("/{number}/parts/remove", responses=refusals_of_writing(404))
@once
def part_out(
    request: Request,  # noqa: ARG001
    session: WriteSession,
    actor: ApiWriting,
    *,
    number: _Number,
    body: OutIn,
) -> WorkOut:
    """What sits in a slot comes out onto the bench."""
    ticket = asked_ticket(session, actor, number)
    fittingwork.come_out(session, actor, ticket, body.slot, reason=body.reason)
    return WorkOut.of(session, actor, ticket)


@router.post("/{number}/parts/settle", responses=refusals_of_writing(404))
@once
def settle_part(
    request: Request,  # noqa: ARG001
    session: WriteSession,
    actor: ApiWriting,
    *,
    number: _Number,
    body: SettleIn,
) -> WorkOut:
    """A piece goes from the bench to where it ends up."""
    ticket = asked_ticket(session, actor, number)
    oldparts.settle(
        session,
        actor,
        ticket,
        body.part,
        body.fate,
        component_id=body.component,
        lot=body.lot,
        place_code=body.place,
    )
    return WorkOut.of(session, actor, ticket)


@router.post("/{number}/check", responses=refusals_of_writing(404))
@once
def check(
    request: Request,  # noqa: ARG001
    session: WriteSession,
    actor: ApiWriting,
    *,
    number: _Number,
    body: CheckIn,
) -> WorkOut:
    """Pass the work, or name the lines that are to be done again."""
    ticket = asked_ticket(session, actor, number)
    quality.check(session, actor, ticket, Verdict(body.failed, body.note))
    return WorkOut.of(session, actor, ticket)


@router.post("/{number}/release", responses=refusals_of_writing(404))
@once
def let_go(
    request: Request,  # noqa: ARG001
    session: WriteSession,
    actor: ApiWriting,
    *,
    number: _Number,
    body: ReleaseIn,
) -> WorkOut:
    """Release the robot; with `override` although something speaks against it, by who may."""
    ticket = asked_ticket(session, actor, number)
    override = Override(actor, body.override) if body.override else None
    release.release(session, actor, ticket, override=override)
    return WorkOut.of(session, actor, ticket)
