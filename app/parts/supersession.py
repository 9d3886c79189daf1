"""Which part replaces which: A by B, B by C. Never in a ring, whichever way it comes in."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import Select, select, union
from sqlalchemy.orm import Session, aliased

from app.kernel import audit, clock, queueing, words
from app.kernel.actor import Actor
from app.kernel.errors import Conflict, NotFound, Refused
from app.kernel.text import msg
from app.parts import addresses
from app.parts.catalogue_models import Supersession
from app.parts.models import Part

_LONGEST_NOTE = 200


@dataclass(frozen=True, slots=True)
class Link:
    """A part in a chain, and how it came to replace the one before it."""

    part: Part
    by: Supersession | None


def replace(
    session: Session, actor: Actor, old: Part, new: Part, *, both_ways: bool, note: str = ""
) -> Supersession:
    """`new` replaces `old` from now on; both ways: `old` may still be used for `new`.

    Raises Conflict when `old` is replaced already, Refused when that would close a ring.
    """
    actor.require("parts.edit")
    queueing.enter(session, actor.store_id)
    if old.id == new.id:
        raise Refused(msg("A part does not replace itself."), field="successor")
    present = session.scalar(select(Supersession).where(Supersession.old_part_id == old.id))
    if present is not None:
        by = session.get_one(Part, present.new_part_id)
        raise Conflict(
            msg("{old} is replaced by {new} already. Take that back first.", old=old.number,
                new=by.number), field="successor", link=addresses.part_page(by.number)
        )  # fmt: skip
    onward = {row.new_part_id for row in _onward(session, [new.id]).values()}
    if old.id in onward:
        raise Refused(
            msg(
                "{new} is itself replaced by {old}, directly or over others. That would be a ring.",
                old=old.number,
                new=new.number,
            ),
            field="successor",
        )
    note = words.fitting(note, most=_LONGEST_NOTE, field="note")
    made = Supersession(
        old_part_id=old.id,
        new_part_id=new.id,
        both_ways=both_ways,
        note=note,
        made_at=clock.now(),
        made_by=actor.name,
    )
    session.add(made)
    session.flush()
    audit.record(
        session,
        actor,
        "part.replaced",
        subject=f"part:{old.number}",
        after={"by": new.number, "both_ways": both_ways, "note": note},
    )
    return made


def take_back(session: Session, actor: Actor, old: Part) -> None:
    """It was an error: `old` is not replaced."""
    actor.require("parts.edit")
    present = session.scalar(select(Supersession).where(Supersession.old_part_id == old.id))
    if present is None:
        raise NotFound(msg("{number} is not replaced by another part.", number=old.number))
    new = session.get_one(Part, present.new_part_id)
    session.delete(present)
    session.flush()
    audit.record(
        session,
        actor,
        "part.replacement_taken_back",
        subject=f"part:{old.number}",
        before={"by": new.number, "both_ways": present.both_ways, "note": present.note},
    )


def newest(session: Session, part_ids: Collection[int]) -> dict[int, int]:
    """The last part of each one's chain; parts that nothing replaces are left out."""
    onward = _onward(session, part_ids)
    found = {}
    for part_id in part_ids:
        last = part_id
        while last in onward:
            last = onward[last].new_part_id
        if last != part_id:
            found[part_id] = last
    return found


def chain(session: Session, part: Part) -> list[Link]:
    """What led to a part and what it led to, the oldest first; of several before it, the newest.

    One link when it neither replaces nor is replaced.
    """
    old, new = aliased(Part), aliased(Part)
    around = union(_steps_on([part.id]), _steps_before([part.id]))
    rows = session.execute(
        select(Supersession, old, new)
        .join(old, old.id == Supersession.old_part_id)
        .join(new, new.id == Supersession.new_part_id)
        .where(Supersession.id.in_(around))
        .order_by(Supersession.id)
    ).all()
    onward = {row[0].old_part_id: row for row in rows}
    before = {row[0].new_part_id: row for row in rows}
    links = [Link(part, None)]
    while links[-1].part.id in onward:
        step, _, successor = onward[links[-1].part.id]
        links.append(Link(successor, step))
    while links[0].part.id in before:
        step, former, _ = before[links[0].part.id]
        links[0] = Link(links[0].part, step)
        links.insert(0, Link(former, None))
    return links


def usable_for(session: Session, part_ids: Collection[int]) -> dict[int, set[int]]:
    """For each part those that may be used for it: its successors, and before it both ways."""
    onward = _onward(session, part_ids)
    usable: dict[int, set[int]] = {}
    for part_id in part_ids:
        at, found = part_id, set()
        while at in onward:
            at = onward[at].new_part_id
            found.add(at)
        usable[part_id] = found
    steps: dict[int, list[Supersession]] = {}
    for row in _all_before(session, part_ids):
        if row.both_ways:
            steps.setdefault(row.new_part_id, []).append(row)
    for part_id in part_ids:
        usable[part_id] |= _both_ways_before(steps, part_id)
    return usable


def stands_for(session: Session, part_id: int) -> set[int]:
    """Parts that this one may be used for: all that it replaces, and its successors both ways."""
    older = {row.old_part_id for row in _all_before(session, [part_id])}
    onward, at = _onward(session, [part_id]), part_id
    while at in onward and onward[at].both_ways:
        at = onward[at].new_part_id
        older.add(at)
    return older


def _onward(session: Session, part_ids: Collection[int]) -> dict[int, Supersession]:
    """Every step on from these parts, by the part that is replaced: one statement."""
    steps = _steps_on(part_ids)
    rows = session.scalars(select(Supersession).where(Supersession.id.in_(steps)))
    return {row.old_part_id: row for row in rows}


def _all_before(session: Session, part_ids: Collection[int]) -> list[Supersession]:
    """Every step that led to one of these parts: one statement."""
    steps = _steps_before(part_ids)
    return list(session.scalars(select(Supersession).where(Supersession.id.in_(steps))))


def _steps_on(part_ids: Collection[int]) -> Select[int]:
    start = (
        select(Supersession.id, Supersession.new_part_id)
        .where(Supersession.old_part_id.in_(part_ids))
        .cte("onward", recursive=True)
    )
    further = aliased(Supersession)
    steps = start.union(
        select(further.id, further.new_part_id).join(
            start, start.c.new_part_id == further.old_part_id
        )
    )
    return select(steps.c.id)


def _steps_before(part_ids: Collection[int]) -> Select[int]:
    start = (
        select(Supersession.id, Supersession.old_part_id)
        .where(Supersession.new_part_id.in_(part_ids))
        .cte("before", recursive=True)
    )
    former = aliased(Supersession)
    steps = start.union(
        select(former.id, former.old_part_id).join(start, start.c.old_part_id == former.new_part_id)
    )
    return select(steps.c.id)


def _both_ways_before(steps: Mapping[int, list[Supersession]], part_id: int) -> set[int]:
    """Older parts that lead to this one over `steps` that hold both ways."""
    found: set[int] = set()
    waiting = [part_id]
    while waiting:
        for row in steps.get(waiting.pop(), ()):
            found.add(row.old_part_id)
            waiting.append(row.old_part_id)
    return found
