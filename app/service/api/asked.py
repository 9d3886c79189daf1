"""Which ticket an address or a body names."""

from sqlalchemy.orm import Session

from app.kernel.actor import Actor
from app.kernel.errors import NotFound
from app.kernel.text import msg
from app.service import tickets
from app.service.models import Ticket

_MOST_DIGITS = 9


def asked_ticket(session: Session, actor: Actor, text: str, *, field: str | None = None) -> Ticket:
    """`T-12`, or 12; raises NotFound."""
    digits = text.strip().upper().removeprefix("T-")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= _MOST_DIGITS):
        raise NotFound(
            msg("There is no ticket {number} in this store.", number=text[:20]), field=field
        )
    return tickets.by_number(session, actor, int(digits))
