"""Pictures of parts: what a clerk compares with what lies in the hand."""

from collections.abc import Iterator

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.kernel import audit, clock
from app.kernel.actor import Actor
from app.kernel.errors import Conflict, NotFound, Refused
from app.kernel.filestore import FileStore
from app.kernel.searchkeys import clean
from app.kernel.text import msg
from app.kernel.uploads import read_photo, small_copy
from app.parts.catalogue_models import PartPicture
from app.parts.models import Part

_MOST = 12
_LONGEST_ALT = 200
_PREVIEW_PX = 320


def add(
    session: Session, actor: Actor, part: Part, data: bytes, *, alt: str, files: FileStore
) -> PartPicture:
    """A picture with what it shows in words; raises Refused for what is no picture."""
    actor.require("parts.edit")
    said = clean(alt).replace("\n", " ") or part.name
    if len(said) > _LONGEST_ALT:
        raise Refused(msg("At most {most} characters fit here.", most=_LONGEST_ALT), field="alt")
    last = session.execute(
        select(func.count(), func.max(PartPicture.position)).where(PartPicture.part_id == part.id)
    ).one()
    if last[0] >= _MOST:
        raise Refused(msg("A part has at most {most} pictures.", most=_MOST), field="picture")
    photo = read_photo(data, field="picture")
    sha256 = files.put(photo.content)
    twin = select(PartPicture.id).where(
        PartPicture.part_id == part.id, PartPicture.sha256 == sha256
    )
    if session.scalar(twin):
        raise Conflict(msg("This picture is here already."), field="picture")
    made = PartPicture(
        part_id=part.id,
        position=(last[1] or 0) + 1,
        sha256=sha256,
        preview_sha256=files.put(small_copy(photo, most_px=_PREVIEW_PX).content),
        alt=said,
        added_at=clock.now(),
        added_by=actor.name,
    )
    session.add(made)
    session.flush()
    audit.record(
        session,
        actor,
        "part.picture_added",
        subject=f"part:{part.number}",
        after={"sha256": sha256, "alt": said},
    )
    return made


def remove(session: Session, actor: Actor, picture: PartPicture) -> None:
    """Off the part's page; the file itself stays, for others may show the same."""
    actor.require("parts.edit")
    part = session.get_one(Part, picture.part_id)
    session.delete(picture)
    session.flush()
    audit.record(
        session,
        actor,
        "part.picture_removed",
        subject=f"part:{part.number}",
        before={"sha256": picture.sha256, "alt": picture.alt},
    )


def by_id(session: Session, actor: Actor, picture_id: int) -> PartPicture:
    found = session.scalar(
        select(PartPicture)
        .join(Part, Part.id == PartPicture.part_id)
        .where(PartPicture.id == picture_id, Part.store_id == actor.store_id)
    )
    if found is None:
        raise NotFound(msg("There is no such picture."))
    return found


def of_part(session: Session, part_id: int) -> list[PartPicture]:
    return list(
        session.scalars(
            select(PartPicture)
            .where(PartPicture.part_id == part_id)
            .order_by(PartPicture.position, PartPicture.id)
        )
    )


def file_breaches(session: Session, files: FileStore) -> Iterator[str]:
    """Pictures whose files are not as they were put there."""
    for picture in session.scalars(select(PartPicture).order_by(PartPicture.id)):
        for sha256 in (picture.sha256, picture.preview_sha256):
            trouble = files.trouble_with(sha256)
            if trouble is not None:
                yield f"parts: picture {picture.id}: file {sha256[:12]} is {trouble}"
