"""Card readers for programs: what the card service knows, and which stands beside which till.

All but `…/till` ask the card service and hold nothing of ours meanwhile.
"""

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from app.identity.guard import ApiReading, ApiWriting
from app.kernel.actor import Actor
from app.kernel.errors import NotFound
from app.kernel.text import msg
from app.payments import readers
from app.payments.intents import ReaderReport
from app.stores import desk
from app.web.idempotent import once
from app.web.problems import refusals, refusals_of_writing
from app.web.sessions import ReadSession, WriteSession, database_of
from app.web.wire import Sent

router = APIRouter(prefix="/api/v1/card-readers", tags=["payments"])


class ReaderNameIn(Sent):
    label: str = Field(min_length=1, max_length=60)


class NewReaderIn(ReaderNameIn):
    """`code` are the words that the reader shows; they work once."""

    code: str = Field(min_length=1, max_length=100)


class PlacedIn(Sent):
    """The reader beside a till, named by the till; empty: none stands there."""

    till: str = Field(min_length=1, max_length=40)
    reader: str = Field(max_length=64)


class PlacedOut(BaseModel):
    till: str
    reader: str


class ReaderOut(BaseModel):
    """`tills` of this store beside which it stands."""

    id: str
    label: str
    status: str
    serial_number: str
    is_working: bool
    tills: list[str]


@router.get("", responses=refusals())
def list_card_readers(request: Request, session: ReadSession, actor: ApiReading) -> list[ReaderOut]:
    """The account's readers; asks the card service."""
    actor.require("settings.view")
    beside = _beside(session, actor)
    session.rollback()
    return [_out(one, beside) for one in readers.all_of(database_of(request))]


@router.post("", status_code=201, responses=refusals_of_writing())
def register_card_reader(
    request: Request, session: ReadSession, actor: ApiReading, body: NewReaderIn
) -> ReaderOut:
    """A new reader of this store."""
    session.rollback()
    made = readers.register(database_of(request), actor, code=body.code, label=body.label)
    return _out(made, {})


@router.post("/till", responses=refusals_of_writing(404))
@once
def put_card_reader(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    body: PlacedIn,
) -> PlacedOut:
    """Say which reader stands beside a till."""
    for till in desk.tills_of(session, actor.store_id):
        if till.name == body.till:
            readers.put_at(session, actor, till, body.reader)
            return PlacedOut(till=till.name, reader=till.reader_id)
    raise NotFound(msg("There is no such till in this store."))


@router.patch("/{reader_id}", status_code=204, responses=refusals_of_writing(404))
def rename_card_reader(
    request: Request, session: ReadSession, actor: ApiReading, reader_id: str, body: ReaderNameIn
) -> None:
    session.rollback()
    readers.rename(database_of(request), actor, reader_id, label=body.label)


@router.post("/{reader_id}/clear", status_code=204, responses=refusals_of_writing(404))
def clear_card_reader(
    request: Request, session: ReadSession, actor: ApiReading, reader_id: str
) -> None:
    """Take what it still asks off its screen, where no payment waits for it."""
    session.rollback()
    readers.clear(database_of(request), actor, reader_id)


@router.delete("/{reader_id}", status_code=204, responses=refusals_of_writing(404))
def remove_card_reader(
    request: Request, session: ReadSession, actor: ApiReading, reader_id: str
) -> None:
    """The account knows it no more; the same twice is once."""
    session.rollback()
    readers.remove(database_of(request), actor, reader_id)


def _beside(session: Session, actor: Actor) -> dict[str, list[str]]:
    found = readers.tills_by_reader(session, actor)
    return {reader_id: [till.name for till in tills] for reader_id, tills in found.items()}


def _out(report: ReaderReport, beside: dict[str, list[str]]) -> ReaderOut:
    return ReaderOut(
        id=report.id,
        label=report.label,
        status=report.status,
        serial_number=report.serial_number,
        is_working=report.is_working,
        tills=beside.get(report.id, []),
    )
