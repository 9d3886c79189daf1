"""The robots' screens: list, one robot, receiving, models."""

from typing import Annotated

from fastapi import APIRouter, Form, Request, UploadFile
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from app.identity.guard import Acting, SignedIn
from app.kernel.actor import Actor
from app.kernel.errors import StoreError
from app.kernel.money import Money
from app.kernel.text import Text
from app.robots import addresses, finding, makers, queries, receiving, registry, timeline
from app.robots.deliverynotes import COLUMNS, MOST_BYTES, REQUIRED
from app.robots.forms import ConfirmForm, ModelForm
from app.robots.queries import RobotRow, Wanted
from app.robots.states import CUSTODY_LABELS, HOLDING_LABELS, STANDING_LABELS, Standing
from app.web.errors import status_of
from app.web.forms import problems_of
from app.web.idempotent import once
from app.web.rendering import render
from app.web.sessions import ReadSession, WriteSession

router = APIRouter(prefix="/robots", tags=["pages"], include_in_schema=False)

_ROWS_SHOWN = 200
_LINES_SHOWN = 20
_LARGEST_NUMBER = 2**31 - 1
_STANDINGS = {standing.value: standing for standing in Standing}


@router.get("")
def list_robots(
    request: Request,
    session: ReadSession,
    actor: SignedIn,
    *,
    q: str = "",
    state: str = "",
    model: str = "",
    note: str = "",
    cursor: str = "",
) -> Response:
    """The store's robots; each filter stands in the address, and a strange one counts as none."""
    delivery = receiving.note_by_number(session, actor, _number(note) or 0) if note else None
    wanted = Wanted(
        text=q.strip(),
        standing=_STANDINGS.get(state),
        model_id=_number(model),
        note_id=delivery.id if delivery else None,
    )
    page = queries.robots(session, actor, wanted, cursor=cursor or None)
    return render(
        request,
        "robots/list.html",
        block="results",
        page=page,
        models=makers.models(session),
        standings=STANDING_LABELS,
        delivery=delivery,
        chosen={"q": q, "state": state, "model": model, "note": note},
        cursor=cursor,
        most_hits=finding.MOST_HITS,
    )


# Receiving


@router.get("/receive")
def ask_note(request: Request, session: ReadSession, actor: SignedIn) -> Response:  # noqa: ARG001
    actor.require("robots.receive")
    return _ask_note(request, problems={})


@router.post("/receive")
def stage_note(
    request: Request, session: WriteSession, actor: Acting, file: UploadFile | None = None
) -> Response:
    """Lay the chosen file aside and go to its preview; nothing is received yet."""
    try:
        sha256 = receiving.stage(
            session,
            actor,
            file_name=(file.filename if file else None) or "",
            # one byte more than allowed is enough to be refused
            data=file.file.read(MOST_BYTES + 1) if file else b"",
        )
    except StoreError as refusal:
        session.rollback()
        return _ask_note(request, problems=problems_of(refusal), status=status_of(refusal))
    return RedirectResponse(f"/robots/receive/{sha256}", 303)


@router.get("/receive/{sha256}")
def preview_note(
    request: Request,
    session: ReadSession,
    actor: SignedIn,
    *,
    sha256: str,
    rows: str = "",
    after: str = "",
) -> Response:
    """Every row with its problems; `rows=faulty` leaves out the good ones, `after` is a row."""
    actor.require("robots.receive")
    earlier = receiving.note_of_file(session, actor, sha256)
    if earlier is not None:
        return render(request, "robots/received.html", note=earlier)
    return _preview(request, session, actor, sha256, rows=rows, after=_number(after) or 0)


@router.post("/receive/{sha256}")
@once
def receive_note(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    sha256: str,
    form: Annotated[ConfirmForm, Form()],  # noqa: ARG001 - `once` reads its token
) -> Response:
    try:
        note = receiving.receive_note(session, actor, sha256)
    except StoreError as refusal:
        session.rollback()
        return _preview(
            request,
            session,
            actor,
            sha256,
            problems=problems_of(refusal),
            status=status_of(refusal),
        )
    return RedirectResponse(addresses.note_page(note.number), 303)


def _ask_note(request: Request, *, problems: dict[str, Text], status: int = 200) -> Response:
    return render(
        request,
        "robots/receive.html",
        status=status,
        problems=problems,
        required=REQUIRED,
        optional=[column for column in COLUMNS if column not in REQUIRED],
    )


def _preview(
    request: Request,
    session: Session,
    actor: Actor,
    sha256: str,
    *,
    rows: str = "",
    after: int = 0,
    problems: dict[str, Text] | None = None,
    status: int = 200,
) -> Response:
    preview = receiving.preview(session, actor, sha256)
    listed = preview.faulty if rows == "faulty" else preview.rows
    rest = [row for row in listed if row.note.number > after]
    return render(
        request,
        "robots/preview.html",
        status=status,
        preview=preview,
        shown=rest[:_ROWS_SHOWN],
        more=len(rest) > _ROWS_SHOWN,
        rows=rows,
        after=after,
        problems=problems or {},
    )


# Models


@router.get("/models")
def list_models(
    request: Request, session: ReadSession, actor: SignedIn, maker: str = "", code: str = ""
) -> Response:
    """Makers' models; `maker` and `code` fill the form, for a delivery note that lacks one."""
    actor.require("robots.view")
    return _models(request, session, form={"maker": maker, "code": code}, problems={})


@router.post("/models")
@once
def add_model(
    request: Request, session: WriteSession, actor: Acting, form: Annotated[ModelForm, Form()]
) -> Response:
    try:
        makers.add_model(session, actor, form.read())
    except StoreError as refusal:
        session.rollback()
        return _models(
            request,
            session,
            form=form.typed(),
            problems=problems_of(refusal),
            status=status_of(refusal),
        )
    return RedirectResponse("/robots/models", 303)


def _models(
    request: Request,
    session: Session,
    *,
    form: dict[str, str],
    problems: dict[str, Text],
    status: int = 200,
) -> Response:
    return render(
        request,
        "robots/models.html",
        status=status,
        models=makers.models(session),
        makers=makers.makers(session),
        form=dict.fromkeys(ModelForm().typed(), "") | form,
        problems=problems,
    )


# One robot; last, since a serial number may look like any of the addresses above


@router.get("/unit")
def show_named_robot(
    request: Request,
    session: ReadSession,
    actor: SignedIn,
    *,
    serial: str = "unit",
    maker: str = "",
    before: str = "",
) -> Response:
    """A robot whose serial cannot stand in the path (`..`, `models`); see `addresses`."""
    return show_robot(request, session, actor, serial=serial, maker=maker, before=before)


@router.get("/{serial:path}")
def show_robot(
    request: Request,
    session: ReadSession,
    actor: SignedIn,
    *,
    serial: str,
    maker: str = "",
    before: str = "",
) -> Response:
    """A robot by serial; where two makers share it, the choice between them."""
    actor.require("robots.view")
    maker_id = makers.maker_called(session, maker).id if maker else None
    try:
        unit = registry.by_serial(session, actor, serial, maker_id=maker_id)
    except registry.SharedSerial:
        found = registry.find_by_code(session, actor, serial)
        rows = queries.of_ids(session, actor, [unit.id for unit in found])
        return render(request, "robots/chooser.html", rows=rows)
    (row,) = queries.of_ids(session, actor, [unit.id])
    return render(
        request,
        "robots/robot.html",
        block="timeline",
        row=row,
        unit=row.unit,
        components=queries.components(session, unit.id),
        lines=timeline.of_unit(session, unit.id, cursor=before or None, most=_LINES_SHOWN),
        before=before,
        here=addresses.robot_page(unit.serial, maker=maker),
        inspection=addresses.inspection_page(unit.serial, maker=maker),
        holder_page=addresses.owner_page(row.claim.owner) if row.claim else "",
        holding=HOLDING_LABELS[unit.holding],
        custody=CUSTODY_LABELS[unit.custody],
        cost=_cost(actor, row),
    )


def _cost(actor: Actor, row: RobotRow) -> Money | None:
    """What the store paid: for those alone who may change the robot's record."""
    return Money(row.unit.cost_minor, row.unit.currency) if actor.may("robots.edit") else None


def _number(text: str) -> int | None:
    """A number from an address, if it is one that a row can have."""
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(_LARGEST_NUMBER))):
        return None
    return int(text) if int(text) <= _LARGEST_NUMBER else None
