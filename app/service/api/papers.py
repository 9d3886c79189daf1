"""Paper of a ticket as JSON: job sheet, label, and the customer's receipt with its key."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, Field

from app.identity import staff
from app.identity.guard import ApiReading, ApiWriting
from app.kernel.errors import NotFound
from app.kernel.text import msg
from app.service import links, papers, tickets
from app.service.api.asked import asked_ticket
from app.web import labels
from app.web.i18n import language_of
from app.web.labels import STOCKS, Label
from app.web.problems import refusals, refusals_of_writing
from app.web.sessions import ReadSession, WriteSession
from app.web.wirefiles import FileOut

router = APIRouter(prefix="/api/v1/tickets", tags=["service"])

_Number = Annotated[str, Path(max_length=20, description="`T-12`, or 12.")]
_PDF = "application/pdf"
_FILES = {"pdf": _PDF, "zpl": "text/plain"}


class ReceiptOut(BaseModel):
    """`url` is told this once: it opens the ticket's public page to whoever has it."""

    url: str
    receipt: FileOut = Field(description="What the customer is handed, with the same as a code.")


@router.get("/{number}/job-sheet", responses=refusals(404))
def print_job_sheet(
    request: Request, session: ReadSession, actor: ApiReading, *, number: _Number
) -> FileOut:
    """What lies beside the robot, also on site; in the language that is asked for."""
    ticket = asked_ticket(session, actor, number)
    technician = ""
    if ticket.technician_id is not None:
        technician = staff.by_id(session, actor, ticket.technician_id).name
    pdf = papers.job_sheet(
        session,
        actor,
        ticket,
        language=language_of(request),
        url=_start(request) + tickets.page(ticket),
        technician=technician,
    )
    return FileOut.of(pdf, name=f"{tickets.label(ticket)}-job-sheet.pdf", media_type=_PDF)


@router.get("/{number}/label", responses=refusals(404))
def print_bench_label(
    request: Request,
    session: ReadSession,
    actor: ApiReading,
    *,
    number: _Number,
    stock: Annotated[str, Query(description="Its size, such as 62x29.")] = "62x29",
    file: Annotated[str, Query(description="pdf or zpl.")] = "pdf",
) -> FileOut:
    """The label that goes on the robot and on its box: a scan opens the ticket."""
    actor.require("service.view")
    ticket = asked_ticket(session, actor, number)
    material = STOCKS.get(stock)
    if material is None or file not in _FILES:
        raise NotFound(msg("Labels come in these sizes: {sizes}.", sizes=", ".join(STOCKS)))
    label = Label(
        title=f"{ticket.unit.model.name} {ticket.unit.serial}",
        identity=tickets.label(ticket),
        url=_start(request) + tickets.page(ticket),
    )
    is_pdf = file == "pdf"
    content = labels.pdf([label], material) if is_pdf else labels.zpl(label, material).encode()
    return FileOut.of(content, name=f"label.{file}", media_type=_FILES[file])


@router.post("/{number}/receipt", status_code=201, responses=refusals_of_writing(404))
def make_ticket_receipt(
    request: Request, session: WriteSession, actor: ApiWriting, *, number: _Number
) -> ReceiptOut:
    """A fresh key to the ticket’s public page, and the receipt that carries it. It is not kept for
    a repetition: each call makes another key.
    """
    actor.require("service.intake")
    ticket = asked_ticket(session, actor, number)
    url = f"{_start(request)}/s/{links.new(session, actor, ticket)}"
    pdf = papers.receipt(session, ticket, url=url)
    name = f"{tickets.label(ticket)}-receipt.pdf"
    return ReceiptOut(url=url, receipt=FileOut.of(pdf, name=name, media_type=_PDF))


def _start(request: Request) -> str:
    return str(request.app.state.settings.public_url).rstrip("/")
