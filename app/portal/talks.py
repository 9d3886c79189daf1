"""Messages between a customer and the store about a repair: written once, read, answered.

They stand apart from the notes among staff (`service.notes`), which no customer ever sees.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import bindparam, func, select, update
from sqlalchemy.orm import Session

from app.kernel import audit, clock
from app.kernel.actor import Actor
from app.kernel.db import add_if_new
from app.kernel.errors import Refused, TooMany
from app.kernel.filestore import FileStore
from app.kernel.text import msg
from app.portal import notices
from app.portal.talk_models import TalkMessage
from app.service import photos, tickets
from app.service.models import Ticket
from app.service.photos import Taken
from app.service.states import PhotoStage
from app.web.forms import Reading

LONGEST = 2_000
MOST_PHOTOS = 12
_LONGEST_TOKEN = 64
# Of one repair's customer in an hour: more is no conversation.
_MOST_AN_HOUR = 20
_HOUR = timedelta(hours=1)
# What a customer's message does: it adds to the ticket, and changes nothing of it.
_MAY = frozenset({"service.intake"})
_OF_TICKET = (
    select(TalkMessage)
    .where(TalkMessage.ticket_id == bindparam("ticket_id"))
    .order_by(TalkMessage.id)
)


@dataclass(frozen=True, slots=True)
class Said:
    """A message as it is shown; `photos` are the ids of what came with it and is still there."""

    message: TalkMessage
    photos: tuple[int, ...]

    @property
    def first_name(self) -> str:
        """Of whoever of the store wrote it."""
        return self.message.by.partition(" ")[0]


def write(
    session: Session,
    ticket: Ticket,
    *,
    text: str,
    pictures: Sequence[bytes] = (),
    token: str,
    files: FileStore | None,
) -> TalkMessage | None:
    """The customer's message; None where the same form has said it already.

    Raises Invalid or Refused at `text` or `photos`, TooMany for a flood.
    """
    seen = Reading()
    said = seen.text("text", text, most=LONGEST, required=not pictures)
    seen.done()
    if not 0 < len(token) <= _LONGEST_TOKEN:
        raise Refused(msg("Please send this again from its page."), field="form")
    if _is_there(session, ticket, token):
        return None
    _check_flood(session, ticket)
    kept = _keep_photos(session, ticket, pictures, files=files)
    return _add(session, ticket, text=said, photo_ids=kept, by="", token=token)


def answer(session: Session, actor: Actor, ticket: Ticket, *, text: str, token: str) -> None:
    """The store's message: the customer's are read with it, and they are told by mail or text.

    Raises Invalid at `text`.
    """
    actor.require("service.intake")
    seen = Reading()
    said = seen.text("text", text, most=LONGEST, required=True)
    seen.done()
    made = _add(session, ticket, text=said, photo_ids=(), by=actor.name, token=token)
    if made is None:
        return
    note_read(session, actor, ticket)
    audit.record(
        session,
        actor,
        "ticket.answered",
        subject=tickets.reference(ticket),
        after={"message": made.id},
    )
    notices.store_answered(session, ticket, mark=made.id, words=said)


def note_read(session: Session, actor: Actor, ticket: Ticket) -> int:
    """Somebody of the store has read what the customer wrote; how many messages that were."""
    actor.require("service.intake")
    read = session.execute(
        update(TalkMessage)
        .where(
            TalkMessage.ticket_id == ticket.id,
            TalkMessage.from_customer,
            TalkMessage.read_at.is_(None),
        )
        .values(read_at=clock.now(), read_by=actor.name)
        .returning(TalkMessage.id)
    )
    return len(read.all())


def of_ticket(session: Session, ticket: Ticket) -> list[Said]:
    """The whole conversation, the oldest first."""
    rows = session.scalars(_OF_TICKET, {"ticket_id": ticket.id}).all()
    there: set[int] = set()
    if any(row.photos != "[]" for row in rows):
        there = {photo.id for photo in photos.of_ticket(session, ticket)}
    return [Said(row, tuple(one for one in json.loads(row.photos) if one in there)) for row in rows]


def unread(session: Session, ticket_ids: Sequence[int]) -> Mapping[int, int]:
    """How many messages of customers nobody has read yet, by ticket; those with none are left."""
    rows = session.execute(
        select(TalkMessage.ticket_id, func.count())
        .where(
            TalkMessage.ticket_id.in_(ticket_ids),
            TalkMessage.from_customer,
            TalkMessage.read_at.is_(None),
        )
        .group_by(TalkMessage.ticket_id)
    )
    return {ticket_id: count for ticket_id, count in rows}  # noqa: C416 - a row is no pair


def photos_left(session: Session, ticket: Ticket) -> int:
    """How many more pictures the customer may send."""
    sent = session.scalars(
        select(TalkMessage.photos).where(
            TalkMessage.ticket_id == ticket.id, TalkMessage.photos != "[]"
        )
    )
    return max(0, MOST_PHOTOS - sum(len(json.loads(one)) for one in sent))


def panel_wait(session: Session, actor: Actor, ticket: Ticket) -> Mapping[str, object]:  # noqa: ARG001
    """On the ticket's page they are fetched when it is there: it asks enough as it is."""
    return {}


def panel(session: Session, actor: Actor, ticket: Ticket) -> Mapping[str, object]:
    """What staff see of it on the ticket's page."""
    rows = of_ticket(session, ticket)
    waiting = sum(row.message.from_customer and row.message.read_at is None for row in rows)
    return {
        "rows": rows,
        "unread": waiting,
        "may": actor.may("service.intake"),
        "reachable": ticket.customer_id is not None,
        "most": LONGEST,
    }


def customer_of(ticket: Ticket) -> Actor:
    """Whoever holds a key to the ticket's page, as one who writes there."""
    return Actor(
        store_id=ticket.store_id,
        name="customer",
        role="customer",
        permissions=_MAY,
        role_label=msg("Customer"),
    )


def _keep_photos(
    session: Session, ticket: Ticket, pictures: Sequence[bytes], *, files: FileStore | None
) -> tuple[int, ...]:
    if not pictures or files is None:
        return ()
    left = photos_left(session, ticket)
    if len(pictures) > left:
        raise Refused(
            msg(
                "At most {most} pictures can be sent for one repair; {left} more are possible.",
                most=MOST_PHOTOS,
                left=left,
            ),
            field="photos",
        )
    rows = photos.add(
        session,
        customer_of(ticket),
        ticket,
        pictures,
        Taken(PhotoStage.INTAKE, is_shared=True),
        files=files,
    )
    return tuple(row.id for row in rows)


def _check_flood(session: Session, ticket: Ticket) -> None:
    lately = session.scalar(
        select(func.count())
        .select_from(TalkMessage)
        .where(
            TalkMessage.ticket_id == ticket.id,
            TalkMessage.from_customer,
            TalkMessage.at > clock.now() - _HOUR,
        )
    )
    if (lately or 0) >= _MOST_AN_HOUR:
        raise TooMany(
            msg("These are many messages for one hour. Please call us, or write again later."),
            retry_after_s=int(_HOUR.total_seconds()),
        )


def _is_there(session: Session, ticket: Ticket, token: str) -> bool:
    there = select(TalkMessage.id).where(
        TalkMessage.ticket_id == ticket.id, TalkMessage.token == token
    )
    return session.scalar(there) is not None


def _add(
    session: Session,
    ticket: Ticket,
    *,
    text: str,
    photo_ids: tuple[int, ...],
    by: str,
    token: str,
) -> TalkMessage | None:
    values = {
        "ticket_id": ticket.id,
        "from_customer": not by,
        "text": text,
        "photos": json.dumps(photo_ids),
        "at": clock.now(),
        "by": by,
        "token": token,
        "read_by": "",
    }
    return add_if_new(session, TalkMessage, values, key=("ticket_id", "token"))
