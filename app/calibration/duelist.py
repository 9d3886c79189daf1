"""Robots to be calibrated: by their day, by their hours, by what happened to them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Row, Select, SQLColumnExpression, func, select, tuple_
from sqlalchemy.orm import Session, joinedload

from app.calibration.procedure_models import Procedure
from app.calibration.standing import SOON_DAYS, SOON_HOURS
from app.calibration.validity_models import CalibrationDemand, Validity
from app.customers.models import Customer
from app.kernel.actor import Actor
from app.kernel.errors import Refused
from app.kernel.text import Text, msg
from app.robots import timeline
from app.robots.counters import SECONDS_PER_HOUR
from app.robots.meters import total_of
from app.robots.models import Ownership, Unit
from app.robots.slot_models import Counter
from app.stores import desk
from app.web import paging
from app.web.paging import Page

MOST_DAYS = 366
_MOST_RECALLED = 10_000


class By(StrEnum):
    """What makes it due."""

    EVENT = "event"
    DATE = "date"
    HOURS = "hours"


BY_LABELS: dict[By, Text] = {
    By.EVENT: msg("Something happened"),
    By.DATE: msg("By their day"),
    By.HOURS: msg("By their hours"),
}


@dataclass(frozen=True, slots=True)
class DueRow:
    """A robot and a procedure with how many of its targets are due; `since` or `on` says when."""

    unit: Unit
    procedure: Procedure
    by: By
    targets: int
    since: datetime | None = None
    on: date | None = None
    hours: int | None = None
    hours_now: int | None = None
    why: Text | None = None
    reference: str = ""

    @property
    def is_late(self) -> bool:
        return self.by is By.EVENT or (
            self.hours is not None and self.hours_now is not None and self.hours_now >= self.hours
        )


@dataclass(frozen=True, slots=True)
class Recall:
    """A row for calling a robot in: whose it is, if it is somebody's."""

    row: DueRow
    owner: Customer | None


def listed(
    session: Session,
    actor: Actor,
    by: By,
    *,
    days: int = SOON_DAYS,
    cursor: str | None = None,
    most: int = paging.PAGE,
) -> Page[DueRow]:
    """One page, what waits longest first; at most four statements, however long the list is."""
    actor.require("calibration.view")
    if not 0 <= days <= MOST_DAYS:
        raise Refused(msg("Between 0 and {most} days.", most=MOST_DAYS), field="days")
    query, keys = _query(session, actor, by, days)
    if cursor:
        when, unit_id, procedure_id = paging.decode(cursor, _KINDS[by], int, int)
        after = (_read_key(by, when), int(unit_id), int(procedure_id))
        query = query.having(tuple_(*keys) > after)
    found = session.execute(query.limit(most + 1)).all()
    shown = found[:most]
    after_this = None
    if len(found) > most:
        last = shown[-1]
        when = last.due if by is By.HOURS else last.due.isoformat()
        after_this = paging.encode(when, last.unit_id, last.procedure_id)
    return Page(_rows(session, by, shown), after_this)


def recall(session: Session, actor: Actor, *, days: int = SOON_DAYS) -> Iterator[Recall]:
    """Everything that is due, with owners, for calling the robots in."""
    actor.require("customers.view")
    rows: list[DueRow] = []
    for by in By:
        rows.extend(listed(session, actor, by, days=days, most=_MOST_RECALLED).items)
    owners = _owners(session, {row.unit.id for row in rows})
    for row in rows:
        yield Recall(row, owners.get(row.unit.id))


_KINDS: dict[By, type] = {By.EVENT: str, By.DATE: str, By.HOURS: int}


def _read_key(by: By, when: str | int) -> datetime | date | int:
    try:
        if by is By.HOURS:
            return int(when)
        if by is By.DATE:
            return date.fromisoformat(str(when))
        return datetime.fromisoformat(str(when))
    except ValueError:
        raise Refused(
            msg("This page mark is not one of ours; start at the first page."), field="cursor"
        ) from None


def _query(
    session: Session, actor: Actor, by: By, days: int
) -> tuple[Select[*tuple[Any, ...]], tuple[SQLColumnExpression[Any], ...]]:
    """Grouped by robot and procedure, what is due first at the top; and the keys of the order."""
    row: type[CalibrationDemand | Validity] = CalibrationDemand if by is By.EVENT else Validity
    when = {
        By.EVENT: CalibrationDemand.at,
        By.DATE: Validity.due_on,
        By.HOURS: Validity.due_hours_s,
    }[by]
    keys: tuple[SQLColumnExpression[Any], ...] = (func.min(when), row.unit_id, row.procedure_id)
    query: Select[*tuple[Any, ...]] = (
        select(
            keys[0].label("due"),
            row.unit_id,
            row.procedure_id,
            func.count().label("targets"),
            func.max(row.id).label("newest"),
        )
        .where(row.store_id == actor.store_id)
        .group_by(row.unit_id, row.procedure_id)
        .order_by(*keys)
    )
    if by is By.EVENT:
        return query.where(CalibrationDemand.settled_at.is_(None)), keys
    query = query.where(Validity.ended_at.is_(None))
    if by is By.DATE:
        today = desk.business_day_of(desk.store_of(session, actor.store_id))
        return query.where(Validity.due_on <= today + timedelta(days=days)), keys
    ahead = SOON_HOURS * SECONDS_PER_HOUR
    hours = total_of(Counter.HOURS, Validity.unit_id, of=Validity)
    return query.where(Validity.due_hours_s <= hours + ahead), keys


def _rows(session: Session, by: By, found: Sequence[Row[Any]]) -> list[DueRow]:
    """The groups with robot and procedure, and what happened last or the hours now."""
    if not found:
        return []
    units = {
        unit.id: (unit, hours)
        for unit, hours in session.execute(
            select(Unit, total_of(Counter.HOURS, Unit.id, of=Unit))
            .where(Unit.id.in_({row.unit_id for row in found}))
            .options(joinedload(Unit.model), joinedload(Unit.maker))
        )
    }
    procedures = {
        one.id: one
        for one in session.scalars(
            select(Procedure).where(Procedure.id.in_({row.procedure_id for row in found}))
        )
    }
    demands = {}
    if by is By.EVENT:
        demands = {
            one.id: one
            for one in session.scalars(
                select(CalibrationDemand).where(
                    CalibrationDemand.id.in_({row.newest for row in found})
                )
            )
        }
    rows = []
    for row in found:
        unit, hours = units[row.unit_id]
        demand = demands.get(row.newest)
        rows.append(
            DueRow(
                unit=unit,
                procedure=procedures[row.procedure_id],
                by=by,
                targets=row.targets,
                since=row.due if by is By.EVENT else None,
                on=row.due if by is By.DATE else None,
                hours=row.due // SECONDS_PER_HOUR if by is By.HOURS else None,
                hours_now=hours // SECONDS_PER_HOUR,
                why=timeline.said(demand.why) if demand else None,
                reference=demand.reference if demand else "",
            )
        )
    return rows


def _owners(session: Session, unit_ids: set[int]) -> dict[int, Customer]:
    rows = session.execute(
        select(Ownership.unit_id, Customer)
        .join(Customer, Customer.id == Ownership.customer_id)
        .where(Ownership.unit_id.in_(unit_ids), Ownership.until.is_(None))
    )
    return {row.unit_id: row[1] for row in rows}
