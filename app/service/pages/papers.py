"""Paper of a ticket: receipt, job sheet, label."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.responses import Response

from app.identity import staff
from app.identity.guard import Acting, SignedIn
from app.kernel.errors import NotFound
from app.kernel.text import msg
from app.service import links, papers, tickets
from app.service.forms import BareForm
from app.service.models import Ticket
from app.service.pages.asked import asked_ticket
from app.settings import Settings
from app.web import labels
from app.web.i18n import language_of
from app.web.labels import STOCKS, Label
from app.web.sessions import ReadSession, WriteSession
from app.web.wire import Number

router = APIRouter(prefix="/service/tickets")

_DEFAULT_STOCK = "62x29"


@router.post("/{number}/receipt")
def print_receipt(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    number: Number,
    form: Annotated[BareForm, Form()],  # noqa: ARG001 - it carries the CSRF token
) -> Response:
    """The customer's receipt with a fresh key to the ticket's public page. Its answer is not kept
    for a repetition, since the key is in it.
    """
    actor.require("service.intake")
    ticket = asked_ticket(session, actor, number)
    token = links.new(session, actor, ticket)
    pdf = papers.receipt(session, ticket, url=f"{_start(request)}/s/{token}")
    return _pdf(pdf, f"{tickets.label(ticket)}-receipt.pdf")


@router.get("/{number}/job-sheet.pdf")
def print_job_sheet(
    request: Request, session: ReadSession, actor: SignedIn, *, number: Number
) -> Response:
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
    return _pdf(pdf, f"{tickets.label(ticket)}-job-sheet.pdf")


@router.get("/{number}/label.{kind}")
def print_label(
    request: Request,
    session: ReadSession,
    actor: SignedIn,
    *,
    number: Number,
    kind: str,
    stock: str = _DEFAULT_STOCK,
) -> Response:
    """The label that goes on the robot and on its box: a scan opens the ticket."""
    ticket = asked_ticket(session, actor, number)
    material = STOCKS.get(stock)
    if material is None:
        raise NotFound(msg("Labels come in these sizes: {sizes}.", sizes=", ".join(STOCKS)))
    label = _label(request, ticket)
    match kind:
        case "pdf":
            return _pdf(labels.pdf([label], material), "label.pdf")
        case "zpl":
            return _file(labels.zpl(label, material).encode(), "text/plain", "label.zpl")
    raise NotFound(msg("There are labels as pdf and zpl."))


def _label(request: Request, ticket: Ticket) -> Label:
    return Label(
        title=f"{ticket.unit.model.name} {ticket.unit.serial}",
        identity=tickets.label(ticket),
        url=_start(request) + tickets.page(ticket),
    )


def _start(request: Request) -> str:
    settings: Settings = request.app.state.settings
    return settings.public_url.rstrip("/")


def _pdf(data: bytes, name: str) -> Response:
    return _file(data, "application/pdf", name)


def _file(data: bytes, kind: str, name: str) -> Response:
    headers = {"Cache-Control": "no-store", "Content-Disposition": f'inline; filename="{name}"'}
    return Response(data, media_type=kind, headers=headers)
