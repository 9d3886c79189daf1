"""All that was done on a ticket so far, in one statement: lines, confirmations, clocks, parts,
what is kept for it, checks.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

from sqlalchemy import and_, literal_column, select, union_all
from sqlalchemy.orm import Session, aliased, joinedload

from app.identity.models import Staff
from app.parts.models import Part
from app.robots.slot_models import Occupant
from app.service import quality, safety
from app.service.estimate_models import PartNeed
from app.service.models import Ticket
from app.service.operation_models import SafetyTick
from app.service.quality import Checks
from app.service.reserving import Standing
from app.service.work_models import Labour, LineDone, PartUse, QualityCheck, SafetyConfirmation

Use = tuple[PartUse, Part, Occupant | None]


class _Kind(IntEnum):
    DONE = 0
    CONFIRMED = 1
    CLOCK = 2
    USE = 3
    NEED = 4
    CHECK = 5


@dataclass(slots=True)
class JobRows:
    """Lines that are done by key, clocks with names and parts that went in, the oldest first."""

    done: dict[str, LineDone] = field(default_factory=dict)
    confirmed: dict[SafetyTick, SafetyConfirmation] = field(default_factory=dict)
    clocks: list[tuple[Labour, str]] = field(default_factory=list)
    uses: list[Use] = field(default_factory=list)
    needs: dict[int, Standing] = field(default_factory=dict)
    checks: Checks = field(default_factory=lambda: Checks([], None))


def of_ticket(session: Session, ticket: Ticket) -> JobRows:
    """Rows of six tables below each other: each row is one of them alone."""
    kinds = union_all(
        *(select(literal_column(str(int(kind))).label("kind")) for kind in _Kind)
    ).subquery("kinds")
    kind, here = kinds.c.kind, ticket.id
    used, needed = aliased(Part), aliased(Part)
    is_done = and_(LineDone.ticket_id == here, LineDone.reopened_at.is_(None))
    is_in = and_(PartUse.ticket_id == here, PartUse.undone_at.is_(None))
    is_kept = and_(PartNeed.ticket_id == here, PartNeed.ended_at.is_(None))
    checked = (QualityCheck, quality.handed_over(ticket))
    rows = session.execute(
        select(LineDone, SafetyConfirmation, Labour, Staff.name, PartUse, used, Occupant)
        .add_columns(PartNeed, needed, *checked)
        .select_from(kinds)
        .outerjoin(LineDone, and_(kind == _Kind.DONE, is_done))
        .outerjoin(SafetyConfirmation, and_(kind == _Kind.CONFIRMED, safety.holds(ticket)))
        .outerjoin(Labour, and_(kind == _Kind.CLOCK, Labour.ticket_id == here))
        .outerjoin(Staff, Staff.id == Labour.staff_id)
        .outerjoin(PartUse, and_(kind == _Kind.USE, is_in))
        .outerjoin(used, used.id == PartUse.part_id)
        .outerjoin(Occupant, Occupant.id == PartUse.occupant_id)
        .outerjoin(PartNeed, and_(kind == _Kind.NEED, is_kept))
        .outerjoin(needed, needed.id == PartNeed.part_id)
        .outerjoin(QualityCheck, and_(kind == _Kind.CHECK, QualityCheck.ticket_id == here))
        .order_by(Labour.id, PartUse.id, SafetyConfirmation.id, QualityCheck.id.desc())
        .options(joinedload(Occupant.component))
    )
    return _sorted(rows)


def _sorted(rows: Iterable[Any]) -> JobRows:
    found = JobRows()
    checks: list[QualityCheck] = []
    handed_over = None
    for done, confirmed, labour, name, use, part, stay, need, needed, check, at in rows:
        if done is not None:
            found.done[done.line_key] = done
        elif confirmed is not None:
            found.confirmed[confirmed.tick] = confirmed
        elif labour is not None:
            found.clocks.append((labour, name))
        elif use is not None:
            found.uses.append((use, part, stay))
        elif need is not None:
            found.needs[need.line_id] = Standing(need, needed)
        elif check is not None:
            checks.append(check)
        handed_over = at
    found.checks = Checks(checks, handed_over)
    return found
