"""The work on one ticket: safety, clocks, lines, parts by scan, the check, the release."""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from sqlalchemy.orm import Session
from starlette.responses import Response

from app.identity import approval
from app.identity.guard import Acting, SignedIn
from app.kernel.actor import Actor
from app.kernel.errors import StoreError
from app.robots.slotnames import name_of
from app.service import (
    fittingwork,
    labour,
    linesdone,
    oldparts,
    quality,
    release,
    safety,
    tickets,
    workbench,
)
from app.service.forms import BareForm
from app.service.models import Ticket
from app.service.oldparts import FATE_LABELS
from app.service.operations import TICK_LABELS
from app.service.pages.asked import act_on, asked_ticket, frame
from app.service.quality import Verdict
from app.service.release import Override
from app.service.states import TicketState
from app.service.workforms import (
    ClockForm,
    FateForm,
    LineForm,
    OutForm,
    PartForm,
    ReleaseForm,
    TicksForm,
)
from app.stores import desk
from app.web.errors import status_of
from app.web.forms import StoreForm, problems_of
from app.web.idempotent import once
from app.web.rendering import is_htmx, render
from app.web.sessions import ReadSession, WriteSession, database_of
from app.web.submitted import Submitted
from app.web.wire import Number

router = APIRouter(prefix="/service/tickets")

Act = Callable[[Ticket], object]
Refused = tuple[str, dict[str, Any], StoreError]
_FAILED = "failed-"


@router.get("/{number}/work")
def show_work(
    request: Request, session: ReadSession, actor: SignedIn, *, number: Number
) -> Response:
    return _page(request, session, actor, asked_ticket(session, actor, number))


@router.post("/{number}/safety")
@once
def make_safe(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    number: Number,
    form: Annotated[TicksForm, Form()],
) -> Response:
    def act(ticket: Ticket) -> None:
        safety.confirm(session, actor, ticket, form.read())

    return _do(request, session, actor, number, act=act, refused=("safety", form))


@router.post("/{number}/clock/start")
@once
def start_clock(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    number: Number,
    form: Annotated[ClockForm, Form()],
) -> Response:
    def act(ticket: Ticket) -> None:
        labour.start(session, actor, ticket, line_key=form.line, second_id=form.read_second())

    return _do(request, session, actor, number, act=act, refused=("clock", form))


@router.post("/{number}/clock/stop")
@once
def stop_clock(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    number: Number,
    form: Annotated[ClockForm, Form()],
) -> Response:
    def act(_ticket: Ticket) -> None:
        zone = desk.store_of(session, actor.store_id).zone
        labour.stop(
            session,
            actor,
            labour_id=form.read_labour(),
            at=form.read_at(zone),
            reason=form.reason,
        )

    return _do(request, session, actor, number, act=act, refused=("stop", form))


@router.post("/{number}/lines/done")
@once
def finish_line(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    number: Number,
    form: Annotated[LineForm, Form()],
) -> Response:
    def act(ticket: Ticket) -> None:
        linesdone.finish(session, actor, ticket, form.line, note=form.note)

    return _do(request, session, actor, number, act=act, refused=("line", form))


@router.post("/{number}/lines/open")
@once
def open_line(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    number: Number,
    form: Annotated[LineForm, Form()],
) -> Response:
    def act(ticket: Ticket) -> None:
        linesdone.take_back(session, actor, ticket, form.line, why=form.note)

    return _do(request, session, actor, number, act=act, refused=("line", form))


@router.post("/{number}/parts/in")
@once
def part_in(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    number: Number,
    form: Annotated[PartForm, Form()],
) -> Response:
    def act(ticket: Ticket) -> None:
        fittingwork.go_in(
            session, actor, ticket, form.read(), line_key=form.line, slot_path=form.slot
        )

    return _do(request, session, actor, number, act=act, refused=("part", form), at="parts")


@router.post("/{number}/parts/out")
@once
def part_out(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    number: Number,
    form: Annotated[OutForm, Form()],
) -> Response:
    def act(ticket: Ticket) -> None:
        fittingwork.come_out(
            session,
            actor,
            ticket,
            form.slot,
            reason=form.reason,
            expected=form.read_occupant(),
        )

    return _do(request, session, actor, number, act=act, refused=("out", form), at="parts")


@router.post("/{number}/parts/settle")
@once
def settle_part(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    number: Number,
    form: Annotated[FateForm, Form()],
) -> Response:
    def act(ticket: Ticket) -> None:
        part_id, component_id, fate = form.read()
        oldparts.settle(
            session,
            actor,
            ticket,
            part_id,
            fate,
            component_id=component_id,
            lot=form.lot,
            place_code=form.place,
        )

    return _do(request, session, actor, number, act=act, refused=("fate", form), at="bench")


@router.post("/{number}/check")
@once
def check(
    request: Request, session: WriteSession, actor: Acting, *, number: Number, form: Submitted
) -> Response:
    """Passed, or with the boxes of the lines that are to be done again."""
    values = form.values
    failed = [name.removeprefix(_FAILED) for name in values if name.startswith(_FAILED)]

    def act(ticket: Ticket) -> None:
        quality.check(session, actor, ticket, Verdict(failed, values.get("note", "")))

    def show(ticket: Ticket, refusal: StoreError) -> Response:
        return _page(request, session, actor, ticket, refused=("check", values, refusal))

    return act_on(session, actor, number, act, then="/work#check", refused=show)


@router.post("/{number}/own-checks")
@once
def own_checks(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    number: Number,
    form: Annotated[BareForm, Form()],
) -> Response:
    """Let who did the work check it, or no longer."""

    def act(ticket: Ticket) -> None:
        rules = quality.rules_of(session, ticket.store_id)
        quality.let_check_own(session, actor, may=not rules.may_check_own)

    return _do(request, session, actor, number, act=act, refused=("rules", form), at="check")


@router.post("/{number}/release")
@once
def let_go(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    number: Number,
    form: Annotated[ReleaseForm, Form()],
) -> Response:
    def act(ticket: Ticket) -> None:
        release.release(session, actor, ticket, override=_override(request, session, actor, form))

    return _do(request, session, actor, number, act=act, refused=("release", form), at="release")


def _override(
    request: Request, session: Session, actor: Actor, form: ReleaseForm
) -> Override | None:
    """Who lets the robot go all the same: a manager signed in, or one behind the PIN."""
    if not (form.reason or form.pin):
        return None
    if not form.pin:
        return Override(actor, form.reason)
    found = approval.behind_pin(
        database_of(request), session, actor, pin=form.pin, permission="service.override"
    )
    return Override(found, form.reason)


def _do(
    request: Request,
    session: Session,
    actor: Actor,
    number: int,
    *,
    act: Act,
    refused: tuple[str, StoreForm],
    at: str = "",
) -> Response:
    def show(ticket: Ticket, refusal: StoreError) -> Response:
        which, form = refused
        return _page(request, session, actor, ticket, refused=(which, form.typed(), refusal))

    then = "/work" + (f"#{at}" if at else "")
    return act_on(session, actor, number, act, then=then, refused=show)


def _page(
    request: Request,
    session: Session,
    actor: Actor,
    ticket: Ticket,
    *,
    refused: Refused | None = None,
) -> Response:
    which, typed, refusal = refused or ("", {}, None)
    page = frame(session, actor, ticket, tab="work")
    people = {one.id: one.name for one in page["people"]}
    page |= {
        "bench": workbench.of_ticket(session, actor, ticket, people),
        "me": actor.staff_id,
        "slot_name": name_of,
        "tick_labels": TICK_LABELS,
        "fates": list(FATE_LABELS.items()),
        "others": [(str(key), name) for key, name in people.items() if key != actor.staff_id],
        "is_in_work": ticket.state is TicketState.IN_WORK,
        "is_checking": ticket.state is TicketState.CHECKING,
        "may_release": ticket.state in {TicketState.CHECKING, TicketState.DECLINED},
        "may_begin": ticket.state is not TicketState.CHECKING
        and TicketState.IN_WORK in tickets.may_move(actor, ticket),
        "which": which,
        "typed": typed,
        "refusal": refusal,
        "problems": problems_of(refusal) if refusal else {},
    }
    # in the page itself, where htmx shows what was refused beside what was typed
    status = (422 if is_htmx(request) else status_of(refusal)) if refusal else 200
    return render(request, "service/work.html", block="fresh", status=status, **page)
