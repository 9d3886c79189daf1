"""What must always hold of the catalogue of parts."""

from collections.abc import Iterator

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session, aliased

from app.kernel.searchkeys import bare_key, search_key
from app.parts.catalogue_models import NumberKind, PartNumber, PartText, Supersession
from app.parts.models import Balance, Part


def breaches(session: Session) -> Iterator[str]:
    yield from _keys_are_of_their_numbers(session)
    yield from _on_hand_is_what_lies_there(session)
    yield from _search_knows_every_number(session)
    yield from _gtins_name_one_part(session)
    yield from _successors_make_no_ring(session)


def _keys_are_of_their_numbers(session: Session) -> Iterator[str]:
    rows = session.execute(
        select(Part.number, Part.number_key, Part.bare_key).execution_options(yield_per=1000)
    )
    for number, number_key, bare in rows:
        # of two old numbers that differ by dashes alone, one keeps them in its key
        if number_key != search_key(number) or bare not in {bare_key(number), number_key}:
            yield f"parts: {number}: its search keys are not of this number"


def _on_hand_is_what_lies_there(session: Session) -> Iterator[str]:
    lying = (
        select(Balance.part_id, func.sum(Balance.quantity).label("quantity"))
        .where(Balance.pickable.is_(True))
        .group_by(Balance.part_id)
        .subquery()
    )
    there = func.coalesce(lying.c.quantity, 0)
    rows = session.execute(
        select(Part.number, Part.on_hand, there)
        .outerjoin(lying, lying.c.part_id == Part.id)
        .where(Part.on_hand != there)
        .order_by(Part.id)
    )
    for number, on_hand, quantity in rows:
        yield f"parts: {number}: {on_hand} on hand, but {quantity} lie in pickable places"


def _search_knows_every_number(session: Session) -> Iterator[str]:
    own = and_(PartText.part_id == Part.id, PartText.number_id.is_(None))
    lost = session.execute(
        select(Part.number)
        .outerjoin(PartText, own)
        .where(or_(PartText.key.is_(None), PartText.key != Part.bare_key + " " + Part.name_key))
    )
    for (number,) in lost:
        yield f"parts: {number}: a search does not know its number and name"
    further = session.execute(
        select(PartNumber.number)
        .outerjoin(PartText, PartText.number_id == PartNumber.id)
        .where(or_(PartText.key.is_(None), PartText.key != PartNumber.bare_key))
    )
    for (number,) in further:
        yield f"parts: further number {number}: a search does not know it"


def _gtins_name_one_part(session: Session) -> Iterator[str]:
    """A part's first GTIN, in whatever length, is no other part's further one."""
    longest = 14
    filled = func.substr("0" * longest + Part.gtin, func.length(Part.gtin) + 1, longest)
    rows = session.execute(
        select(Part.number, Part.gtin)
        .join(
            PartNumber,
            (PartNumber.store_id == Part.store_id)
            & (PartNumber.kind == NumberKind.GTIN)
            & (PartNumber.bare_key == filled)
            & (PartNumber.part_id != Part.id),
        )
        .where(Part.gtin != "")
    )
    for number, gtin in rows:
        yield f"parts: {number}: its GTIN {gtin} is another part's too"


def _successors_make_no_ring(session: Session) -> Iterator[str]:
    old, new = aliased(Part), aliased(Part)
    onward = {
        row[0]: (row[1], row[2])
        for row in session.execute(
            select(Supersession.old_part_id, Supersession.new_part_id, old.number)
            .join(old, old.id == Supersession.old_part_id)
            .join(new, new.id == Supersession.new_part_id)
        )
    }
    sound: set[int] = set()
    for first in onward:
        seen: list[int] = []
        at = first
        while at in onward and at not in sound and at not in seen:
            seen.append(at)
            at = onward[at][0]
        if at in seen:
            yield f"parts: {onward[at][1]} replaces itself over others"
        sound.update(seen)
