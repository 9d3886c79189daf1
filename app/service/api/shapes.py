"""Tickets as they go over the wire."""

from datetime import datetime
from typing import Annotated, Self

from pydantic import AwareDatetime, BaseModel, Field

from app.service import tickets
from app.service.diagnosis import DiagnosisInput
from app.service.intake import Seen
from app.service.models import Diagnosis, Ticket, TicketChange, TicketNote, TicketPhoto
from app.service.queries import TicketRow
from app.service.states import Backup, PhotoStage, TicketState, WaitingReason
from app.web.wire import Sent, Words

LongWords = Annotated[str, Field(max_length=tickets.LONGEST_TEXT)]
_When = Annotated[AwareDatetime | None, Field(strict=False)]
_Charge = Annotated[int, Field(ge=0, le=100)]
_Hours = Annotated[int, Field(ge=0, le=10**9)]


class TicketIn(Sent):
    """A robot that comes in, or with `booked` one that is to come. `customer` is who is billed."""

    serial: Words
    maker: Words = Field(default="", description="Where two makers share the serial number.")
    complaint: LongWords
    booked: bool = False
    customer: int | None = Field(default=None, ge=1, le=2**31 - 1)
    brought_by: Words = ""
    accessories: list[Words] = Field(default=[], max_length=tickets.MOST_ACCESSORIES)
    seal: Words = ""
    soc_percent: _Charge | None = None
    falls: _Hours | None = Field(default=None, description="What the robot’s counter shows.")
    evidence: dict[str, Annotated[Seen, Field(strict=False)]] = Field(
        default={}, max_length=100, description="Codes of what the maker excludes."
    )
    backup: Annotated[Backup | None, Field(strict=False)] = None
    signer: Words = ""
    promised_at: _When = None
    bench_place: Words = ""


class MoveIn(Sent):
    """`version`: the one that was read; left out: whatever it is now."""

    to: TicketState = Field(strict=False)
    why: Words = ""
    version: int | None = Field(default=None, ge=1, le=2**31 - 1)


class WaitIn(Sent):
    """`reason` null: it goes on."""

    reason: Annotated[WaitingReason | None, Field(strict=False)]
    note: Words = ""


class NoteIn(Sent):
    text: LongWords


class DiagnosisIn(Sent):
    """Codes as the store uses them; an empty `slot` is the robot as a whole."""

    symptom: Words
    slot: Words = ""
    cause: Words = ""
    action: Words = ""
    note: LongWords = ""
    measurement: Words = ""
    measured_in: Words = ""

    def read(self) -> DiagnosisInput:
        return DiagnosisInput(
            symptom=self.symptom,
            slot_path=self.slot,
            cause=self.cause,
            action=self.action,
            note=self.note,
            measurement=self.measurement,
            measured_in=self.measured_in,
        )


class TicketLine(BaseModel):
    """`due`: what was promised, later by the time that the clock stood."""

    number: str
    state: TicketState
    waiting: WaitingReason | None
    serial: str
    model: str
    customer: int | None
    complaint: str
    technician: str
    promised_at: datetime | None
    due: datetime | None
    overdue: bool
    made_at: datetime
    received_at: datetime | None
    ended_at: datetime | None
    version: int

    @classmethod
    def of(cls, row: TicketRow) -> Self:
        ticket = row.ticket
        return cls(
            number=row.label,
            state=ticket.state,
            waiting=ticket.waiting,
            serial=row.serial,
            model=row.model,
            customer=row.customer_number,
            complaint=ticket.complaint,
            technician=row.technician,
            promised_at=ticket.promised_at,
            due=row.promise.due,
            overdue=row.promise.overdue,
            made_at=ticket.made_at,
            received_at=ticket.received_at,
            ended_at=ticket.ended_at,
            version=ticket.version,
        )


class DiagnosisOut(BaseModel):
    id: int
    slot: str
    symptom: str
    cause: str
    action: str
    note: str
    measurement: str
    measured_in: str
    part_number: str
    lot: str
    firmware: str
    at: datetime
    by: str

    @classmethod
    def of(cls, row: Diagnosis) -> Self:
        return cls(
            id=row.id,
            slot=row.slot_path,
            symptom=row.symptom,
            cause=row.cause,
            action=row.action,
            note=row.note,
            measurement=row.measurement,
            measured_in=row.measured_in,
            part_number=row.part_number,
            lot=row.lot,
            firmware=row.firmware,
            at=row.at,
            by=row.by,
        )


class MoveOut(BaseModel):
    """One move; `before` is null for the ticket's beginning."""

    before: TicketState | None
    after: TicketState
    at: datetime
    by: str
    why: str

    @classmethod
    def of(cls, row: TicketChange) -> Self:
        return cls(
            before=row.from_state,
            after=row.to_state or TicketState.BOOKED,
            at=row.at,
            by=row.by,
            why=row.why,
        )


class NoteOut(BaseModel):
    id: int
    text: str
    at: datetime
    by: str

    @classmethod
    def of(cls, row: TicketNote) -> Self:
        return cls(id=row.id, text=row.text, at=row.at, by=row.by)


class PhotoOut(BaseModel):
    id: int
    sha256: str
    stage: PhotoStage
    slot: str
    caption: str
    at: datetime
    by: str

    @classmethod
    def of(cls, row: TicketPhoto) -> Self:
        return cls(
            id=row.id,
            sha256=row.sha256,
            stage=row.stage,
            slot=row.slot_path,
            caption=row.caption,
            at=row.at,
            by=row.by,
        )


class TicketOut(TicketLine):
    """A ticket with everything on it."""

    brought_by: str
    accessories: list[str]
    seal: str
    soc_percent: int | None
    falls: int | None
    backup: Backup | None
    signer: str
    bench_place: str
    outcome: str
    comeback_of: str | None
    moves: list[MoveOut]
    diagnoses: list[DiagnosisOut]
    notes: list[NoteOut]
    photos: list[PhotoOut]


def whole(
    row: TicketRow,
    *,
    before: Ticket | None,
    moves: list[TicketChange],
    found: list[Diagnosis],
    notes: list[TicketNote],
    photos: list[TicketPhoto],
) -> TicketOut:
    """`before`: the ticket that this one is a comeback of."""
    ticket = row.ticket
    return TicketOut(
        **TicketLine.of(row).model_dump(),
        brought_by=ticket.brought_by,
        accessories=tickets.accessories_of(ticket),
        seal=ticket.seal,
        soc_percent=ticket.soc_percent,
        falls=ticket.falls,
        backup=ticket.backup,
        signer=ticket.signer,
        bench_place=ticket.bench_place,
        outcome=ticket.outcome,
        comeback_of=tickets.label(before) if before else None,
        moves=[MoveOut.of(one) for one in moves if one.to_state is not None],
        diagnoses=[DiagnosisOut.of(one) for one in found],
        notes=[NoteOut.of(one) for one in notes],
        photos=[PhotoOut.of(one) for one in photos],
    )
