"""What was written to customers, how each wants to be reached, and the link that stops it."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from app.customers import book
from app.customers.models import Customer
from app.identity import strangers
from app.identity.guard import Acting, SignedIn
from app.kernel import queueing
from app.kernel.actor import Actor
from app.kernel.errors import NotFound, Refused, StoreError
from app.kernel.text import msg
from app.messaging import choices, delivery, messages, queries
from app.messaging.models import Channel
from app.messaging.queries import FATE_LABELS, FATE_TONES, TOPIC_LABELS, Fate, MessageRow
from app.web.errors import status_of
from app.web.forms import StoreForm, Typed, problems_of
from app.web.idempotent import once
from app.web.rendering import render
from app.web.sessions import ReadSession, WriteSession, database_of
from app.web.unlisted import unlisted
from app.web.visitors import visitor_of
from app.web.wire import Number, RowId

router = APIRouter(tags=["pages"], include_in_schema=False)


class ChoiceForm(StoreForm):
    channel: Typed = ""
    stops_news: Typed = ""

    def chosen(self) -> Channel | None:
        if not self.channel:
            return None
        if self.channel not in set(Channel):
            raise Refused(msg("Choose one of these."), field="channel")
        return Channel(self.channel)


@router.get("/messages")
def list_messages(
    request: Request,
    session: ReadSession,
    actor: SignedIn,
    cursor: str | None = None,
    show: str = "",
) -> Response:
    fate = Fate(show) if show in set(Fate) else None
    page = queries.listed(session, actor, fate=fate, cursor=cursor)
    return render(
        request,
        "messaging/list.html",
        page=page,
        cursor=cursor,
        show=show if fate else "",
        fates=FATE_LABELS,
        topics=TOPIC_LABELS,
        channels=choices.CHANNEL_LABELS,
        missing=_missing(request),
    )


@router.get("/messages/choices/{number}")
def ask_choice(request: Request, session: ReadSession, actor: SignedIn, number: Number) -> Response:
    """How a customer wants to be reached."""
    actor.require("customers.edit")
    return _choice_page(request, session, actor, number)


@router.post("/messages/choices/{number}")
@once
def choose(
    request: Request,
    session: WriteSession,
    actor: Acting,
    number: Number,
    form: Annotated[ChoiceForm, Form()],
) -> Response:
    try:
        customer = book.by_number(session, actor, number)
        choices.choose(
            session,
            actor,
            customer,
            channel=form.chosen(),
            stops_news=bool(form.stops_news),
        )
    except StoreError as refusal:
        session.rollback()
        return _choice_page(request, session, actor, number, refusal=refusal)
    return RedirectResponse(f"/customers/{number}", 303)


@router.get("/messages/{message_id}")
def show_message(
    request: Request, session: ReadSession, actor: SignedIn, message_id: RowId
) -> Response:
    message = messages.by_id(session, actor, message_id)
    customer = book.by_id(session, actor, message.customer_id)
    return render(
        request,
        "messaging/message.html",
        row=MessageRow(message, customer),
        tones=FATE_TONES,
        topics=TOPIC_LABELS,
        channels=choices.CHANNEL_LABELS,
        has_way=delivery.has_way(database_of(request), message.channel),
    )


@router.post("/messages/{message_id}/again")
@once
def try_again(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: Acting,
    message_id: RowId,
    form: Annotated[StoreForm, Form()],  # noqa: ARG001 - carries the CSRF token
) -> Response:
    messages.try_again(session, actor, messages.by_id(session, actor, message_id))
    return RedirectResponse(f"/messages/{message_id}", 303)


@router.get("/u/{key}")
def ask_stop(request: Request, session: ReadSession, key: str) -> Response:
    """Where the link in a message leads: nothing is stopped by opening it."""
    customer = _whose(request, session, key)
    choice = choices.of(session, customer.id)
    is_stopped = choice is not None and choice.stopped_at is not None
    page = render(request, "messaging/stop.html", key=key, is_stopped=is_stopped)
    return unlisted(page)


@router.post("/u/{key}")
def stop(
    request: Request,
    session: ReadSession,
    key: str,
    form: Annotated[StoreForm, Form()],  # noqa: ARG001 - carries the CSRF token
) -> Response:
    """Nothing any more but what is about their own robot or money. Twice is once."""
    store_id = _whose(request, session, key).store_id
    session.rollback()
    with database_of(request).transaction() as own:
        queueing.enter(own, store_id)
        choices.stop(own, choices.customer_of_key(own, key))
    return unlisted(RedirectResponse(f"/u/{key}", 303))


def _whose(request: Request, session: Session, key: str) -> Customer:
    """Raises NotFound for whatever opens nothing, and counts it; TooMany after some of these."""
    try:
        return choices.customer_of_key(session, key)
    except NotFound:
        visitor = visitor_of(request)
        strangers.count_wrong(database_of(request), session, page="stop", visitor=visitor)
        raise


def _choice_page(
    request: Request,
    session: Session,
    actor: Actor,
    number: int,
    *,
    refusal: StoreError | None = None,
) -> Response:
    customer = book.by_number(session, actor, number)
    return render(
        request,
        "messaging/choice.html",
        status=status_of(refusal) if refusal else 200,
        customer=customer,
        choice=choices.of(session, customer.id),
        channels=choices.CHANNEL_LABELS,
        problems=problems_of(refusal) if refusal else {},
    )


def _missing(request: Request) -> list[Channel]:
    """By which ways nothing can go out: no server or folder is set up."""
    database = database_of(request)
    return [one for one in (Channel.MAIL, Channel.TEXT) if not delivery.has_way(database, one)]
