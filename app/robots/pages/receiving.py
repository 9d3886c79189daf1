"""Receiving by delivery note: choose a file, look at its rows, confirm."""

from typing import Annotated

from fastapi import APIRouter, Form, Request, UploadFile
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from app.identity.guard import Acting, SignedIn
from app.kernel.actor import Actor
from app.kernel.errors import StoreError
from app.kernel.quantity import row_number
from app.kernel.text import Text
from app.robots import addresses, awaited, receiving
from app.robots.deliverynotes import COLUMNS, MOST_BYTES, READ_OFF, REQUIRED
from app.robots.forms import ConfirmForm
from app.robots.receiving import Preview
from app.web.errors import status_of
from app.web.forms import problems_of
from app.web.idempotent import once
from app.web.rendering import render
from app.web.sessions import ReadSession, WriteSession

router = APIRouter(prefix="/robots")

_ROWS_SHOWN = 200


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
    return _preview(request, session, actor, sha256, rows=rows, after=row_number(after) or 0)


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
        read_off_columns=READ_OFF,
        awaited=awaited.of(session, actor, _models_of(preview)),
    )


def _models_of(preview: Preview) -> set[int]:
    models = (row.candidate.model for row in preview.rows)
    return {model.id for model in models if model is not None}
