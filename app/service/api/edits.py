"""What is changed on a ticket that is there, as JSON: its fields, its findings, its photos."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Request
from pydantic import AwareDatetime, BaseModel, Field

from app.customers import book
from app.identity.guard import ApiWriting
from app.kernel.canonical import canonical
from app.service import diagnosis, photos, tickets
from app.service.api.asked import asked_ticket
from app.service.api.shapes import DiagnosisIn, DiagnosisOut, LongWords
from app.web.idempotent import once
from app.web.problems import refusals_of_writing
from app.web.sessions import WriteSession
from app.web.wire import RowId, Sent, Words

router = APIRouter(prefix="/api/v1/tickets", tags=["service"])

_Number = Annotated[str, Path(max_length=20, description="`T-12`, or 12.")]
_Moment = Annotated[AwareDatetime, Field(strict=False)]


class EditIn(Sent):
    """What is left out stays. `version`: the one that was read; 409 tells of others' changes."""

    version: int = Field(ge=1, le=2**31 - 1)
    complaint: LongWords | None = None
    accessories: list[Words] | None = Field(default=None, max_length=tickets.MOST_ACCESSORIES)
    seal: Words | None = None
    soc_percent: Annotated[int | None, Field(ge=0, le=100)] = None
    brought_by: Words | None = None
    promised_at: _Moment | None = None
    technician: Annotated[int | None, Field(ge=1, le=2**63 - 1)] = None
    bench_place: Words | None = None
    outcome: LongWords | None = None
    customer: Annotated[int | None, Field(ge=1, le=2**31 - 1)] = Field(
        default=None, description="Who is billed, by number."
    )


class EditedOut(BaseModel):
    """`changed`: whether anything was; what the ticket says now is asked at its address."""

    ticket: str
    changed: bool
    version: int
    promised_at: datetime | None


class LeftOut(BaseModel):
    ticket: str
    photos: int


@router.patch("/{number}", responses=refusals_of_writing(404))
@once
def edit_ticket(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    *,
    number: _Number,
    sent: EditIn,
) -> EditedOut:
    """Change what is written on it. Null clears what may be empty."""
    ticket = asked_ticket(session, actor, number)
    given = sent.model_dump(exclude_unset=True, exclude={"version", "technician", "customer"})
    for name in given.keys() & {"complaint", "seal", "brought_by", "bench_place", "outcome"}:
        given[name] = given[name] or ""
    if "accessories" in given:
        given["accessories"] = canonical(given["accessories"] or []).decode()
    if "technician" in sent.model_fields_set:
        given["technician_id"] = sent.technician
    if sent.customer is not None:
        given["customer_id"] = book.by_number(session, actor, sent.customer).id
    changed = tickets.edit(session, actor, ticket, given, seen=sent.version)
    session.flush()
    return EditedOut(
        ticket=tickets.label(ticket),
        changed=changed,
        version=ticket.version,
        promised_at=ticket.promised_at,
    )


@router.post("/{number}/diagnoses/{diagnosis_id}/correct", responses=refusals_of_writing(404))
@once
def correct_diagnosis(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    *,
    number: _Number,
    diagnosis_id: RowId,
    sent: DiagnosisIn,
) -> DiagnosisOut:
    """Another finding in place of one. 409 where somebody has replaced that already."""
    ticket = asked_ticket(session, actor, number)
    return DiagnosisOut.of(diagnosis.correct(session, actor, ticket, diagnosis_id, sent.read()))


@router.post("/{number}/photos/{photo_id}/remove", responses=refusals_of_writing(404))
@once
def remove_photo(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    *,
    number: _Number,
    photo_id: RowId,
) -> LeftOut:
    """It is shown no more."""
    ticket = asked_ticket(session, actor, number)
    photos.remove(session, actor, ticket, photo_id)
    return LeftOut(ticket=tickets.label(ticket), photos=len(photos.of_ticket(session, ticket)))
