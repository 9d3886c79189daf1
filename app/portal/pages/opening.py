"""What all pages behind a repair's key share: who may open them, and what keeps them private."""

from collections.abc import Callable
from typing import TypeVar

from fastapi import Request
from sqlalchemy.orm import Session
from starlette.responses import Response

from app.identity import strangers
from app.kernel import queueing
from app.kernel.errors import NotFound
from app.service import links
from app.service.models import Ticket
from app.settings import Settings
from app.web.sessions import database_of
from app.web.unlisted import unlisted
from app.web.visitors import visitor_of

# Nobody guesses 256 bits; whoever tries often enough is a program.
_MOST_WRONG = 20
Done = TypeVar("Done")


def opened(request: Request, session: Session, token: str) -> Ticket:
    """The ticket that a key opens; a wrong key is counted, and all wrong ones look alike."""
    try:
        return links.ticket_of(session, token)
    except NotFound:
        strangers.count_wrong(
            database_of(request),
            session,
            page="repair",
            visitor=visitor_of(request),
            most=_MOST_WRONG,
        )
        raise


def act(
    request: Request,
    session: Session,
    ticket: Ticket,
    token: str,
    verb: Callable[[Session, Ticket], Done],
) -> Done:
    """Do something to the ticket that `opened` gave, in a transaction of its own: only who holds a
    key comes to it.
    """
    store_id = ticket.store_id
    session.rollback()
    with database_of(request).transaction() as own:
        queueing.enter(own, store_id)
        return verb(own, links.ticket_of(own, token))


def private(answer: Response) -> Response:
    """Unlisted; its forms need an origin, which a page without any referrer does not send."""
    unlisted(answer)
    answer.headers["Referrer-Policy"] = "same-origin"
    return answer


def start_of(request: Request) -> str:
    """The address under which customers reach this service."""
    settings: Settings = request.app.state.settings
    return settings.public_url.rstrip("/")
