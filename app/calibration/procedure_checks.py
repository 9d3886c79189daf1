"""What must always hold of procedures: a released one says, whole, what it was released with."""

from collections.abc import Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from app.calibration.completeness import problems_of
from app.calibration.methods import METHODS
from app.calibration.procedure_models import (
    Procedure,
    ProcedurePoint,
    ProcedureVersion,
    VersionState,
)
from app.calibration.versiontext import digest

_AT_A_TIME = 50


def breaches(session: Session) -> Iterator[str]:
    yield from _kept_under_their_model(session)
    for version in session.scalars(
        select(ProcedureVersion)
        .where(ProcedureVersion.state != VersionState.DRAFT)
        .options(
            selectinload(ProcedureVersion.procedure),
            selectinload(ProcedureVersion.needs),
            selectinload(ProcedureVersion.points).selectinload(ProcedurePoint.budget),
        )
        .order_by(ProcedureVersion.id)
        .execution_options(yield_per=_AT_A_TIME)
    ):
        yield from _of_version(version)


def _of_version(version: ProcedureVersion) -> Iterator[str]:
    name = f"procedure {version.procedure.code} version {version.number}"
    if digest(version) != version.content_sha256:
        yield f"calibration: {name} does not say what it was released with"
    for point in version.points:
        if point.method not in METHODS:
            yield f"calibration: {name}, point {point.seq}: no method {point.method}"
    if version.state is VersionState.RELEASED:
        for field, problem in problems_of(version).items():
            yield f"calibration: {name} is released though {field}: {problem}"


def _kept_under_their_model(session: Session) -> Iterator[str]:
    """A version's model is the one that its key names."""
    for code, number in session.execute(
        select(Procedure.code, ProcedureVersion.number)
        .join(ProcedureVersion, ProcedureVersion.procedure_id == Procedure.id)
        .where(
            ((ProcedureVersion.model_id.is_(None)) & (ProcedureVersion.model_key != 0))
            | (
                ProcedureVersion.model_id.is_not(None)
                & (ProcedureVersion.model_key != ProcedureVersion.model_id)
            )
        )
    ):
        yield f"calibration: procedure {code} version {number} is kept under another model"
