"""The customer's estimate, beside the status page: read, choose line by line, look over, send.

Whoever holds the key of the receipt may answer. Nothing needs a script.
"""

from typing import Any

from fastapi import APIRouter, Request
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from app.kernel import queueing
from app.kernel.actor import Actor
from app.kernel.errors import NotFound, StoreError
from app.kernel.text import msg
from app.service import decisions, estimate_queries, estimates, links, tickets, totals
from app.service.estimate_models import EstimateState, How
from app.service.estimateforms import ANSWER, APPROVED, DECLINED, read_answer
from app.service.estimates import Sheet
from app.service.models import Ticket
from app.service.payers import PAYER_LABELS, Payer
from app.service.states import TicketState
from app.stores import desk
from app.web.errors import status_of
from app.web.forms import problems_of
from app.web.i18n import language_of, speech
from app.web.rendering import render
from app.web.sessions import ReadSession, database_of
from app.web.submitted import Submitted

router = APIRouter(prefix="/s")

_PRIVATE = {
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex, nofollow",
    "Referrer-Policy": "same-origin",
}
# What the customer's word does: it decides, and moves the ticket by that.
_MAY = frozenset({"service.estimate", "service.work", "service.intake", "robots.view"})


@router.get("/{token}/estimate")
def show_estimate(
    request: Request, session: ReadSession, *, token: str, look: str = ""
) -> Response:
    """The version that was sent last, with what was decided of it. With `look` what was chosen, to
    be looked over before it is sent.
    """
    ticket = links.ticket_of(session, token)
    typed = dict(request.query_params)
    return _page(request, session, token, ticket, typed=typed, looks_over=bool(look))


@router.post("/{token}/estimate")
def answer(request: Request, session: ReadSession, *, token: str, form: Submitted) -> Response:
    """The decision. Only who holds a key comes to writing at all."""
    ticket = links.ticket_of(session, token)
    session.rollback()
    try:
        with database_of(request).transaction() as own:
            queueing.enter(own, ticket.store_id)
            _decide(own, links.ticket_of(own, token), form.values, link=f"/s/{token}/estimate")
    except StoreError as refusal:
        ticket = links.ticket_of(session, token)
        return _page(
            request, session, token, ticket, typed=form.values, looks_over=True, refusal=refusal
        )
    return RedirectResponse(f"/s/{token}/estimate", 303)


def _decide(session: Session, ticket: Ticket, typed: dict[str, str], *, link: str) -> None:
    said = read_answer(typed, how=How.LINK, noted_by="", link=link)
    actor = Actor(
        store_id=ticket.store_id,
        name=said.by.strip() or "customer",
        role="customer",
        permissions=_MAY,
        role_label=msg("Customer"),
    )
    # with robot and customer, as whoever hears of it expects
    ticket = tickets.by_id(session, actor, ticket.id)
    version = typed.get("version", "")
    wanted = int(version) if version.isdecimal() and len(version) < 6 else 0  # noqa: PLR2004
    estimate = estimates.by_version(session, ticket, wanted)
    decisions.decide(session, actor, Sheet(ticket, estimate), said)


def _page(
    request: Request,
    session: Session,
    token: str,
    ticket: Ticket,
    *,
    typed: dict[str, str] | None = None,
    looks_over: bool = False,
    refusal: StoreError | None = None,
) -> Response:
    shown = estimates.shown_to_customer(session, ticket)
    if shown is None:
        raise NotFound(msg("There is no estimate of this repair yet."), link=f"/s/{token}")
    is_asked = shown.state is EstimateState.SENT and ticket.state is TicketState.ESTIMATED
    store = desk.store_of(session, ticket.store_id)
    sheet = estimate_queries.view(session, ticket, shown)
    answers = _typed(sheet, typed or {})
    open_still = looks_over and not all(answers["chosen"].values())
    page = render(
        request,
        "portal/repair_estimate.html",
        status=status_of(refusal) if refusal else 200,
        speech=speech(language_of(request), store.zone),
        store=store,
        unit=ticket.unit,
        number=tickets.label(ticket),
        status_page=f"/s/{token}",
        here=f"/s/{token}/estimate",
        sheet=sheet,
        open_lines=sheet.undecided if is_asked else [],
        looks_over=looks_over and is_asked and not open_still,
        open_still=open_still,
        customer=Payer.CUSTOMER,
        payers=PAYER_LABELS,
        typed=answers,
        problems=problems_of(refusal) if refusal else {},
    )
    page.headers.update(_PRIVATE)
    return page


def _typed(sheet: estimate_queries.EstimateView, typed: dict[str, str]) -> dict[str, Any]:
    """What was chosen of each open line. Only what was approved before is chosen beforehand."""
    chosen = {}
    for row in sheet.undecided:
        said = typed.get(f"{ANSWER}{row.line.key}", "")
        before = APPROVED if row.approved_before else ""
        chosen[row.line.key] = said if said in {APPROVED, DECLINED} else before
    approved = [row for row in sheet.undecided if chosen[row.line.key] == APPROVED]
    return {
        "chosen": chosen,
        "by": typed.get("by", ""),
        "approved": approved,
        "pays": totals.sums(sheet.estimate, [row.line for row in approved]).of(Payer.CUSTOMER),
    }
