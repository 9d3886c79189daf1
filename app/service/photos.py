"""Pictures of a ticket: how the robot came in, what was found, what was done."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from app.kernel import audit, clock
from app.kernel.actor import Actor
from app.kernel.errors import Conflict, NotFound, Refused
from app.kernel.filestore import FileStore
from app.kernel.text import msg
from app.kernel.uploads import read_photo
from app.robots import bodies
from app.service import tickets
from app.service.models import Ticket, TicketPhoto
from app.service.states import PhotoStage
from app.web.forms import Reading

MOST_AT_ONCE = 12
_MOST = 120
_LONGEST_CAPTION = 200


@dataclass(frozen=True, slots=True)
class Taken:
    """What is said of a picture."""

    stage: PhotoStage
    slot_path: str = ""
    caption: str = ""
    is_shared: bool = False


def add(
    session: Session,
    actor: Actor,
    ticket: Ticket,
    pictures: Sequence[bytes],
    taken: Taken,
    *,
    files: FileStore,
    field: str = "photos",
) -> list[TicketPhoto]:
    """Keep pictures, all or none; each is written anew. Raises Refused or TooLarge at `field`."""
    actor.require("service.intake")
    tickets.require_open(ticket)
    seen = Reading()
    caption = seen.text("caption", taken.caption, most=_LONGEST_CAPTION)
    seen.done()
    if not pictures:
        raise Refused(msg("Please choose a file."), field=field)
    _check_number(session, ticket, len(pictures), field=field)
    slot_path = ""
    if taken.slot_path:
        slot_path = bodies.slot_called(session, ticket.unit, taken.slot_path).path
    kept = [read_photo(picture, field=field) for picture in pictures]
    rows = [
        TicketPhoto(
            ticket_id=ticket.id,
            sha256=files.put(picture.content),
            slot_path=slot_path,
            stage=taken.stage,
            caption=caption,
            is_shared=taken.is_shared,
            at=clock.now(),
            by=actor.name,
        )
        for picture in kept
    ]
    session.add_all(rows)
    session.flush()
    audit.record(
        session,
        actor,
        "ticket.photos_added",
        subject=tickets.reference(ticket),
        after={"photos": [row.sha256 for row in rows], "stage": taken.stage},
    )
    return rows


def add_kept(
    session: Session, actor: Actor, ticket: Ticket, hashes: Sequence[str], taken: Taken
) -> None:
    """Pictures that the house keeps already, and wrote anew when they came."""
    actor.require("service.intake")
    tickets.require_open(ticket)
    _check_number(session, ticket, len(hashes), field="photos")
    session.add_all(
        TicketPhoto(
            ticket_id=ticket.id,
            sha256=sha256,
            stage=taken.stage,
            caption=taken.caption,
            is_shared=taken.is_shared,
            at=clock.now(),
            by=actor.name,
        )
        for sha256 in hashes
    )
    session.flush()
    audit.record(
        session,
        actor,
        "ticket.photos_added",
        subject=tickets.reference(ticket),
        after={"photos": list(hashes), "stage": taken.stage},
    )


def remove(session: Session, actor: Actor, ticket: Ticket, photo_id: int) -> None:
    """Show a picture no more; that it was there stays on record."""
    actor.require("service.intake")
    tickets.require_open(ticket)
    photo = by_id(session, ticket, photo_id)
    if photo.removed_at is not None:
        raise Conflict(msg("This was withdrawn already."))
    photo.removed_at, photo.removed_by = clock.now(), actor.name
    session.flush()
    audit.record(
        session,
        actor,
        "ticket.photo_removed",
        subject=tickets.reference(ticket),
        before={"photo": photo.sha256},
    )


def by_id(session: Session, ticket: Ticket, photo_id: int) -> TicketPhoto:
    """A picture of this ticket; raises NotFound, also for one that was removed."""
    photo = session.get(TicketPhoto, photo_id)
    if photo is None or photo.ticket_id != ticket.id or photo.removed_at is not None:
        raise NotFound(msg("There is no such picture of this ticket."))
    return photo


def shared_of(session: Session, ticket: Ticket) -> list[TicketPhoto]:
    """What the customer may see of it."""
    return [photo for photo in of_ticket(session, ticket) if photo.is_shared]


def shared_by_id(session: Session, ticket: Ticket, photo_id: int) -> TicketPhoto:
    """The same for one; raises NotFound in the words of a wrong key."""
    photo = session.get(TicketPhoto, photo_id)
    if (
        photo is None
        or photo.ticket_id != ticket.id
        or photo.removed_at is not None
        or not photo.is_shared
    ):
        raise NotFound(msg("There is no repair at this address."))
    return photo


def of_ticket(session: Session, ticket: Ticket) -> list[TicketPhoto]:
    """What is to be seen, oldest first."""
    return list(session.scalars(_OF_TICKET, {"ticket_id": ticket.id}))


_OF_TICKET = (
    select(TicketPhoto)
    .where(TicketPhoto.ticket_id == bindparam("ticket_id"), TicketPhoto.removed_at.is_(None))
    .order_by(TicketPhoto.id)
)


def _check_number(session: Session, ticket: Ticket, more: int, *, field: str) -> None:
    if more > MOST_AT_ONCE:
        raise Refused(msg("At most {most} pictures at once.", most=MOST_AT_ONCE), field=field)
    there = session.scalar(
        select(func.count()).select_from(TicketPhoto).where(TicketPhoto.ticket_id == ticket.id)
    )
    if (there or 0) + more > _MOST:
        raise Refused(msg("A ticket has at most {most} pictures.", most=_MOST), field=field)
