"""What the page of the work shows: lines with time and parts, clocks, safety, checks, the gate."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from app.kernel import clock
from app.kernel.actor import Actor
from app.kernel.text import Text
from app.robots.gate import Answer
from app.robots.slotnames import name_of
from app.service import (
    authorisations,
    estimates,
    jobrows,
    labour,
    linesdone,
    oldparts,
    operations,
    quality,
    release,
    safety,
)
from app.service.estimate_models import EstimateLine, LineKind
from app.service.estimates import KIND_LABELS
from app.service.jobrows import JobRows, Use
from app.service.models import Ticket
from app.service.oldparts import Lying
from app.service.operation_models import Operation, SafetyTick
from app.service.reserving import Standing
from app.service.states import TicketState
from app.service.work_models import (
    Labour,
    LineDone,
    QualityCheck,
    Release,
    SafetyConfirmation,
    WorkshopRules,
)
from app.stores.models import Store


@dataclass(frozen=True, slots=True)
class WorkLine:
    """An approved line at the bench. `minutes` have gone into it so far."""

    line: EstimateLine
    operation: Operation | None
    done: LineDone | None
    standing: Standing | None
    used: int
    minutes: int
    is_allowed: bool

    @property
    def kind(self) -> Text:
        return KIND_LABELS[self.line.kind]

    @property
    def is_part(self) -> bool:
        return self.line.kind is LineKind.PART

    @property
    def slot(self) -> Text | None:
        return name_of(self.line.slot_path) if self.line.slot_path else None

    @property
    def standard(self) -> int:
        return self.line.minutes * self.line.quantity

    @property
    def wants_parts(self) -> bool:
        return self.is_part and self.used < self.line.quantity


@dataclass(frozen=True, slots=True)
class Clock:
    """A clock that ran or runs: whose, on what, for how long."""

    row: Labour
    name: str
    second: str
    what: str
    minutes: int
    forgotten: bool


@dataclass(frozen=True, slots=True)
class Bench:
    lines: tuple[WorkLine, ...]
    clocks: tuple[Clock, ...]
    own: Labour | None
    needed: tuple[SafetyTick, ...]
    confirmed: dict[SafetyTick, SafetyConfirmation]
    uses: Sequence[Use]
    lying: tuple[Lying, ...]
    checks: Sequence[QualityCheck]
    has_work: bool
    questions: tuple[Answer, ...]
    release: Release | None
    own_work: bool
    may_check_own: bool

    @property
    def is_safe(self) -> bool:
        return all(tick in self.confirmed for tick in self.needed)

    @property
    def minutes(self) -> int:
        return sum(one.minutes * (2 if one.second else 1) for one in self.clocks)

    @property
    def standard(self) -> int:
        return sum(one.standard for one in self.lines)

    @property
    def is_done(self) -> bool:
        return all(one.done is not None for one in self.lines)

    @property
    def is_open(self) -> bool:
        return not any(answer.reasons for answer in self.questions)


def of_ticket(session: Session, actor: Actor, ticket: Ticket, people: dict[int, str]) -> Bench:
    """Everything at once; `people` are the store's staff, name by id."""
    now = clock.now()
    estimate = estimates.in_force(session, ticket)
    approved = linesdone.work_of(estimate)
    rows = jobrows.of_ticket(session, ticket)
    times = labour.times(rows.clocks, approved, now)
    by_code = operations.by_codes(
        session, ticket.store_id, {line.operation_code for line in approved}
    )
    lines = _lines(session, ticket, approved, by_code=by_code, actual=times.actual, rows=rows)
    lying = oldparts.lying(session, ticket)
    running = [name for row, name in rows.clocks if row.stopped_at is None]
    standing = release.Standing(
        undone=[one.line for one in lines if one.done is None],
        running=labour.told_running(running[0]) if running else None,
        lying=[one.issued for one in lying],
        passed=rows.checks.passed,
    )
    besides = _besides(session, actor, ticket)
    asked = ticket.state in {TicketState.CHECKING, TicketState.DECLINED, TicketState.IN_WORK}
    return Bench(
        lines=lines,
        clocks=tuple(_clocks(session, rows.clocks, approved, people, now)),
        own=besides.own,
        needed=tuple(safety.needed(by_code.values())),
        confirmed=rows.confirmed if ticket.state is TicketState.IN_WORK else {},
        uses=rows.uses,
        lying=tuple(lying),
        checks=rows.checks.rows,
        has_work=estimate is not None,
        questions=tuple(release.questions(session, actor, ticket, standing)) if asked else (),
        release=besides.release,
        own_work=besides.own_work,
        may_check_own=besides.may_check_own,
    )


@dataclass(frozen=True, slots=True)
class _Besides:
    """The last release; of who looks the clock and whether they worked here; the store's rule."""

    release: Release | None
    own: Labour | None
    own_work: bool
    may_check_own: bool


def _besides(session: Session, actor: Actor, ticket: Ticket) -> _Besides:
    """One statement."""
    last = select(func.max(Release.id)).where(Release.ticket_id == ticket.id).scalar_subquery()
    own_work = quality.has_worked(ticket, actor.staff_id)
    runs = and_(Labour.staff_id == actor.staff_id, Labour.stopped_at.is_(None))
    let_go, own, worked, may = session.execute(
        select(Release, Labour, own_work, WorkshopRules.may_check_own)
        .select_from(Store)
        .outerjoin(WorkshopRules, WorkshopRules.store_id == Store.id)
        .outerjoin(Release, Release.id == last)
        .outerjoin(Labour, runs)
        .where(Store.id == ticket.store_id)
    ).one()
    return _Besides(let_go, own, own_work=bool(worked), may_check_own=bool(may))


def _lines(
    session: Session,
    ticket: Ticket,
    approved: Sequence[EstimateLine],
    *,
    by_code: dict[str, Operation],
    actual: dict[str, int],
    rows: JobRows,
) -> tuple[WorkLine, ...]:
    used: dict[str, int] = defaultdict(int)
    for use, _, _ in rows.uses:
        used[use.line_key] += use.quantity
    forbidden = authorisations.unauthorised(session, ticket.store_id, by_code.values(), ticket.unit)
    shown = []
    for line in approved:
        operation = by_code.get(line.operation_code)
        shown.append(
            WorkLine(
                line=line,
                operation=operation,
                done=rows.done.get(line.key),
                standing=rows.needs.get(line.id),
                used=used.get(line.key, 0),
                minutes=actual.get(line.key, 0),
                is_allowed=operation is None or operation.id not in forbidden,
            )
        )
    return tuple(shown)


def _clocks(
    session: Session,
    rows: Sequence[tuple[Labour, str]],
    approved: Sequence[EstimateLine],
    people: dict[int, str],
    now: datetime,
) -> Sequence[Clock]:
    what = {line.key: line.description for line in approved}
    return [
        Clock(
            row=row,
            name=name,
            second=people.get(row.second_id or 0, ""),
            what=what.get(row.line_key, ""),
            minutes=labour.minutes_of(row, now),
            forgotten=row.stopped_at is None and labour.forgotten(session, row),
        )
        for row, name in rows
    ]
