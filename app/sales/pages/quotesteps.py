"""What becomes of a quote: sent, read by its link, accepted here, written anew, withdrawn."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from app.identity.guard import Acting
from app.kernel.errors import StoreError
from app.kernel.quantity import document_number
from app.kernel.signatures import read_signature
from app.sales import accepting, quotelinks, quotes
from app.sales.forms import ReasonForm
from app.sales.pages.quotes import acted, quote_page, write_terms
from app.sales.quote_models import Quote
from app.sales.quoteforms import NameForm, TermsForm
from app.settings import Settings
from app.web.forms import StoreForm
from app.web.idempotent import once
from app.web.rendering import is_htmx
from app.web.sessions import WriteSession
from app.web.wire import Number

router = APIRouter(prefix="/sales/quotes")


@router.post("/{number}/send")
@once
def send(
    request: Request,
    session: WriteSession,
    actor: Acting,
    number: Number,
    form: Annotated[TermsForm, Form()],
) -> Response:
    """Its button stands in the form of the terms: what was typed there is sent, and not lost."""

    def act(quote: Quote) -> None:
        if form.valid_until:
            write_terms(session, actor, quote, form)
        quotes.send(session, actor, quote)

    answer = acted(request, session, actor, number, act=act, refused=("terms", form))
    if is_htmx(request) and answer.status_code == HTTPStatus.OK:
        # a page of its own: the button that had the focus is no more
        return Response(status_code=204, headers={"HX-Redirect": f"/sales/quotes/{number}"})
    return answer


@router.post("/{number}/revise")
@once
def revise(
    request: Request,
    session: WriteSession,
    actor: Acting,
    number: Number,
    form: Annotated[StoreForm, Form()],
) -> Response:
    def act(quote: Quote) -> None:
        quotes.revise(session, actor, quote)

    return acted(request, session, actor, number, act=act, refused=("steps", form))


@router.post("/{number}/withdraw")
@once
def withdraw(
    request: Request,
    session: WriteSession,
    actor: Acting,
    number: Number,
    form: Annotated[ReasonForm, Form()],
) -> Response:
    def act(quote: Quote) -> None:
        quotes.withdraw(session, actor, quote, reason=form.reason)

    return acted(request, session, actor, number, act=act, refused=("withdraw", form))


@router.post("/{number}/link")
def make_link(
    request: Request,
    session: WriteSession,
    actor: Acting,
    number: Number,
    form: Annotated[StoreForm, Form()],
) -> Response:
    """A new key to the customer's page, told this once; the one before opens nothing any more."""
    quote = quotes.by_number(session, actor, number)
    try:
        token = quotelinks.new(session, actor, quote)
    except StoreError as refusal:
        session.rollback()
        quote = quotes.by_number(session, actor, number)
        return quote_page(
            request, session, actor, quote, which="link", typed=form.typed(), refusal=refusal
        )
    settings: Settings = request.app.state.settings
    return quote_page(
        request, session, actor, quote, link=f"{settings.public_url.rstrip('/')}/o/{token}"
    )


@router.post("/{number}/link/revoke")
def revoke_link(
    request: Request,
    session: WriteSession,
    actor: Acting,
    number: Number,
    form: Annotated[StoreForm, Form()],
) -> Response:
    def act(quote: Quote) -> None:
        quotelinks.revoke(session, actor, quote)

    return acted(request, session, actor, number, act=act, refused=("link", form))


@router.post("/{number}/accept")
@once
def accept(
    request: Request,
    session: WriteSession,
    actor: Acting,
    number: Number,
    form: Annotated[NameForm, Form()],
) -> Response:
    """The customer says yes at the counter, by name or with a drawn signature."""
    quote = quotes.by_number(session, actor, number)
    try:
        order = accepting.accept(
            session,
            actor,
            quote,
            version=document_number(form.version) or 0,
            signed=read_signature(form.by, form.signature),
        )
    except StoreError as refusal:
        session.rollback()
        quote = quotes.by_number(session, actor, number)
        return quote_page(
            request, session, actor, quote, which="accept", typed=form.typed(), refusal=refusal
        )
    return RedirectResponse(f"/sales/{order.number}", 303)
