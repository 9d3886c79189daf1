"""The page behind a payment link: for whoever holds it, without a session, without a script."""

from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from app.kernel import queueing
from app.kernel.errors import StoreError
from app.kernel.text import Text
from app.payments import checkouts, links, linkview
from app.payments.models import Bill, Tender
from app.payments.states import LIVE
from app.settings import Settings
from app.web.errors import status_of
from app.web.forms import StoreForm, problems_of
from app.web.i18n import language_of, speech
from app.web.rendering import render
from app.web.sessions import ReadSession, database_of
from app.web.unlisted import unlisted

router = APIRouter()


@router.get("/pay/{key}")
def show_bill(request: Request, session: ReadSession, key: str, go: str = "") -> Response:
    """What is to be paid, or how the payment stands; `go`: on to the card service at once."""
    shown = linkview.for_customer(session, links.of_key(session, key))
    if not shown["is_online"]:
        return _page(request, session, key)
    attempt_id = shown["live"].id
    session.rollback()
    database = database_of(request)
    checkouts.refresh(database, attempt_id)
    address = ""
    if checkouts.is_live(database, attempt_id):
        address = _address(request, session, key, attempt_id)
    return _page(request, session, key, address=address, goes_on=bool(go and address))


@router.post("/pay/{key}")
def pay(
    request: Request,
    session: ReadSession,
    key: str,
    form: Annotated[StoreForm, Form()],  # noqa: ARG001 - carries the CSRF token
) -> Response:
    """Begin to pay, or go on where somebody has begun: one page of the card service at a time."""
    store_id = links.of_key(session, key).store_id
    session.rollback()
    try:
        with database_of(request).transaction() as own:
            queueing.enter(own, store_id)
            attempt_id = _begin(own, key)
        if attempt_id is not None:
            _address(request, session, key, attempt_id)
    except StoreError as refusal:
        problems = problems_of(refusal)
        return _page(request, session, key, problems=problems, status=status_of(refusal))
    return unlisted(RedirectResponse(f"/pay/{key}?go=1", 303))


def _begin(session: Session, key: str) -> int | None:
    """The attempt to pay what the link asks for; the one under way where there is one."""
    link = links.of_key(session, key)
    asks = links.asks(session, link)
    if links.is_over(link) or not asks:
        return None
    shown = linkview.for_customer(session, link)
    if shown["is_online"]:
        return int(shown["live"].id)
    bill = session.get_one(Bill, link.bill_id)
    return checkouts.start(session, bill, asks, by="payment link").id


def _address(request: Request, session: Session, key: str, attempt_id: int) -> str:
    """The card service's page for an attempt. Asks the service: no transaction is open here."""
    link = links.of_key(session, key)
    name = linkview.name_of(session, session.get_one(Bill, link.bill_id))
    session.rollback()
    settings: Settings = request.app.state.settings
    here = f"{settings.public_url.rstrip('/')}/pay/{key}"
    return checkouts.open_page(database_of(request), attempt_id, name=name, here=here)


def _page(
    request: Request,
    session: Session,
    key: str,
    *,
    address: str = "",
    goes_on: bool = False,
    problems: dict[str, Text] | None = None,
    status: int = 200,
) -> Response:
    session.rollback()
    link = links.of_key(session, key)
    shown: dict[str, Any] = linkview.for_customer(session, link)
    at_reader = (
        shown["live"] is not None
        and shown["live"].tender is not Tender.ONLINE
        and shown["live"].state in LIVE
    )
    page = render(
        request,
        "payments/pay.html",
        status=status,
        key=key,
        address=address,
        goes_on=goes_on,
        at_reader=at_reader,
        back_to=links.way_back(link, key),
        problems=problems or {},
        speech=speech(language_of(request), shown["store"].zone),
        **shown,
    )
    return unlisted(page)
