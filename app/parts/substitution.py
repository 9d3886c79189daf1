"""Parts that may stand in for others: approved by somebody, for a reason, until some day."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from app.kernel import audit, clock, words
from app.kernel.actor import Actor
from app.kernel.errors import Conflict, NotFound, Refused
from app.kernel.text import msg
from app.parts.catalogue_models import Substitution
from app.parts.fitplaces import ANYWHERE, Where, covers_slot, read_where
from app.parts.models import Part
from app.robots import makers
from app.robots.models import Unit
from app.robots.slot_models import Slot
from app.stores import desk

_LONGEST_REASON = 2_000


@dataclass(frozen=True, slots=True)
class Approval:
    """What is approved: why, where (empty: wherever the other fits), until which day."""

    reason: str
    model_id: int | None = None
    where: Where = ANYWHERE
    until: date | None = None


def approve(
    session: Session, actor: Actor, part: Part, *, instead_of: Part, approval: Approval
) -> Substitution:
    """`part` may be used where `instead_of` is asked for."""
    actor.require("stock.approve")
    if part.id == instead_of.id:
        raise Refused(msg("A part does not stand in for itself."), field="part")
    reason = words.why(approval.reason, most=_LONGEST_REASON)
    if approval.model_id is not None:
        makers.model_by_id(session, approval.model_id)
    today = desk.business_day_of(desk.store_of(session, actor.store_id))
    if approval.until is not None and approval.until < today:
        raise Refused(msg("This day is past."), field="until")
    where = read_where(approval.where)
    made = Substitution(
        store_id=actor.store_id,
        part_id=part.id,
        instead_of_id=instead_of.id,
        model_id=approval.model_id,
        slot_path=where.path,
        slot_class=where.slot_class,
        reason=reason,
        approved_at=clock.now(),
        approved_by=actor.name,
        until=approval.until,
    )
    session.add(made)
    session.flush()
    audit.record(
        session,
        actor,
        "substitution.approved",
        subject=f"part:{part.number}",
        after={
            "instead_of": instead_of.number,
            "model": approval.model_id,
            "slot": where.path or where.slot_class,
            "until": approval.until,
        },
        reason=reason,
    )
    return made


def withdraw(session: Session, actor: Actor, substitution: Substitution) -> None:
    """From now on it is not approved; what was fitted stays on record with it."""
    actor.require("stock.approve")
    if substitution.withdrawn_at is not None:
        raise Conflict(msg("This was withdrawn already."))
    substitution.withdrawn_at = clock.now()
    substitution.withdrawn_by = actor.name
    session.flush()
    part = session.get_one(Part, substitution.part_id)
    audit.record(
        session,
        actor,
        "substitution.withdrawn",
        subject=f"part:{part.number}",
        before={"id": substitution.id, "instead_of": substitution.instead_of_id},
    )


def by_id(session: Session, actor: Actor, substitution_id: int) -> Substitution:
    found = session.get(Substitution, substitution_id)
    if found is None or found.store_id != actor.store_id:
        raise NotFound(msg("There is no such approval."))
    return found


def allowed(
    session: Session,
    part: Part,
    instead_of: Part,
    at: datetime,
    *,
    unit: Unit | None = None,
    slot: Slot | None = None,
) -> Substitution | None:
    """The approval by which `part` may be used for `instead_of` at a moment, here; None without.

    Without robot and slot only one counts that holds everywhere.
    """
    for row in _of(session, [instead_of.id]):
        if row.part_id == part.id and _holds(session, row, at) and _is_for(row, unit, slot):
            return row
    return None


def approvals(session: Session, instead_of: Collection[int], at: datetime) -> list[Substitution]:
    """Approvals in force for any of these parts, wherever they hold; one statement."""
    return [row for row in _of(session, instead_of) if _holds(session, row, at)]


def here(
    approved: Iterable[Substitution], instead_of: Collection[int], *, unit: Unit, slot: Slot
) -> set[int]:
    """Of some approvals the parts that may be used for others of these in a slot."""
    return {
        row.part_id
        for row in approved
        if row.instead_of_id in instead_of and _is_for(row, unit, slot)
    }


def standing_in(
    session: Session, instead_of: Collection[int], at: datetime, *, unit: Unit, slot: Slot
) -> dict[int, Substitution]:
    """Approvals in force here for any of these parts, by the part that may be used."""
    approved = approvals(session, instead_of, at)
    return {row.part_id: row for row in approved if _is_for(row, unit, slot)}


def stands_in_for(
    session: Session, part: Part, at: datetime, *, unit: Unit, slot: Slot
) -> set[int]:
    """Parts for which this one is approved in this slot of this robot."""
    rows = session.scalars(select(Substitution).where(Substitution.part_id == part.id))
    return {
        row.instead_of_id for row in rows if _holds(session, row, at) and _is_for(row, unit, slot)
    }


def of_part(session: Session, part_id: int) -> list[Substitution]:
    """Approvals that name a part on either side, the newest first, withdrawn ones last."""
    rows = session.scalars(
        select(Substitution)
        .where((Substitution.part_id == part_id) | (Substitution.instead_of_id == part_id))
        .order_by(Substitution.id.desc())
        .options(
            joinedload(Substitution.part),
            joinedload(Substitution.instead_of),
            joinedload(Substitution.model),
        )
    )
    return sorted(rows, key=lambda row: row.withdrawn_at is not None)


def is_in_force(row: Substitution, *, today: date) -> bool:
    return row.withdrawn_at is None and (row.until is None or today <= row.until)


def _of(session: Session, instead_of: Collection[int]) -> list[Substitution]:
    return list(
        session.scalars(
            select(Substitution)
            .where(Substitution.instead_of_id.in_(instead_of))
            .order_by(Substitution.id)
        )
    )


def _holds(session: Session, row: Substitution, at: datetime) -> bool:
    if at < row.approved_at or (row.withdrawn_at is not None and at >= row.withdrawn_at):
        return False
    if row.until is None:
        return True
    return desk.business_day_of(desk.store_of(session, row.store_id), at) <= row.until


def _is_for(row: Substitution, unit: Unit | None, slot: Slot | None) -> bool:
    if row.model_id is not None and (unit is None or unit.model_id != row.model_id):
        return False
    if not (row.slot_path or row.slot_class):
        return True
    return slot is not None and covers_slot(Where(row.slot_path, row.slot_class), slot)
