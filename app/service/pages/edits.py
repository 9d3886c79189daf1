"""What is done to a ticket: move, wait, edit, note, pictures, checking its robot."""

from collections.abc import Callable
from typing import Annotated, Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from fastapi import APIRouter, File, Form, Request, UploadFile
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from app.identity.guard import Acting, SignedIn
from app.kernel.actor import Actor
from app.kernel.errors import StoreError
from app.kernel.uploads import JPEG, MOST_BYTES
from app.robots import transfers
from app.service import checkin, notes, photos, tickets
from app.service.forms import BareForm, EditForm, MoveForm, NoteForm, ScanForm, WaitForm, word
from app.service.models import Ticket
from app.service.pages.asked import act_on, asked_ticket
from app.service.pages.ticket import move_page, ticket_page
from app.service.photos import Taken
from app.service.states import PhotoStage
from app.stores import desk
from app.web.files import file_response, files_of
from app.web.forms import StoreForm, Typed
from app.web.idempotent import once
from app.web.nextpage import own_path
from app.web.sessions import ReadSession, WriteSession
from app.web.wire import Number, RowId

router = APIRouter(prefix="/service/tickets")

Act = Callable[[Ticket], object]


class PhotosForm(StoreForm):
    """Pictures, when they were taken, and of what."""

    photos: Annotated[list[UploadFile], File()] = []
    stage: Typed = PhotoStage.INTAKE.value
    slot: Typed = ""
    caption: Typed = ""
    shared: Typed = ""

    def typed(self) -> dict[str, Any]:
        return {name: text for name, text in super().typed().items() if name != "photos"}


@router.post("/{number}/move")
@once
def move(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    number: Number,
    form: Annotated[MoveForm, Form()],
) -> Response:
    ticket = asked_ticket(session, actor, number)
    try:
        to, seen = form.read()
        before = ticket.state
        tickets.move(session, actor, ticket, to, why=form.why.strip(), seen=seen)
    except StoreError as refusal:
        return _not_moved(request, session, actor, number, form=form, refusal=refusal)
    back = own_path(form.back, default=tickets.page(ticket))
    may_undo = before in tickets.may_move(actor, ticket)
    return RedirectResponse(_with_moved(back, number) if may_undo else back, 303)


@router.post("/{number}/wait")
@once
def wait(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    number: Number,
    form: Annotated[WaitForm, Form()],
) -> Response:
    """Wait for somebody, or with an empty reason go on."""
    ticket = asked_ticket(session, actor, number)
    try:
        reason = form.read()
        if reason is None:
            tickets.go_on(session, actor, ticket)
        else:
            tickets.wait(session, actor, ticket, reason, note=form.note.strip())
    except StoreError as refusal:
        return _not_moved(request, session, actor, number, form=form, refusal=refusal)
    return RedirectResponse(own_path(form.back, default=tickets.page(ticket)), 303)


@router.post("/{number}/edit")
@once
def edit(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    number: Number,
    form: Annotated[EditForm, Form()],
) -> Response:
    def act(ticket: Ticket) -> None:
        zone = desk.store_of(session, actor.store_id).zone
        given, seen = form.read(zone)
        if "customer" in form.model_fields_set:
            given["customer_id"] = _billed(session, actor, form.customer)
        tickets.edit(session, actor, ticket, given, seen=seen)

    return _do(request, session, actor, number, act=act, which="edit", form=form)


@router.post("/{number}/notes")
@once
def note(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    number: Number,
    form: Annotated[NoteForm, Form()],
) -> Response:
    def act(ticket: Ticket) -> None:
        notes.add(session, actor, ticket, form.text)

    return _do(request, session, actor, number, act=act, which="note", form=form, at="notes")


@router.post("/{number}/robot")
@once
def check_robot(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    number: Number,
    form: Annotated[ScanForm, Form()],
) -> Response:
    """Is the robot that was scanned the one of this ticket?"""

    def act(ticket: Ticket) -> None:
        checkin.require_robot(session, actor, ticket, form.code)

    return _do(request, session, actor, number, act=act, which="robot", form=form)


@router.post("/{number}/photos")
@once
def add_photos(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    number: Number,
    form: Annotated[PhotosForm, Form()],
) -> Response:
    def act(ticket: Ticket) -> None:
        taken = Taken(
            stage=word(PhotoStage, form.stage, field="stage"),
            slot_path=form.slot,
            caption=form.caption,
            is_shared=bool(form.shared),
        )
        pictures = read_pictures(form.photos)
        photos.add(session, actor, ticket, pictures, taken, files=files_of(request))

    return _do(request, session, actor, number, act=act, which="photos", form=form, at="photos")


@router.get("/{number}/photos/{photo_id}")
def show_photo(
    request: Request, session: ReadSession, actor: SignedIn, *, number: Number, photo_id: RowId
) -> Response:
    ticket = asked_ticket(session, actor, number)
    photo = photos.by_id(session, ticket, photo_id)
    name = f"{tickets.label(ticket)}-{photo.id}"
    return file_response(files_of(request).get(photo.sha256), media_type=JPEG, name=name)


@router.post("/{number}/photos/{photo_id}/remove")
@once
def remove_photo(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    number: Number,
    photo_id: RowId,
    form: Annotated[BareForm, Form()],
) -> Response:
    def act(ticket: Ticket) -> None:
        photos.remove(session, actor, ticket, photo_id)

    return _do(request, session, actor, number, act=act, which="photos", form=form, at="photos")


def _with_moved(back: str, number: int) -> str:
    """The page to go back to, which is to offer the way back from this move."""
    parts = urlsplit(back)
    kept = [one for one in parse_qsl(parts.query) if one[0] != "moved"]
    return urlunsplit(parts._replace(query=urlencode([*kept, ("moved", number)])))


def _billed(session: Session, actor: Actor, text: str) -> int | None:
    """Who a text names; nobody: the store itself pays."""
    return transfers.customer_meant(session, actor, text).id if text.strip() else None


def read_pictures(sent: list[UploadFile]) -> list[bytes]:
    """What was chosen; an empty field is sent as a file without a name. One byte too many is enough
    to refuse a picture.
    """
    chosen = [one for one in sent if one.filename]
    return [one.file.read(MOST_BYTES + 1) for one in chosen[: photos.MOST_AT_ONCE + 1]]


def _do(
    request: Request,
    session: Session,
    actor: Actor,
    number: int,
    *,
    act: Act,
    which: str,
    form: StoreForm,
    at: str = "",
) -> Response:
    """Act and go back to the ticket; refused, show it with what was typed."""

    def show(ticket: Ticket, refusal: StoreError) -> Response:
        refused = (which, form.typed(), refusal)
        return ticket_page(request, session, actor, ticket, refused=refused)

    return act_on(session, actor, number, act, then=f"#{at}" if at else "", refused=show)


def _not_moved(
    request: Request,
    session: Session,
    actor: Actor,
    number: int,
    *,
    form: MoveForm | WaitForm,
    refusal: StoreError,
) -> Response:
    session.rollback()
    ticket = asked_ticket(session, actor, number)
    return move_page(
        request, session, actor, ticket, back=form.back, refused=("move", form.typed(), refusal)
    )
