"""A point of a draft: its form with budget rows, and what it comes to while one types."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Form, Query, Request
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from app.calibration import previewing, procedures
from app.calibration.drafts import MOST_POINTS, point_of, read_with_budget
from app.calibration.methods import METHODS
from app.calibration.previewing import Preview
from app.calibration.procedure_models import ProcedureVersion, VersionState
from app.calibration.procedureforms import BareForm, PointForm
from app.calibration.procedureinputs import PointInput, RowInput
from app.calibration.procedurewords import (
    DISTRIBUTION_LABELS,
    EVALUATION_LABELS,
    SOURCE_LABELS,
)
from app.identity.guard import Acting, SignedIn
from app.kernel.actor import Actor
from app.kernel.errors import Refused, StoreError
from app.kernel.text import Text, msg
from app.web.errors import status_of
from app.web.forms import problems_of
from app.web.idempotent import once
from app.web.rendering import render
from app.web.sessions import ReadSession, WriteSession
from app.web.wire import Number, RowId

router = APIRouter(prefix="/calibration/procedures/versions/{version_id}/points")
_Word = TypeVar("_Word", bound=StrEnum)


@router.get("/new")
def ask_point(
    request: Request, session: ReadSession, actor: SignedIn, version_id: RowId
) -> Response:
    return _point(request, session, actor, version_id)


@router.post("/new")
@once
def add_point(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    version_id: RowId,
    form: Annotated[PointForm, Form()],
) -> Response:
    try:
        version = procedures.version_by_id(session, actor, version_id)
        point, rows = form.read()
        procedures.add_point(session, actor, version, point, rows, seen=form.seen)
    except StoreError as refusal:
        session.rollback()
        return _point(request, session, actor, version_id, form=form, refusal=refusal)
    return RedirectResponse(f"{procedures.page(version)}#points", 303)


@router.get("/preview")
def preview_point(
    request: Request,
    session: ReadSession,
    actor: SignedIn,
    *,
    version_id: RowId,
    form: Annotated[PointForm, Query()],
    seq: Annotated[int, Query(ge=0, le=MOST_POINTS)] = 0,
) -> Response:
    """The part of the page that follows what is typed: settings of the method, and the budget."""
    actor.require("calibration.procedures")
    version = procedures.version_by_id(session, actor, version_id)
    return render(
        request,
        "calibration/point.html",
        block="coming_to",
        **_parts(actor, version, form, seq=seq),
    )


@router.get("/{seq}")
def show_point(
    request: Request, session: ReadSession, actor: SignedIn, version_id: RowId, seq: Number
) -> Response:
    return _point(request, session, actor, version_id, seq=seq)


@router.post("/{seq}")
@once
def change_point(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    version_id: RowId,
    seq: Number,
    form: Annotated[PointForm, Form()],
) -> Response:
    try:
        version = procedures.version_by_id(session, actor, version_id)
        point, rows = form.read()
        procedures.change_point(session, actor, version, seq, point, rows=rows, seen=form.seen)
    except StoreError as refusal:
        session.rollback()
        return _point(request, session, actor, version_id, seq=seq, form=form, refusal=refusal)
    return RedirectResponse(f"{procedures.page(version)}#points", 303)


@router.post("/{seq}/remove")
@once
def remove_point(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    version_id: RowId,
    seq: Number,
    form: Annotated[BareForm, Form()],  # noqa: ARG001 - `once` reads its token
) -> Response:
    try:
        version = procedures.version_by_id(session, actor, version_id)
        procedures.remove_point(session, actor, version, seq)
    except StoreError as refusal:
        session.rollback()
        return _point(request, session, actor, version_id, seq=seq, refusal=refusal)
    return RedirectResponse(f"{procedures.page(version)}#points", 303)


def _point(
    request: Request,
    session: Session,
    actor: Actor,
    version_id: int,
    *,
    seq: int = 0,
    form: PointForm | None = None,
    refusal: StoreError | None = None,
) -> Response:
    actor.require("calibration.view")
    version = procedures.version_by_id(session, actor, version_id)
    seen = procedures.seen_of(version)
    if form is None:
        form = _form_of(version, seq, seen=seen)
    elif refusal is None or refusal.code == "conflict":
        form.seen = seen
    return render(
        request,
        "calibration/point.html",
        status=status_of(refusal) if refusal else 200,
        **_parts(actor, version, form, seq=seq, refusal=refusal),
    )


def _form_of(version: ProcedureVersion, seq: int, *, seen: str) -> PointForm:
    if not seq:
        return PointForm.of(
            PointInput(label="", target="robot", quantity="", unit="", readings=5), [], seen=seen
        )
    point = point_of(version, seq)
    rows = [RowInput.of(line) for line in point.budget]
    return PointForm.of(PointInput.of(point), rows, seen=seen)


def _parts(
    actor: Actor,
    version: ProcedureVersion,
    form: PointForm,
    *,
    seq: int,
    refusal: StoreError | None = None,
) -> dict[str, Any]:
    """What the block that follows the typing needs, and the page with it."""
    planned, why = _preview(version, form, seq)
    return {
        "path": "/calibration/procedures",
        "methods": [(method.key, method.label) for method in METHODS.values()],
        "source_pairs": _pairs(SOURCE_LABELS),
        "distribution_pairs": _pairs(DISTRIBUTION_LABELS),
        "evaluation_pairs": _pairs(EVALUATION_LABELS),
        "role_pairs": [(need.role, need.role) for need in version.needs],
        "rows": form.rows(),
        "version": version,
        "page": procedures.page(version),
        "seq": seq,
        "form": form.typed(),
        "method": METHODS.get(form.method),
        "planned": planned,
        "zone": _zone(planned),
        "edits": version.state is VersionState.DRAFT
        and "calibration.procedures" in actor.permissions,
        "why_not": why,
        "problems": problems_of(refusal) if refusal else {},
        "link": refusal.link if refusal else None,
    }


def _preview(
    version: ProcedureVersion, form: PointForm, seq: int
) -> tuple[Preview | None, list[tuple[str, Any]]]:
    """The preview, or what is still in its way by field."""
    others = [point for point in version.points if point.seq != seq]
    try:
        point, rows = read_with_budget(version, *form.read(), others=others)
        return previewing.preview(version, point, rows, spread=form.assumed_spread()), []
    except Refused as refusal:
        problems = problems_of(refusal) or {"form": msg("Please look at the marked fields.")}
        return None, list(problems.items())


@dataclass(frozen=True, slots=True)
class Zone:
    """The acceptance zone in a drawing 320 wide; an open side runs to its edge."""

    left: float
    right: float
    inner_left: float
    inner_right: float
    has_lower: bool
    has_upper: bool

    @property
    def width(self) -> float:
        return self.right - self.left

    @property
    def inner_width(self) -> float:
        return round(self.inner_right - self.inner_left, 1)


_EDGE, _WIDE, _MARGIN = 0.0, 320.0, 24.0


def _zone(planned: Preview | None) -> Zone | None:
    """Both sides to scale; one side alone with its guard band a sixth of the drawing."""
    if planned is None or planned.limits is None or planned.guard is None:
        return None
    limits = planned.limits
    inner = _WIDE - 2 * _MARGIN
    guard = inner / 6 if limits.width is None else inner * planned.guard / limits.width
    guard = 0.0 if planned.guard == 0 else min(guard, inner / 2)
    left = _EDGE if limits.lower is None else _MARGIN
    right = _WIDE if limits.upper is None else _WIDE - _MARGIN
    return Zone(
        left,
        right,
        left if limits.lower is None else round(left + guard, 1),
        right if limits.upper is None else round(right - guard, 1),
        limits.lower is not None,
        limits.upper is not None,
    )


def _pairs(labels: Mapping[_Word, Text]) -> list[tuple[str, Text]]:
    return [(word.value, label) for word, label in labels.items()]
