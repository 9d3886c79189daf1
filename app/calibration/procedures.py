"""Procedures and their versions: drafts that are edited, releases that never change.

A version is released whole: complete, consistent, hashed. It is then measured by until another is
released in its place or somebody retires it; jobs and certificates keep naming the version that
they were measured by.
"""

from dataclasses import asdict

from sqlalchemy import func, select
from sqlalchemy.orm import Session, selectinload

from app.calibration.completeness import check_complete
from app.calibration.copying import from_model, look_at
from app.calibration.drafts import (
    add_point,
    change_point,
    edit,
    remove_point,
    require_draft,
    seen_of,
    set_needs,
    write_budget,
)
from app.calibration.procedure_models import (
    EquipmentNeed,
    Procedure,
    ProcedurePoint,
    ProcedureVersion,
    VersionState,
)
from app.calibration.procedureinputs import NeedInput, PointInput, RowInput, VersionInput
from app.calibration.typed import Typing
from app.calibration.versionrules import read_version
from app.calibration.versiontext import content, digest
from app.kernel import audit, clock
from app.kernel.actor import Actor
from app.kernel.errors import Conflict, NotFound
from app.kernel.searchkeys import clean, search_key
from app.kernel.text import msg

__all__ = [
    "add",
    "add_point",
    "by_code",
    "change_point",
    "content",
    "digest",
    "discard",
    "edit",
    "from_model",
    "listed",
    "loaded",
    "look_at",
    "new_draft",
    "page",
    "release",
    "released",
    "remove_point",
    "retire",
    "seen_of",
    "set_needs",
    "version_by_id",
]

_LONGEST_CODE = 40
# What stands in an address where a code would.
_ADDRESSES = frozenset({"new", "versions", "methods", "clauses", "starting-set"})


def page(version: ProcedureVersion) -> str:
    return f"/calibration/procedures/versions/{version.id}"


def add(session: Session, actor: Actor, *, code: str, wanted: VersionInput) -> ProcedureVersion:
    """A new procedure with its first draft; raises Conflict when the code is taken."""
    actor.require("calibration.procedures")
    seen = Typing()
    written = seen.text("code", clean(code).upper(), most=_LONGEST_CODE, required=True)
    key = search_key(written)
    if written and not key:
        seen.refuse("code", msg("A code has letters or digits."))
    if key in _ADDRESSES:
        seen.refuse("code", msg("This code is an address of the house; choose another."))
    read = read_version(session, seen, wanted)
    seen.done()
    taken = session.scalar(
        select(Procedure.id).where(Procedure.store_id == actor.store_id, Procedure.code_key == key)
    )
    if taken is not None:
        raise Conflict(
            msg("There is a procedure {code} already.", code=written),
            field="code",
            link=f"/calibration/procedures/{key}",
        )
    procedure = Procedure(store_id=actor.store_id, code=written, code_key=key)
    session.add(procedure)
    session.flush()
    return _draft(session, actor, procedure, read)


def new_draft(
    session: Session,
    actor: Actor,
    procedure: Procedure,
    *,
    of: ProcedureVersion | None = None,
    wanted: VersionInput | None = None,
) -> ProcedureVersion:
    """The next version, as `of` or as `wanted` says; only one draft per model stands at a time."""
    actor.require("calibration.procedures")
    if of is not None and of.procedure_id != procedure.id:
        raise NotFound(msg("There is no such version of this procedure."))
    seen = Typing()
    said = wanted or (VersionInput.of(of) if of else VersionInput(title=procedure.code))
    read = read_version(session, seen, said)
    seen.done()
    open_draft = session.scalar(
        select(ProcedureVersion).where(
            ProcedureVersion.procedure_id == procedure.id,
            ProcedureVersion.model_key == (read.model_id or 0),
            ProcedureVersion.state == VersionState.DRAFT,
        )
    )
    if open_draft is not None:
        raise Conflict(
            msg("Version {number} is a draft already.", number=open_draft.number),
            link=page(open_draft),
        )
    draft = _draft(session, actor, procedure, read)
    if of is not None:
        _copy(session, loaded(session, of.id), draft)
    return draft


def release(session: Session, actor: Actor, version: ProcedureVersion) -> ProcedureVersion:
    """From now on it is measured by, and nothing in it changes; the former one is retired.

    Raises Invalid, a problem by field (`point-3-lower`), when it is not complete.
    """
    actor.require("calibration.procedures")
    require_draft(version)
    whole = loaded(session, version.id)
    check_complete(whole)
    former = session.scalar(
        select(ProcedureVersion).where(
            ProcedureVersion.procedure_id == whole.procedure_id,
            ProcedureVersion.model_key == whole.model_key,
            ProcedureVersion.state == VersionState.RELEASED,
        )
    )
    if former is not None:
        _retire(session, actor, former, reason=f"version {whole.number}")
    whole.content_sha256 = digest(whole)
    whole.state = VersionState.RELEASED
    whole.released_at, whole.released_by = clock.now(), actor.name
    session.flush()
    _record(session, actor, whole, "procedure.released", {"content_sha256": whole.content_sha256})
    return whole


def retire(session: Session, actor: Actor, version: ProcedureVersion, *, reason: str = "") -> None:
    """Nobody starts a job by it any more; what was measured by it stays."""
    actor.require("calibration.procedures")
    if version.state is not VersionState.RELEASED:
        raise Conflict(msg("Only a released version is retired."), link=page(version))
    _retire(session, actor, version, reason=clean(reason))


def discard(session: Session, actor: Actor, version: ProcedureVersion) -> None:
    """Throw a draft away; a procedure that never had another version goes with it."""
    actor.require("calibration.procedures")
    require_draft(version)
    whole = loaded(session, version.id)
    procedure = whole.procedure
    for point in whole.points:
        for line in point.budget:
            session.delete(line)
    session.flush()
    for row in (*whole.points, *whole.needs):
        session.delete(row)
    session.flush()
    _record(session, actor, whole, "procedure.discarded", {})
    session.delete(whole)
    session.flush()
    left = session.scalar(select(func.count()).where(ProcedureVersion.procedure_id == procedure.id))
    if not left:
        session.delete(procedure)
        session.flush()


def loaded(session: Session, version_id: int) -> ProcedureVersion:
    """A version with its procedure, points, budgets and needs; raises NotFound."""
    found = session.scalar(
        select(ProcedureVersion)
        .where(ProcedureVersion.id == version_id)
        .options(
            selectinload(ProcedureVersion.procedure),
            selectinload(ProcedureVersion.needs),
            selectinload(ProcedureVersion.points).selectinload(ProcedurePoint.budget),
        )
        .execution_options(populate_existing=True)
    )
    if found is None:
        raise NotFound(msg("There is no such version of a procedure."))
    return found


def released(
    session: Session, store_id: int, *, code: str, model_id: int | None = None
) -> ProcedureVersion:
    """What a model is measured by today: its own version, else the one for all models."""
    keys = [0] if model_id is None else [0, model_id]
    version_id = session.scalar(
        select(ProcedureVersion.id)
        .join(ProcedureVersion.procedure)
        .where(
            Procedure.store_id == store_id,
            Procedure.code_key == search_key(code),
            ProcedureVersion.model_key.in_(keys),
            ProcedureVersion.state == VersionState.RELEASED,
        )
        .order_by(ProcedureVersion.model_key.desc())
        .limit(1)
    )
    if version_id is None:
        raise NotFound(
            msg("No version of {code} is released for this model.", code=clean(code)),
            field="procedure",
            link="/calibration/procedures",
        )
    return loaded(session, version_id)


def by_code(session: Session, actor: Actor, code: str) -> Procedure:
    found = session.scalar(
        select(Procedure).where(
            Procedure.store_id == actor.store_id, Procedure.code_key == search_key(code)
        )
    )
    if found is None:
        raise NotFound(msg("There is no procedure {code} in this store.", code=clean(code)[:60]))
    return found


def version_by_id(session: Session, actor: Actor, version_id: int) -> ProcedureVersion:
    """A version of this store, whole; raises NotFound."""
    found = loaded(session, version_id)
    if found.procedure.store_id != actor.store_id:
        raise NotFound(msg("There is no such version of a procedure."))
    return found


def listed(session: Session, store_id: int) -> list[ProcedureVersion]:
    """Every version of the store with its procedure, by code and newest first."""
    return list(
        session.scalars(
            select(ProcedureVersion)
            .join(ProcedureVersion.procedure)
            .where(Procedure.store_id == store_id)
            .options(selectinload(ProcedureVersion.procedure))
            .order_by(Procedure.code_key, ProcedureVersion.number.desc())
        )
    )


def _draft(
    session: Session, actor: Actor, procedure: Procedure, read: VersionInput
) -> ProcedureVersion:
    newest = session.scalar(
        select(func.max(ProcedureVersion.number)).where(
            ProcedureVersion.procedure_id == procedure.id
        )
    )
    draft = ProcedureVersion(
        procedure_id=procedure.id,
        number=(newest or 0) + 1,
        model_key=read.model_id or 0,
        made_at=clock.now(),
        made_by=actor.name,
        **asdict(read),
    )
    session.add(draft)
    session.flush()
    whole = loaded(session, draft.id)
    _record(session, actor, whole, "procedure.drafted", asdict(read))
    return whole


def _copy(session: Session, source: ProcedureVersion, draft: ProcedureVersion) -> None:
    session.add_all(
        EquipmentNeed(version_id=draft.id, **asdict(NeedInput.of(need))) for need in source.needs
    )
    points = []
    for point in source.points:
        said = asdict(PointInput.of(point))
        said["settings"], said["inputs"] = point.settings, point.inputs
        points.append(ProcedurePoint(version_id=draft.id, seq=point.seq, **said))
    session.add_all(points)
    session.flush()
    for point, copied in zip(source.points, points, strict=True):
        write_budget(session, copied, [RowInput.of(line) for line in point.budget])
    loaded(session, draft.id)


def _retire(session: Session, actor: Actor, version: ProcedureVersion, *, reason: str) -> None:
    version.state = VersionState.RETIRED
    version.retired_at, version.retired_by = clock.now(), actor.name
    # before another is released: only one of a model is
    session.flush()
    _record(session, actor, version, "procedure.retired", {}, reason=reason)


def _record(
    session: Session,
    actor: Actor,
    version: ProcedureVersion,
    action: str,
    after: dict[str, object],
    *,
    reason: str = "",
) -> None:
    audit.record(
        session,
        actor,
        action,
        subject=f"procedure_version:{version.id}",
        after={"number": version.number, **after},
        reason=reason or None,
    )
