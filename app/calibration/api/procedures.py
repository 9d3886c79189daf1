"""Procedures as JSON: the same verbs as the pages."""

from dataclasses import replace

from fastapi import APIRouter, Request
from sqlalchemy.orm import Session

from app.calibration import gbtemplates, procedurelists, procedures, rules, seeds
from app.calibration.api.procedureshapes import (
    ClauseOut,
    ClausesOut,
    CopiedOut,
    CopyIn,
    DiscardedOut,
    DraftIn,
    MethodsOut,
    NeedsIn,
    PointIn,
    ProcedureIn,
    RetireIn,
    SkippedOut,
    VersionIn,
    VersionLineOut,
    VersionOut,
    VersionsOut,
)
from app.calibration.procedure_models import ProcedureVersion
from app.calibration.procedureinputs import VersionInput
from app.identity.guard import ApiReading, ApiWriting
from app.web.idempotent import once
from app.web.problems import refusals, refusals_of_writing
from app.web.sessions import ReadSession, WriteSession
from app.web.wire import Number, RowId

router = APIRouter(prefix="/api/v1/calibration/procedures", tags=["calibration procedures"])


@router.get("", responses=refusals())
def list_procedures(
    session: ReadSession, actor: ApiReading, q: str = "", state: str = ""
) -> VersionsOut:
    """Versions by code, newest first; `q` looks in code and title."""
    actor.require("calibration.view")
    rows = procedurelists.rows(session, actor.store_id, text=q, state=state)
    return VersionsOut(items=[_line(row) for row in rows])


@router.get("/methods", responses=refusals())
def list_methods(actor: ApiReading) -> MethodsOut:
    """The methods that a point can name."""
    actor.require("calibration.view")
    return MethodsOut.all()


@router.get("/clauses", responses=refusals())
def list_clauses(actor: ApiReading) -> ClausesOut:
    """Clauses of GB/T 44251-2024 to begin a draft from, without trials and limits."""
    actor.require("calibration.view")
    return ClausesOut(
        standard=gbtemplates.STANDARD,
        items=[
            ClauseOut(number=one.number, label=str(one.label), quantity=one.quantity, unit=one.unit)
            for one in gbtemplates.CLAUSES
        ],
    )


@router.post("", status_code=201, responses=refusals_of_writing())
@once
def add_procedure(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    body: ProcedureIn,
) -> VersionOut:
    """A new procedure with its first draft."""
    return _out(session, procedures.add(session, actor, code=body.code, wanted=body.read()))


@router.post("/starting-set", status_code=201, responses=refusals_of_writing())
@once
def add_starting_set(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
) -> VersionsOut:
    """The store-defined procedures that the store has not; again: none."""
    made = {version.id for version in seeds.seed(session, actor.store_id, actor)}
    rules.seed(session, actor)
    rows = procedurelists.rows(session, actor.store_id)
    return VersionsOut(items=[_line(row) for row in rows if row.version.id in made])


@router.post("/clauses/{number}", status_code=201, responses=refusals_of_writing(404))
@once
def draft_clause(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    number: Number,
) -> VersionOut:
    return _out(session, gbtemplates.draft_clause(session, actor, number))


@router.get("/versions/{version_id}", responses=refusals(404))
def get_version(session: ReadSession, actor: ApiReading, version_id: RowId) -> VersionOut:
    actor.require("calibration.view")
    return _out(session, procedures.version_by_id(session, actor, version_id))


@router.patch("/versions/{version_id}", responses=refusals_of_writing(404))
@once
def edit_version(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    *,
    version_id: RowId,
    body: VersionIn,
) -> VersionOut:
    """Of a draft alone; the model stays."""
    version = procedures.version_by_id(session, actor, version_id)
    procedures.edit(session, actor, version, body.read())
    return _out(session, version)


@router.post("/versions/{version_id}/discard", responses=refusals_of_writing(404))
@once
def discard_version(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    version_id: RowId,
) -> DiscardedOut:
    """A draft alone; what was released stays."""
    version = procedures.version_by_id(session, actor, version_id)
    number = version.number
    procedures.discard(session, actor, version)
    return DiscardedOut(id=version_id, number=number)


@router.patch("/versions/{version_id}/needs", responses=refusals_of_writing(404))
@once
def set_needs(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    *,
    version_id: RowId,
    body: NeedsIn,
) -> VersionOut:
    """All roles of reference equipment; one that is in use stays."""
    version = procedures.version_by_id(session, actor, version_id)
    procedures.set_needs(session, actor, version, [need.read() for need in body.items])
    return _out(session, version)


@router.post("/versions/{version_id}/points", status_code=201, responses=refusals_of_writing(404))
@once
def add_point(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    *,
    version_id: RowId,
    body: PointIn,
) -> VersionOut:
    version = procedures.version_by_id(session, actor, version_id)
    procedures.add_point(session, actor, version, *body.read())
    return _out(session, version)


@router.patch("/versions/{version_id}/points/{seq}", responses=refusals_of_writing(404))
@once
def change_point(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    *,
    version_id: RowId,
    seq: Number,
    body: PointIn,
) -> VersionOut:
    version = procedures.version_by_id(session, actor, version_id)
    point, rows = body.read()
    procedures.change_point(session, actor, version, seq, point, rows=rows)
    return _out(session, version)


@router.post("/versions/{version_id}/points/{seq}/remove", responses=refusals_of_writing(404))
@once
def remove_point(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    *,
    version_id: RowId,
    seq: Number,
) -> VersionOut:
    version = procedures.version_by_id(session, actor, version_id)
    procedures.remove_point(session, actor, version, seq)
    return _out(session, version)


@router.post("/versions/{version_id}/copy", responses=refusals_of_writing(404))
@once
def copy_points(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    *,
    version_id: RowId,
    body: CopyIn,
) -> CopiedOut:
    """Points from the slots of a robot's body; what got none is said with why."""
    version = procedures.version_by_id(session, actor, version_id)
    plan = procedurelists.plan_by_id(session, body.plan_id)
    copied = procedures.from_model(session, actor, version, plan)
    return CopiedOut(
        points=[point.seq for point in copied.points],
        skipped=[SkippedOut(what=str(one.what), why=str(one.why)) for one in copied.skipped],
    )


@router.post("/versions/{version_id}/release", responses=refusals_of_writing(404))
@once
def release_version(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    version_id: RowId,
) -> VersionOut:
    """From now on nothing in it changes; the former one of the same model is retired."""
    version = procedures.version_by_id(session, actor, version_id)
    return _out(session, procedures.release(session, actor, version))


@router.post("/versions/{version_id}/retire", responses=refusals_of_writing(404))
@once
def retire_version(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    *,
    version_id: RowId,
    body: RetireIn,
) -> VersionOut:
    version = procedures.version_by_id(session, actor, version_id)
    procedures.retire(session, actor, version, reason=body.reason)
    return _out(session, version)


@router.get("/{code}", responses=refusals(404))
def get_procedure(session: ReadSession, actor: ApiReading, code: str) -> VersionsOut:
    """All versions of one procedure."""
    actor.require("calibration.view")
    procedure = procedures.by_code(session, actor, code)
    rows = procedurelists.of_procedure(session, procedure)
    return VersionsOut(items=[_line(row) for row in rows])


@router.post("/{code}/drafts", status_code=201, responses=refusals_of_writing(404))
@once
def draft_version(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    *,
    code: str,
    body: DraftIn,
) -> VersionOut:
    """The next version, as another one of this procedure says."""
    procedure = procedures.by_code(session, actor, code)
    of = procedures.version_by_id(session, actor, body.of)
    wanted = replace(VersionInput.of(of), model_id=body.model_id)
    return _out(session, procedures.new_draft(session, actor, procedure, of=of, wanted=wanted))


def _line(row: procedurelists.VersionRow) -> VersionLineOut:
    version = row.version
    return VersionLineOut(
        id=version.id,
        code=row.procedure.code,
        number=version.number,
        title=version.title,
        state=version.state,
        model_id=version.model_id,
        points=row.points,
        rule=version.rule,
        released_at=version.released_at,
        released_by=version.released_by,
    )


def _out(session: Session, version: ProcedureVersion) -> VersionOut:
    whole = procedures.loaded(session, version.id)
    return VersionOut.of(whole, [row.preview for row in procedurelists.points_of(whole)])
