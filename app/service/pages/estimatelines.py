"""The lines of a ticket's estimate: added, offered again, changed, split, removed."""

from typing import Annotated

from fastapi import APIRouter, Form, Path, Request
from starlette.responses import Response

from app.identity.guard import Acting
from app.service import estimates, lines
from app.service.estimate_models import EstimateLine
from app.service.estimateforms import AgainForm, LineForm, read_change
from app.service.forms import BareForm
from app.service.models import Ticket
from app.service.pages.estimates import acted
from app.stores import desk
from app.web.idempotent import once
from app.web.sessions import WriteSession
from app.web.submitted import Submitted
from app.web.wire import Number

router = APIRouter(prefix="/service/tickets")

LineKey = Annotated[str, Path(pattern=r"^[0-9]{1,9}$")]


@router.post("/{number}/estimate/lines")
@once
def add_line(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    number: Number,
    form: Annotated[LineForm, Form()],
) -> Response:
    def act(ticket: Ticket) -> None:
        currency = desk.store_of(session, actor.store_id).currency
        typed = form.read(currency)
        lines.add(session, actor, estimates.draft(session, actor, ticket), typed)

    which = "add" if form.code or not form.description else "free"
    return acted(
        request, session, actor, number, act=act, refused=(which, form.typed()), at="?added"
    )


@router.post("/{number}/estimate/again")
@once
def offer_again(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    number: Number,
    form: Annotated[AgainForm, Form()],
) -> Response:
    """Something that was once declined, offered once more."""

    def act(ticket: Ticket) -> None:
        wanted = form.read()
        sheet = estimates.draft(session, actor, ticket)
        declined = session.get(EstimateLine, wanted)
        if declined is None:
            form.model_copy(update={"line": ""}).read()
        else:
            lines.offer_again(session, actor, sheet, declined)

    return acted(request, session, actor, number, act=act, refused=("again", form.typed()))


@router.post("/{number}/estimate/lines/{key}")
@once
def change_line(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    number: Number,
    key: LineKey,
    form: Submitted,
) -> Response:
    """Quantity, price, words, and who pays."""

    def act(ticket: Ticket) -> None:
        sheet = estimates.draft(session, actor, ticket)
        line = lines.by_key(sheet.estimate, key)
        change, shares = read_change(form.values, sheet.estimate.currency)
        lines.change(session, actor, sheet, line, change)
        if shares is not None:
            lines.split(session, actor, sheet, line, shares, seen=line.revision)

    return acted(request, session, actor, number, act=act, refused=("line", form.values), line=key)


@router.post("/{number}/estimate/lines/{key}/remove")
@once
def remove_line(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    number: Number,
    key: LineKey,
    form: Annotated[BareForm, Form()],
) -> Response:
    def act(ticket: Ticket) -> None:
        sheet = estimates.draft(session, actor, ticket)
        lines.remove(session, actor, sheet, lines.by_key(sheet.estimate, key))

    return acted(request, session, actor, number, act=act, refused=("remove", form.typed()))
