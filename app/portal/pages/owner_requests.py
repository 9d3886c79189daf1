"""What owners asked for, for the store's staff: a list, and each one taken over or declined."""

from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from app.identity.guard import Acting, SignedIn
from app.kernel.actor import Actor
from app.kernel.errors import Refused, StoreError
from app.kernel.text import msg
from app.kernel.uploads import JPEG
from app.portal import requests, requestwork
from app.portal.owner_models import (
    KIND_LABELS,
    STATE_LABELS,
    STATE_TONES,
    OwnerRequest,
    RequestKind,
    RequestState,
)
from app.portal.requestwork import Confirmed
from app.robots import addresses
from app.robots.life_models import Wipe
from app.robots.transfers import WIPE_LABELS, WipeStatement
from app.service import tickets
from app.web.errors import status_of
from app.web.files import file_response, files_of
from app.web.forms import StoreForm, Typed, problems_of
from app.web.idempotent import once
from app.web.rendering import render
from app.web.sessions import ReadSession, WriteSession
from app.web.wire import Number, RowId

router = APIRouter(prefix="/service/requests")


class DeclineForm(StoreForm):
    why: Typed = ""


class ConfirmForm(StoreForm):
    customer: Typed = ""
    wipe: Typed = ""
    statement: Typed = ""

    def read(self) -> Confirmed:
        if self.wipe not in set(Wipe):
            raise Refused(msg("Choose one of these."), field="wipe")
        data = WipeStatement(Wipe(self.wipe), self.statement)
        return Confirmed(data, customer=self.customer)


@router.get("")
def list_requests(
    request: Request,
    session: ReadSession,
    actor: SignedIn,
    cursor: str | None = None,
    show: str = RequestState.OPEN,
) -> Response:
    """What waits for the store, or what was decided."""
    state = RequestState(show) if show in set(RequestState) else None
    return render(
        request,
        "portal/requests.html",
        path="/service/requests",
        page=requests.listed(session, actor, state=state, cursor=cursor),
        cursor=cursor,
        show=state or "all",
        states=STATE_LABELS,
        tones=STATE_TONES,
        kinds=KIND_LABELS,
        label=requests.label,
        page_of=requests.page,
        said_of=requests.said_of,
    )


@router.get("/{number}")
def show_request(
    request: Request, session: ReadSession, actor: SignedIn, number: Number
) -> Response:
    return _page(request, session, actor, number)


@router.get("/{number}/photos/{photo_id}")
def show_request_photo(
    request: Request, session: ReadSession, actor: SignedIn, number: Number, photo_id: RowId
) -> Response:
    asked = requests.by_number(session, actor, number)
    photo = requests.photo_by_id(session, asked, photo_id)
    content = files_of(request).get(photo.sha256)
    return file_response(content, media_type=JPEG, name=f"{requests.label(asked)}-{photo.id}")


@router.post("/{number}/take")
@once
def take_over(
    request: Request,
    session: WriteSession,
    actor: Acting,
    number: Number,
    form: Annotated[StoreForm, Form()],  # noqa: ARG001 - carries the CSRF token
) -> Response:
    """A ticket, with one press."""
    asked = requests.by_number(session, actor, number)
    try:
        ticket = requestwork.take_over(session, actor, asked)
    except StoreError as refusal:
        session.rollback()
        return _page(request, session, actor, number, refusal=refusal)
    return RedirectResponse(tickets.page(ticket), 303)


@router.post("/{number}/decline")
@once
def decline(
    request: Request,
    session: WriteSession,
    actor: Acting,
    number: Number,
    form: Annotated[DeclineForm, Form()],
) -> Response:
    asked = requests.by_number(session, actor, number)
    try:
        requestwork.decline(session, actor, asked, why=form.why)
    except StoreError as refusal:
        session.rollback()
        return _page(request, session, actor, number, typed=form, refusal=refusal)
    return RedirectResponse(requests.page(asked), 303)


@router.post("/{number}/confirm")
@once
def confirm_transfer(
    request: Request,
    session: WriteSession,
    actor: Acting,
    number: Number,
    form: Annotated[ConfirmForm, Form()],
) -> Response:
    """The robot is the new owner's."""
    asked = requests.by_number(session, actor, number)
    try:
        requestwork.confirm_transfer(session, actor, asked, form.read())
    except StoreError as refusal:
        session.rollback()
        return _page(request, session, actor, number, typed=form, refusal=refusal)
    return RedirectResponse(requests.page(asked), 303)


def _page(
    request: Request,
    session: Session,
    actor: Actor,
    number: int,
    *,
    typed: StoreForm | None = None,
    refusal: StoreError | None = None,
) -> Response:
    asked = requests.by_number(session, actor, number)
    return render(
        request,
        "portal/request.html",
        status=status_of(refusal) if refusal else 200,
        asked=asked,
        number=requests.label(asked),
        here=requests.page(asked),
        kind=KIND_LABELS[asked.kind],
        state=STATE_LABELS[asked.state],
        tone=STATE_TONES[asked.state],
        photos=requests.photos_of(session, asked),
        may_decide=requests.may_decide(actor, asked),
        is_transfer=asked.kind is RequestKind.TRANSFER,
        robot_page=addresses.robot_page(asked.unit.serial, maker=asked.unit.maker.name),
        ticket=_ticket_of(asked),
        wipes=[("", msg("Choose")), *((one.value, said) for one, said in WIPE_LABELS.items())],
        typed=typed,
        problems=problems_of(refusal) if refusal else {},
    )


def _ticket_of(asked: OwnerRequest) -> dict[str, Any] | None:
    if asked.ticket is None:
        return None
    return {"label": tickets.label(asked.ticket), "href": tickets.page(asked.ticket)}
