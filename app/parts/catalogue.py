"""Parts by their numbers."""

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.kernel import audit
from app.kernel.actor import Actor
from app.kernel.errors import Conflict, NotFound, Refused
from app.kernel.searchkeys import clean, folded, like_pattern, search_key
from app.kernel.text import msg
from app.parts.models import Part

_LONGEST_NUMBER = 64
_LONGEST_NAME = 200


def add_part(session: Session, actor: Actor, *, number: str, name: str, gtin: str = "") -> Part:
    """A new part; raises Conflict when its number is taken in any writing."""
    number, name, gtin = clean(number), clean(name), clean(gtin)
    if not number or not name:
        raise Refused(
            msg("A part needs a number and a name."), field="number" if not number else "name"
        )
    if len(search_key(number)) > _LONGEST_NUMBER or len(number) > _LONGEST_NUMBER:
        raise Refused(
            msg("At most {most} characters fit here.", most=_LONGEST_NUMBER), field="number"
        )
    if len(name) > _LONGEST_NAME:
        raise Refused(msg("At most {most} characters fit here.", most=_LONGEST_NAME), field="name")
    if gtin and not (gtin.isascii() and gtin.isdigit() and len(gtin) in {8, 12, 13, 14}):
        raise Refused(msg("A GTIN has 8, 12, 13 or 14 digits."), field="gtin")
    key = search_key(number)
    taken = select(Part.id).where(Part.store_id == actor.store_id, Part.number_key == key)
    if session.scalar(taken):
        raise Conflict(msg("Part {number} is already here.", number=number), field="number")
    part = Part(
        store_id=actor.store_id,
        number=number,
        number_key=key,
        name=name,
        name_key=folded(name)[:_LONGEST_NAME],
        gtin=gtin,
    )
    session.add(part)
    session.flush()
    audit.record(session, actor, "part.added", subject=f"part:{number}", after={"name": name})
    return part


def by_id(session: Session, actor: Actor, part_id: int) -> Part:
    part = session.get(Part, part_id)
    if part is None or part.store_id != actor.store_id:
        raise NotFound(msg("There is no such part."))
    return part


def by_number(session: Session, actor: Actor, number: str) -> Part:
    part = session.scalar(
        select(Part).where(Part.store_id == actor.store_id, Part.number_key == search_key(number))
    )
    if part is None:
        raise NotFound(msg("No part {number}.", number=number))
    return part


def by_code(session: Session, actor: Actor, code: str) -> list[Part]:
    """Parts whose own number or GTIN is exactly this code; a number never means a row's id."""
    key = search_key(code)
    return list(
        session.scalars(
            select(Part)
            .where(
                Part.store_id == actor.store_id,
                Part.archived.is_(False),
                or_(Part.number_key == key, (Part.gtin == key) & (Part.gtin != "")),
            )
            .order_by(Part.id)
            .limit(5)
        )
    )


def find(session: Session, actor: Actor, text: str, *, most: int = 8) -> list[Part]:
    """Parts whose number or name contains `text`, in any writing."""
    wanted = folded(text)
    if not wanted:
        return []
    return list(
        session.scalars(
            select(Part)
            .where(
                Part.store_id == actor.store_id,
                Part.archived.is_(False),
                or_(
                    Part.name_key.like(like_pattern(wanted), escape="\\"),
                    Part.number_key.like(like_pattern(search_key(text)), escape="\\"),
                ),
            )
            .order_by(Part.name_key, Part.id)
            .limit(most)
        )
    )
