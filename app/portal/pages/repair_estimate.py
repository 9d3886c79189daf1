"""The customer's estimate, beside the status page: read, choose line by line, look over, send.

Whoever holds the key of the receipt may answer. Nothing needs a script.
"""

from fastapi import APIRouter, Request
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from app.kernel.actor import Actor
from app.kernel.errors import NotFound, StoreError
from app.kernel.quantity import document_number
from app.kernel.text import msg
from app.portal import repairview
from app.portal.pages.opening import act, opened, private
from app.service import decisions, estimates, tickets
from app.service.decisions import Answer
from app.service.estimate_models import How
from app.service.estimateforms import read_answer
from app.service.estimates import Sheet
from app.service.models import Ticket
from app.service.payers import PAYER_LABELS, Payer
from app.stores import desk
from app.web.errors import status_of
from app.web.forms import problems_of
from app.web.i18n import language_of, speech
from app.web.rendering import render
from app.web.sessions import ReadSession
from app.web.submitted import Submitted

router = APIRouter(prefix="/s")

# What the customer's word does: it decides, and moves the ticket by that.
_MAY = frozenset({"service.estimate", "service.work", "service.intake", "robots.view"})


@router.get("/{token}/estimate")
def show_estimate(
    request: Request, session: ReadSession, *, token: str, look: str = ""
) -> Response:
    """The version that was sent last, with what was decided of it. With `look` what was chosen, to
    be looked over before it is sent.
    """
    ticket = opened(request, session, token)
    typed = dict(request.query_params)
    return _page(request, session, token, ticket, typed=typed, looks_over=bool(look))


@router.post("/{token}/estimate")
def answer(request: Request, session: ReadSession, *, token: str, form: Submitted) -> Response:
    """The decision. Only who holds a key comes to writing at all."""
    link = f"/s/{token}/estimate"
    ticket = opened(request, session, token)
    try:
        said = read_answer(form.values, how=How.LINK, noted_by="", link=link)
        act(
            request,
            session,
            ticket,
            token,
            lambda own, its: _decide(own, its, said, version=form.values.get("version", "")),
        )
    except StoreError as refusal:
        ticket = opened(request, session, token)
        return _page(
            request, session, token, ticket, typed=form.values, looks_over=True, refusal=refusal
        )
    return private(RedirectResponse(link, 303))


def _decide(session: Session, ticket: Ticket, said: Answer, *, version: str) -> None:
    actor = Actor(
        store_id=ticket.store_id,
        # not what was typed: the audit never forgets, and it might be a name of the staff's
        name="customer",
        role="customer",
        permissions=_MAY,
        role_label=msg("Customer"),
    )
    # with robot and customer, as whoever hears of it expects
    ticket = tickets.by_id(session, actor, ticket.id)
    estimate = estimates.by_version(session, ticket, document_number(version) or 0)
    decisions.decide(session, actor, Sheet(ticket, estimate), said)


def _page(
    request: Request,
    session: Session,
    token: str,
    ticket: Ticket,
    *,
    typed: dict[str, str],
    looks_over: bool = False,
    refusal: StoreError | None = None,
) -> Response:
    asked = repairview.asked_of(session, ticket, typed)
    if asked is None:
        raise NotFound(msg("There is no estimate of this repair yet."), link=f"/s/{token}")
    store = desk.store_of(session, ticket.store_id)
    page = render(
        request,
        "portal/repair_estimate.html",
        status=status_of(refusal) if refusal else 200,
        speech=speech(language_of(request), store.zone),
        store=store,
        unit=ticket.unit,
        number=tickets.label(ticket),
        here=f"/s/{token}",
        asked=asked,
        looks_over=looks_over and bool(asked.open_lines) and asked.is_chosen,
        open_still=looks_over and not asked.is_chosen,
        customer=Payer.CUSTOMER,
        payers=PAYER_LABELS,
        by=typed.get("by", ""),
        problems=problems_of(refusal) if refusal else {},
    )
    return private(page)
