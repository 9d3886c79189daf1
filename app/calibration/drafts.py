"""Editing a draft: what it says, the equipment it asks for, its points with their budgets."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from sqlalchemy.orm import Session

from app.calibration.bodypoints import Group
from app.calibration.budgets import read_row
from app.calibration.pointrules import read_point, users_of
from app.calibration.procedure_models import (
    BudgetLine,
    EquipmentNeed,
    ProcedurePoint,
    ProcedureVersion,
    VersionState,
)
from app.calibration.procedureinputs import NeedInput, PointInput, RowInput, VersionInput
from app.calibration.typed import Typing
from app.calibration.versionrules import read_version
from app.calibration.versiontext import digest
from app.kernel import audit
from app.kernel.actor import Actor
from app.kernel.db import number
from app.kernel.errors import Conflict, NotFound, Refused
from app.kernel.text import msg

MOST_POINTS = 200
MOST_ROWS = 30
MOST_NEEDS = 12
_LONGEST_WORD = 40
_SEEN = 16


def require_draft(version: ProcedureVersion) -> None:
    """Raises Conflict for what was released or retired."""
    if version.state is not VersionState.DRAFT:
        raise Conflict(
            msg("Version {number} is released and never changes.", number=version.number),
            link=f"/calibration/procedures/versions/{version.id}",
        )


def seen_of(version: ProcedureVersion) -> str:
    """What an editor of a loaded version started from."""
    return digest(version)[:_SEEN]


def edit(
    session: Session,
    actor: Actor,
    version: ProcedureVersion,
    wanted: VersionInput,
    *,
    seen: str | None = None,
) -> None:
    """Another title, rule, coverage, ...; the model stays the one it was drafted for."""
    _require(actor, version, seen)
    typing = Typing()
    read = read_version(session, typing, wanted)
    if read.model_id != version.model_id:
        typing.refuse("model_id", msg("A draft stays with its model; make another one."))
    typing.done()
    before = asdict(VersionInput.of(version))
    for name, value in asdict(read).items():
        setattr(version, name, value)
    session.flush()
    _record(session, actor, version, "procedure.changed", before=before, after=asdict(read))


def set_needs(
    session: Session,
    actor: Actor,
    version: ProcedureVersion,
    wanted: Sequence[NeedInput],
    *,
    seen: str | None = None,
) -> None:
    """The roles of reference equipment, all of them; one that is in use stays."""
    _require(actor, version, seen)
    read = _read_needs(wanted)
    gone = {need.role for need in version.needs} - {need.role for need in read}
    for point in version.points:
        for role in (point.role, *(line.role for line in point.budget)):
            if role in gone:
                raise Refused(
                    msg("Point {seq} still uses the role {role}.", seq=point.seq, role=role),
                    field="need-0-role",
                )
    for need in list(version.needs):
        session.delete(need)
    version.needs.clear()
    session.flush()
    version.needs.extend(
        EquipmentNeed(version_id=version.id, **asdict(need))
        for need in sorted(read, key=lambda need: need.role)
    )
    session.flush()
    _record(
        session,
        actor,
        version,
        "procedure.needs_set",
        after={"needs": [asdict(need) for need in read]},
    )


def add_point(
    session: Session,
    actor: Actor,
    version: ProcedureVersion,
    wanted: PointInput,
    rows: Sequence[RowInput] = (),
    *,
    seen: str | None = None,
) -> ProcedurePoint:
    """One more point at the end, with its budget rows. Raises Invalid by field."""
    _require(actor, version, seen)
    if len(version.points) >= MOST_POINTS:
        raise Refused(msg("A version has at most {most} points.", most=MOST_POINTS))
    read, lines = read_with_budget(version, wanted, rows, others=version.points)
    seq = max((point.seq for point in version.points), default=0) + 1
    point = ProcedurePoint(version_id=version.id, seq=seq, **_columns(read))
    point.budget = []
    session.add(point)
    session.flush()
    version.points.append(point)
    write_budget(session, point, lines)
    _record(session, actor, version, "procedure.point_added", after=_said(seq, read, lines))
    return point


def change_point(
    session: Session,
    actor: Actor,
    version: ProcedureVersion,
    seq: int,
    wanted: PointInput,
    *,
    rows: Sequence[RowInput],
    seen: str | None = None,
) -> ProcedurePoint:
    """Another point in its place, with all of its budget rows."""
    _require(actor, version, seen)
    point = point_of(version, seq)
    others = [other for other in version.points if other is not point]
    read, lines = read_with_budget(version, wanted, rows, others=others)
    users = users_of(point, others)
    if users and read.readings == 0:
        raise Refused(
            msg("Point {seq} is computed from this one.", seq=users[0].seq), field="readings"
        )
    before = _said(seq, PointInput.of(point), [RowInput.of(line) for line in point.budget])
    for name, value in _columns(read).items():
        setattr(point, name, value)
    for line in list(point.budget):
        session.delete(line)
    point.budget.clear()
    session.flush()
    write_budget(session, point, lines)
    _record(
        session,
        actor,
        version,
        "procedure.point_changed",
        before=before,
        after=_said(seq, read, lines),
    )
    return point


def remove_point(
    session: Session,
    actor: Actor,
    version: ProcedureVersion,
    seq: int,
    *,
    seen: str | None = None,
) -> None:
    """Take a point out; the others keep their numbers."""
    _require(actor, version, seen)
    point = point_of(version, seq)
    users = users_of(point, version.points)
    if users:
        raise Refused(msg("Point {seq} is computed from this one.", seq=users[0].seq))
    before = _said(seq, PointInput.of(point), [RowInput.of(line) for line in point.budget])
    for line in list(point.budget):
        session.delete(line)
    point.budget.clear()
    session.flush()
    version.points.remove(point)
    session.delete(point)
    session.flush()
    _record(session, actor, version, "procedure.point_removed", before=before)


def fill(
    session: Session,
    actor: Actor,
    version: ProcedureVersion,
    needs: Sequence[NeedInput],
    groups: Iterable[Group],
) -> list[ProcedurePoint]:
    """Many points at once, behind those that stand; roles that are not there yet are added."""
    _require(actor, version, None)
    known = {need.role for need in version.needs}
    version.needs.extend(
        EquipmentNeed(version_id=version.id, **asdict(need))
        for need in _read_needs(needs)
        if need.role not in known
    )
    seq = max((point.seq for point in version.points), default=0)
    standing = list(version.points)
    points: list[tuple[ProcedurePoint, list[RowInput]]] = []
    for group in groups:
        first = seq + 1
        for planned in group:
            seq += 1
            inputs = tuple(first + place for place in planned.reads)
            wanted = replace(planned.point, inputs=inputs)
            read, rows = read_with_budget(version, wanted, planned.rows, others=standing)
            point = ProcedurePoint(version_id=version.id, seq=seq, **_columns(read))
            standing.append(point)
            points.append((point, rows))
    if len(standing) > MOST_POINTS:
        raise Refused(msg("A version has at most {most} points.", most=MOST_POINTS))
    made = [point for point, _ in points]
    number(session, made)
    for point in made:
        point.budget = []
    version.points.extend(made)
    session.flush()
    lines = [(point, _lines(point, rows)) for point, rows in points]
    number(session, [line for _, of_point in lines for line in of_point])
    for point, of_point in lines:
        point.budget.extend(of_point)
    session.flush()
    after = {"points": [{"seq": point.seq, "label": point.label} for point in made]}
    _record(session, actor, version, "procedure.points_added", after=after)
    return made


def point_of(version: ProcedureVersion, seq: int) -> ProcedurePoint:
    for point in version.points:
        if point.seq == seq:
            return point
    raise NotFound(msg("There is no point {seq} in this version.", seq=seq))


def read_with_budget(
    version: ProcedureVersion,
    wanted: PointInput,
    rows: Sequence[RowInput],
    *,
    others: Sequence[ProcedurePoint],
) -> tuple[PointInput, list[RowInput]]:
    """Both as they are kept; raises Invalid with a problem by field (`row-0-value`)."""
    seen = Typing()
    roles = frozenset(need.role for need in version.needs)
    read = read_point(seen, wanted, others=others, roles=roles)
    if len(rows) > MOST_ROWS:
        seen.refuse("form", msg("A budget has at most {most} rows.", most=MOST_ROWS))
    lines = []
    names: set[str] = set()
    for place, row in enumerate(rows):
        prefix = f"row-{place}-"
        line = read_row(seen, row, result_unit=read.unit, roles=roles, prefix=prefix)
        if line.name in names:
            seen.refuse(f"{prefix}name", msg("Two budget rows have the same name."))
        names.add(line.name)
        lines.append(line)
    seen.done()
    return read, lines


def write_budget(session: Session, point: ProcedurePoint, rows: Sequence[RowInput]) -> None:
    """The rows of a point that has none."""
    lines = _lines(point, rows)
    if "budget" in point.__dict__:
        point.budget.extend(lines)
    session.add_all(lines)
    session.flush()


def _lines(point: ProcedurePoint, rows: Sequence[RowInput]) -> list[BudgetLine]:
    return [
        BudgetLine(point_id=point.id, seq=seq, **asdict(row))
        for seq, row in enumerate(rows, start=1)
    ]


def _read_needs(wanted: Sequence[NeedInput]) -> list[NeedInput]:
    seen = Typing()
    if len(wanted) > MOST_NEEDS:
        seen.refuse("form", msg("A procedure has at most {most} roles.", most=MOST_NEEDS))
    read, roles = [], set()
    for place, need in enumerate(wanted):
        prefix = f"need-{place}-"
        role = seen.text(f"{prefix}role", need.role, most=_LONGEST_WORD, required=True)
        if role in roles:
            seen.refuse(f"{prefix}role", msg("Two roles have the same name."))
        roles.add(role)
        largest = seen.figure(f"{prefix}largest_expanded", need.largest_expanded)
        if largest and float(largest) <= 0:
            seen.refuse(f"{prefix}largest_expanded", msg("An uncertainty is above zero."))
        unit = need.unit.strip()
        if largest or unit:
            unit = seen.unit(f"{prefix}unit", unit)
        kind = seen.text(f"{prefix}kind", need.kind, most=_LONGEST_WORD, required=True)
        read.append(NeedInput(role, kind, largest, unit))
    seen.done()
    return read


def _require(actor: Actor, version: ProcedureVersion, seen: str | None) -> None:
    actor.require("calibration.procedures")
    require_draft(version)
    if seen is not None and seen != seen_of(version):
        raise Conflict(
            msg("Somebody has changed this draft meanwhile. Look again."),
            link=f"/calibration/procedures/versions/{version.id}",
        )


def _columns(read: PointInput) -> dict[str, Any]:
    return {
        **asdict(read),
        "settings": json.dumps(read.settings, ensure_ascii=False, sort_keys=True),
        "inputs": json.dumps(list(read.inputs)),
    }


def _said(seq: int, point: PointInput, rows: Sequence[RowInput]) -> dict[str, object]:
    return {"seq": seq, "point": asdict(point), "budget": [asdict(row) for row in rows]}


def _record(
    session: Session,
    actor: Actor,
    version: ProcedureVersion,
    action: str,
    *,
    before: Mapping[str, object] | None = None,
    after: Mapping[str, object] | None = None,
) -> None:
    audit.record(
        session,
        actor,
        action,
        subject=f"procedure_version:{version.id}",
        before=before,
        after=after,
    )
