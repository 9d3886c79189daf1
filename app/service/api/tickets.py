"""Tickets as JSON: open, read, move, diagnose, note, photograph."""

from typing import Annotated

from fastapi import APIRouter, File, Form, Path, Query, Request, UploadFile
from pydantic import BaseModel
from sqlalchemy.orm import Session

from app.customers import book
from app.identity.guard import ApiReading, ApiWriting
from app.kernel.actor import Actor
from app.kernel.errors import NotFound
from app.kernel.signatures import Signed
from app.kernel.text import msg
from app.kernel.uploads import MOST_BYTES
from app.robots import makers, registry
from app.robots.models import Unit
from app.robots.slot_models import Counter
from app.robots.touches import UNREAD, Touch
from app.service import diagnosis, intake, notes, photos, queries, tickets
from app.service.api.shapes import (
    DiagnosisIn,
    DiagnosisOut,
    MoveIn,
    NoteIn,
    NoteOut,
    PhotoOut,
    TicketIn,
    TicketLine,
    TicketOut,
    WaitIn,
    whole,
)
from app.service.findable import number_in
from app.service.intake import IntakeInput
from app.service.models import Ticket
from app.service.photos import Taken
from app.service.queries import Wanted
from app.service.states import PhotoStage, TicketState
from app.web.files import files_of
from app.web.idempotent import once
from app.web.problems import refusals, refusals_of_writing
from app.web.sessions import ReadSession, WriteSession
from app.web.wire import Cursor, PageOut, RowId

router = APIRouter(prefix="/api/v1/tickets", tags=["service"])

_Number = Annotated[str, Path(max_length=20, description="`T-12`, or 12.")]


class PhotosOut(BaseModel):
    items: list[PhotoOut]


@router.get("", responses=refusals(404))
def list_tickets(
    session: ReadSession,
    actor: ApiReading,
    *,
    state: TicketState | None = None,
    open: Annotated[bool, Query(description="Only those that are not over.")] = False,  # noqa: A002
    serial: Annotated[str, Query(max_length=100)] = "",
    cursor: Cursor = "",
) -> PageOut[TicketLine]:
    """The store’s tickets, the newest first."""
    actor.require("service.view")
    unit_id = registry.by_serial(session, actor, serial).id if serial else None
    wanted = Wanted(state=state, open_only=open, unit_id=unit_id)
    page = queries.listed(session, actor, wanted, cursor=cursor or None)
    return PageOut(items=[TicketLine.of(row) for row in page.items], next=page.next)


@router.post("", status_code=201, responses=refusals_of_writing(404))
@once
def open_ticket(
    request: Request, session: WriteSession, actor: ApiWriting, *, sent: TicketIn
) -> TicketOut:
    """Check a robot in, or book it for later. 409 where it has an open ticket already."""
    maker_id = makers.maker_called(session, sent.maker).id if sent.maker else None
    unit = registry.by_serial(session, actor, sent.serial, maker_id=maker_id)
    customer_id = None
    if sent.customer is not None:
        customer_id = book.by_number(session, actor, sent.customer).id
    ticket = (
        intake.book_in(
            session,
            actor,
            unit,
            complaint=sent.complaint,
            customer_id=customer_id,
            promised_at=sent.promised_at,
        )
        if sent.booked
        else _intake(request, session, actor, unit, sent=sent, customer_id=customer_id)
    )
    return _out(session, actor, ticket)


@router.get("/{number}", responses=refusals(404))
def show_ticket(session: ReadSession, actor: ApiReading, *, number: _Number) -> TicketOut:
    actor.require("service.view")
    return _out(session, actor, _asked(session, actor, number))


@router.post("/{number}/moves", responses=refusals_of_writing(404))
@once
def move_ticket(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    *,
    number: _Number,
    sent: MoveIn,
) -> TicketOut:
    """Bring it into another state. 409 names what may follow, or what has to be done first."""
    ticket = _asked(session, actor, number)
    tickets.move(session, actor, ticket, sent.to, why=sent.why, seen=sent.version)
    return _out(session, actor, ticket)


@router.post("/{number}/waits", responses=refusals_of_writing(404))
@once
def wait_for(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    *,
    number: _Number,
    sent: WaitIn,
) -> TicketOut:
    """Say for whom it waits, or that it goes on."""
    ticket = _asked(session, actor, number)
    if sent.reason is None:
        tickets.go_on(session, actor, ticket)
    else:
        tickets.wait(session, actor, ticket, sent.reason, note=sent.note)
    return _out(session, actor, ticket)


@router.post("/{number}/diagnoses", status_code=201, responses=refusals_of_writing(404))
@once
def add_diagnosis(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    *,
    number: _Number,
    sent: DiagnosisIn,
) -> DiagnosisOut:
    """Write a fault down; the first one begins the diagnosis."""
    ticket = _asked(session, actor, number)
    return DiagnosisOut.of(diagnosis.record(session, actor, ticket, sent.read()))


@router.post("/{number}/diagnoses/{diagnosis_id}/withdraw", responses=refusals_of_writing(404))
@once
def withdraw_diagnosis(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    *,
    number: _Number,
    diagnosis_id: RowId,
) -> TicketOut:
    """It counts no more."""
    ticket = _asked(session, actor, number)
    diagnosis.withdraw(session, actor, ticket, diagnosis_id)
    return _out(session, actor, ticket)


@router.post("/{number}/notes", status_code=201, responses=refusals_of_writing(404))
@once
def add_note(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    *,
    number: _Number,
    sent: NoteIn,
) -> NoteOut:
    """A word among staff; nobody takes it back."""
    ticket = _asked(session, actor, number)
    return NoteOut.of(notes.add(session, actor, ticket, sent.text))


@router.post("/{number}/photos", status_code=201, responses=refusals_of_writing(404))
@once
def add_photos(
    request: Request,
    session: WriteSession,
    actor: ApiWriting,
    *,
    number: _Number,
    photos_sent: Annotated[list[UploadFile], File(alias="photos")],
    stage: Annotated[PhotoStage, Form()] = PhotoStage.DIAGNOSIS,
    slot: Annotated[str, Form(max_length=200)] = "",
    caption: Annotated[str, Form(max_length=200)] = "",
) -> PhotosOut:
    """PNG or JPEG, as a form with files; each is written anew."""
    ticket = _asked(session, actor, number)
    pictures = [one.file.read(MOST_BYTES + 1) for one in photos_sent[: photos.MOST_AT_ONCE + 1]]
    taken = Taken(stage=stage, slot_path=slot, caption=caption)
    rows = photos.add(session, actor, ticket, pictures, taken, files=files_of(request))
    return PhotosOut(items=[PhotoOut.of(row) for row in rows])


def _intake(
    request: Request,
    session: Session,
    actor: Actor,
    unit: Unit,
    *,
    sent: TicketIn,
    customer_id: int | None,
) -> Ticket:
    given = IntakeInput(
        complaint=sent.complaint,
        customer_id=customer_id,
        brought_by=sent.brought_by,
        accessories=tuple(sent.accessories),
        seal=sent.seal,
        soc_percent=sent.soc_percent,
        evidence=sent.evidence,
        backup=sent.backup,
        signed=Signed(sent.signer),
        touch=Touch({Counter.FALLS: sent.falls}) if sent.falls is not None else UNREAD,
        promised_at=sent.promised_at,
        bench_place=sent.bench_place,
    )
    return intake.intake(session, actor, unit, given, files=files_of(request))


def _asked(session: Session, actor: Actor, text: str) -> Ticket:
    digits = text if text.casefold().startswith("t-") else f"T-{text}"
    number = number_in(session, actor, digits)
    if number is None:
        raise NotFound(msg("There is no ticket {number} in this store.", number=text[:20]))
    return tickets.by_number(session, actor, number)


def _out(session: Session, actor: Actor, ticket: Ticket) -> TicketOut:
    """The ticket as it is now; ten statements at most."""
    session.flush()
    (row,) = queries.numbered(session, actor, ticket.number)
    before = None
    if ticket.comeback_of_id is not None:
        before = tickets.by_id(session, actor, ticket.comeback_of_id)
    return whole(
        row,
        before=before,
        moves=queries.changes_of(session, ticket),
        found=diagnosis.of_ticket(session, ticket),
        notes=notes.of_ticket(session, ticket),
        photos=photos.of_ticket(session, ticket),
    )
