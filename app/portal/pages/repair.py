"""A repair's public page, where the code on the receipt leads: for its customer, without login.

Everything works without a script. Reading pages only read.
"""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from sqlalchemy.orm import Session
from starlette.datastructures import UploadFile
from starlette.responses import RedirectResponse, Response

from app.kernel.errors import StoreError
from app.kernel.uploads import JPEG, MOST_BYTES
from app.payments import links as paymentlinks
from app.payments import stripe_gate
from app.portal import repairpapers, repairview, talks
from app.portal.pages.opening import act, opened, private, start_of
from app.service import billing, photos, tickets
from app.service.models import Ticket
from app.service.payers import PAYER_LABELS, Payer
from app.stores import desk
from app.web.errors import status_of
from app.web.files import file_response, files_of
from app.web.forms import problems_of
from app.web.i18n import language_of, speech
from app.web.rendering import render
from app.web.sessions import ReadSession, database_of
from app.web.unlisted import unlisted
from app.web.wire import RowId

router = APIRouter(prefix="/s")

_LONGEST = 400_000
_PAYS_WITHIN_DAYS = 1


class Sent:
    """A message as it was sent, whatever its length; pictures are read up to one byte too many."""

    def __init__(self, text: str, token: str, pictures: list[bytes]) -> None:
        self.text, self.token, self.pictures = text, token, pictures


async def read_sent(request: Request) -> Sent:
    form = await request.form()
    text, token = form.get("text"), form.get("token")
    sent = [one for one in form.getlist("photos") if not isinstance(one, str) and one.filename]
    return Sent(
        text[:_LONGEST] if isinstance(text, str) else "",
        token if isinstance(token, str) else "",
        [await _read(one) for one in sent[: talks.MOST_PHOTOS + 1]],
    )


@router.get("/{token}")
def show_repair(request: Request, session: ReadSession, *, token: str) -> Response:
    """How far the repair is, until when it was promised, why it waits, and what to do."""
    return page(request, session, token, opened(request, session, token))


@router.get("/{token}/photos/{photo_id}")
def show_photo(request: Request, session: ReadSession, *, token: str, photo_id: RowId) -> Response:
    """A picture that was marked for the customer; any other is none, as a wrong key is none."""
    ticket = opened(request, session, token)
    photo = photos.shared_by_id(session, ticket, photo_id)
    content = files_of(request).get(photo.sha256)
    answer = file_response(content, media_type=JPEG, name=f"{tickets.label(ticket)}-{photo.id}")
    return unlisted(answer)


@router.get("/{token}/papers/{key}.pdf")
def show_paper(request: Request, session: ReadSession, *, token: str, key: str) -> Response:
    """Receipt, protocol, certificate or invoice of this repair."""
    ticket = opened(request, session, token)
    made, name = repairpapers.pdf(
        session,
        ticket,
        key,
        language=language_of(request),
        url=f"{start_of(request)}/s/{token}",
    )
    headers = {"Content-Disposition": f'inline; filename="{name}.pdf"'}
    return unlisted(Response(made, media_type="application/pdf", headers=headers))


@router.post("/{token}/messages")
def write_message(
    request: Request, session: ReadSession, *, token: str, sent: Annotated[Sent, Depends(read_sent)]
) -> Response:
    """What the customer writes, with pictures. The same form twice says it once."""

    def write(own: Session, ticket: Ticket) -> None:
        talks.write(
            own,
            ticket,
            text=sent.text,
            pictures=sent.pictures,
            token=sent.token,
            files=files_of(request),
        )

    ticket = opened(request, session, token)
    try:
        act(request, session, ticket, token, write)
    except StoreError as refusal:
        ticket = opened(request, session, token)
        return page(request, session, token, ticket, typed=sent.text, refusal=refusal)
    return private(RedirectResponse(f"/s/{token}#messages", 303))


@router.post("/{token}/pay")
def pay(request: Request, session: ReadSession, *, token: str) -> Response:
    """To the page where what is due is paid by card, and from there back here."""

    def begin(own: Session, ticket: Ticket) -> str:
        actor = talks.customer_of(ticket)
        bill = billing.owed(own, ticket).bill
        if bill is None or not billing.owed(own, ticket).is_recognised:
            bill = billing.raise_bill(own, actor, ticket)
        return paymentlinks.make(own, actor, bill, days=_PAYS_WITHIN_DAYS, back_to=f"/s/{token}")

    ticket = opened(request, session, token)
    try:
        key = act(request, session, ticket, token, begin)
    except StoreError as refusal:
        return page(request, session, token, opened(request, session, token), refusal=refusal)
    return private(RedirectResponse(f"/pay/{key}", 303))


def page(
    request: Request,
    session: Session,
    token: str,
    ticket: Ticket,
    *,
    typed: str = "",
    refusal: StoreError | None = None,
) -> Response:
    """The page; refused, with what was typed and what is wrong with it."""
    store = desk.store_of(session, ticket.store_id)
    repair = repairview.view(
        session, ticket, takes_cards=stripe_gate.is_connected(database_of(request))
    )
    answer = render(
        request,
        "portal/repair.html",
        status=status_of(refusal) if refusal else 200,
        speech=speech(language_of(request), store.zone),
        store=store,
        repair=repair,
        told=repair.told,
        is_written_to=ticket.customer_id is not None,
        asked=repair.asked,
        here=f"/s/{token}",
        path=f"/s/{token}",  # where the choice of a language comes back to
        customer=Payer.CUSTOMER,
        payers=PAYER_LABELS,
        most=talks.LONGEST,
        typed=typed,
        open_still=False,
        problems=problems_of(refusal) if refusal else {},
    )
    return private(answer)


async def _read(sent: UploadFile) -> bytes:
    return await sent.read(MOST_BYTES + 1)
