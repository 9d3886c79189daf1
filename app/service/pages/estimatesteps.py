"""The way of an estimate: begun anew, sent, taken back, thrown away, and decided on."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.responses import Response

from app.identity.guard import Acting
from app.service import decisions, estimates, sending
from app.service.estimate_models import How
from app.service.estimateforms import NoteForm, read_answer
from app.service.estimates import Sheet
from app.service.forms import BareForm, word
from app.service.models import Ticket
from app.service.pages.estimates import acted
from app.web.idempotent import once
from app.web.sessions import WriteSession
from app.web.submitted import Submitted
from app.web.wire import Number

router = APIRouter(prefix="/service/tickets")


@router.post("/{number}/estimate/begin")
@once
def begin(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    number: Number,
    form: Annotated[BareForm, Form()],
) -> Response:
    """A new version, beside the one that was sent."""

    def act(ticket: Ticket) -> None:
        estimates.draft(session, actor, ticket)

    return acted(request, session, actor, number, act=act, refused=("begin", form.typed()))


@router.post("/{number}/estimate/note")
@once
def write_note(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    number: Number,
    form: Annotated[NoteForm, Form()],
) -> Response:
    def act(ticket: Ticket) -> None:
        sheet = estimates.draft(session, actor, ticket)
        estimates.write_note(session, actor, sheet, form.note)

    return acted(request, session, actor, number, act=act, refused=("note", form.typed()))


@router.post("/{number}/estimate/send")
@once
def send(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    number: Number,
    form: Annotated[NoteForm, Form()],
) -> Response:
    """What is written in the note goes along."""

    def act(ticket: Ticket) -> None:
        sheet = estimates.draft(session, actor, ticket)
        estimates.write_note(session, actor, sheet, form.note)
        sending.send(session, actor, sheet)

    return acted(request, session, actor, number, act=act, refused=("send", form.typed()))


@router.post("/{number}/estimate/recall")
@once
def recall(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    number: Number,
    form: Annotated[BareForm, Form()],
) -> Response:
    def act(ticket: Ticket) -> None:
        newest = estimates.newest(session, ticket)
        if newest is not None:
            sending.recall(session, actor, Sheet(ticket, newest))

    return acted(request, session, actor, number, act=act, refused=("recall", form.typed()))


@router.post("/{number}/estimate/discard")
@once
def discard(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    number: Number,
    form: Annotated[BareForm, Form()],
) -> Response:
    def act(ticket: Ticket) -> None:
        estimates.discard(session, actor, estimates.draft(session, actor, ticket))

    return acted(request, session, actor, number, act=act, refused=("discard", form.typed()))


@router.post("/{number}/estimate/{version}/decide")
@once
def decide(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    number: Number,
    version: Number,
    form: Submitted,
) -> Response:
    """What the customer said by phone, at the counter, or in writing."""

    def act(ticket: Ticket) -> None:
        how = word(How, form.values.get("how", ""), field="how")
        answer = read_answer(form.values, how=how, noted_by=actor.name)
        estimate = estimates.by_version(session, ticket, version)
        decisions.decide(session, actor, Sheet(ticket, estimate), answer)

    return acted(
        request, session, actor, number, act=act, refused=("decide", form.values), version=version
    )
