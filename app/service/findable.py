"""Tickets by what is scanned: their number, their label, the code on a customer's receipt."""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from sqlalchemy.orm import Session

from app.kernel.actor import Actor
from app.kernel.errors import NotFound
from app.kernel.findable import Found
from app.service import links, queries
from app.service.models import Ticket

_NUMBER = re.compile(r"t-?0*([0-9]{1,9})", re.IGNORECASE)
_LABEL = re.compile(r"/service/tickets/([0-9]{1,9})(/.*)?")
_RECEIPT = re.compile(r"/s/([A-Za-z0-9_-]{20,100})")


def find(session: Session, actor: Actor, code: str) -> Iterator[Found]:
    """The ticket that a code names exactly; nothing is asked for a code of another shape."""
    if not actor.may("service.view"):
        return
    number = number_in(session, actor, code)
    for row in queries.numbered(session, actor, number) if number else ():
        yield Found(
            kind="ticket",
            label=row.label,
            detail=f"{row.title} · {row.model} {row.serial}",
            code=row.label,
            page=row.page,
        )


def number_in(session: Session, actor: Actor, code: str) -> int | None:
    """The number that a code says; None for a code that says none."""
    named = _NUMBER.fullmatch(code.strip())
    if named:
        return int(named[1])
    if not code.lower().startswith(("http://", "https://")):
        return None
    path = urlsplit(code).path
    if label := _LABEL.fullmatch(path):
        return int(label[1])
    if receipt := _RECEIPT.fullmatch(path):
        found = _by_receipt(session, receipt[1])
        return found.number if found and found.store_id == actor.store_id else None
    return None


def _by_receipt(session: Session, token: str) -> Ticket | None:
    try:
        return links.ticket_of(session, token)
    except NotFound:
        return None
