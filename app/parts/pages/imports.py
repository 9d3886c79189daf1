"""Files of parts, prices and opening stock: chosen, understood, checked, taken in whole."""

from typing import Annotated

from fastapi import APIRouter, Form, Request, UploadFile
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from app.identity.guard import Acting, SignedIn
from app.kernel.actor import Actor
from app.kernel.csvreading import ENCODINGS, SEPARATORS
from app.kernel.errors import StoreError
from app.kernel.quantity import row_number
from app.kernel.text import Text
from app.parts import importfields, importfiles, imports
from app.parts.countforms import read_kind
from app.parts.import_models import ImportKind, ImportState, PartImport
from app.parts.importfields import FIELDS, KIND_LABELS
from app.parts.imports import AT_WORK, PERMISSIONS, STATE_LABELS, Look
from app.web.errors import status_of
from app.web.forms import StoreForm, Typed, problems_of
from app.web.idempotent import once
from app.web.rendering import render
from app.web.sessions import ReadSession, WriteSession
from app.web.submitted import Submitted
from app.web.wire import Number

router = APIRouter(prefix="/parts/imports")

_PAGE = 30
_SHOWN = 200
_COLUMN = "column-"
_TONES = {
    ImportState.STAGED: "warn",
    ImportState.CHECKING: "info",
    ImportState.CHECKED: "warn",
    ImportState.IMPORTING: "info",
    ImportState.DONE: "ok",
    ImportState.CANCELLED: "",
}


class LookForm(StoreForm):
    encoding: Typed = ""
    separator: Typed = ""


@router.get("")
def list_imports(
    request: Request, session: ReadSession, actor: SignedIn, before: str = "", kind: str = ""
) -> Response:
    actor.require("stock.view")
    return _list(request, session, actor, before=row_number(before), kind=kind)


@router.post("")
def stage(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    kind: Annotated[str, Form()] = "",
    file: UploadFile | None = None,
) -> Response:
    """Lay the chosen file aside and go to its columns; nothing is taken in yet."""
    try:
        row = imports.stage(
            session,
            actor,
            read_kind(kind),
            file_name=(file.filename if file else None) or "",
            # one byte more than allowed is enough to be refused
            data=file.file.read(importfiles.MOST_BYTES + 1) if file else b"",
        )
    except StoreError as refusal:
        session.rollback()
        return _list(request, session, actor, kind=kind, refusal=refusal)
    return RedirectResponse(imports.page_of(row), 303)


@router.get("/{number}")
def show_import(
    request: Request, session: ReadSession, actor: SignedIn, number: Number, columns: str = ""
) -> Response:
    """One file, however far it is; `columns=change` shows its columns again."""
    row = imports.by_number(session, actor, number)
    return _page(request, session, actor, row, changes=columns == "change")


@router.post("/{number}/look")
def look_again(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    number: Number,
    form: Annotated[LookForm, Form()],
) -> Response:
    """Read the file in another encoding, or with another separator."""
    row = imports.by_number(session, actor, number)
    try:
        imports.look_again(session, actor, row, Look(form.encoding, form.separator))
    except StoreError as refusal:
        session.rollback()
        row = imports.by_number(session, actor, number)
        return _page(request, session, actor, row, refusal=refusal)
    return RedirectResponse(imports.page_of(row), 303)


@router.post("/{number}/check")
@once
def check(
    request: Request, session: WriteSession, actor: Acting, *, number: Number, form: Submitted
) -> Response:
    """Take the columns as they were chosen, and have every row looked at."""
    row = imports.by_number(session, actor, number)
    chosen = [form.values.get(f"{_COLUMN}{at}", "") for at in range(len(imports.titles_of(row)))]
    try:
        imports.choose_columns(session, actor, row, chosen)
        imports.ask_check(session, actor, row)
    except StoreError as refusal:
        session.rollback()
        row = imports.by_number(session, actor, number)
        return _page(request, session, actor, row, chosen=chosen, changes=True, refusal=refusal)
    return RedirectResponse(imports.page_of(row), 303)


@router.post("/{number}/import")
@once
def take_in(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    number: Number,
    form: Submitted,  # noqa: ARG001 - `once` reads its token
) -> Response:
    row = imports.by_number(session, actor, number)
    try:
        imports.ask_import(session, actor, row)
    except StoreError as refusal:
        session.rollback()
        row = imports.by_number(session, actor, number)
        return _page(request, session, actor, row, refusal=refusal)
    return RedirectResponse(imports.page_of(row), 303)


@router.post("/{number}/cancel")
def cancel(
    request: Request,  # noqa: ARG001 - as every page
    session: WriteSession,
    actor: Acting,
    number: Number,
) -> Response:
    row = imports.by_number(session, actor, number)
    imports.cancel(session, actor, row)
    return RedirectResponse(imports.page_of(row), 303)


def _list(
    request: Request,
    session: Session,
    actor: Actor,
    *,
    before: int | None = None,
    kind: str = "",
    refusal: StoreError | None = None,
) -> Response:
    rows = imports.listed(session, actor, before=before, most=_PAGE + 1)
    return render(
        request,
        "parts/imports.html",
        status=status_of(refusal) if refusal else 200,
        rows=rows[:_PAGE],
        before=before,
        more=len(rows) > _PAGE,
        kinds=[
            (each, KIND_LABELS[each], [field.label for field in FIELDS[each]])
            for each in ImportKind
            if actor.may(PERMISSIONS[each])
        ],
        kind=kind,
        kind_labels=KIND_LABELS,
        state_labels=STATE_LABELS,
        tones=_TONES,
        label=imports.label_of,
        problems=problems_of(refusal) if refusal else {},
    )


def _page(
    request: Request,
    session: Session,
    actor: Actor,
    row: PartImport,
    *,
    chosen: list[str] | None = None,
    changes: bool = False,
    refusal: StoreError | None = None,
) -> Response:
    problems: dict[str, Text] = problems_of(refusal) if refusal else {}
    waits = row.state in {ImportState.STAGED, ImportState.CHECKED}
    found = imports.problems_of(row)
    return render(
        request,
        "parts/import.html",
        block="work",
        status=status_of(refusal) if refusal else 200,
        row=row,
        here=imports.page_of(row),
        label=imports.label_of(row),
        kind_label=KIND_LABELS[row.kind],
        state_label=STATE_LABELS[row.state],
        tone=_TONES[row.state],
        at_work=row.state in AT_WORK,
        maps=actor.may(PERMISSIONS[row.kind])
        and (row.state is ImportState.STAGED or (waits and changes)),
        may=actor.may(PERMISSIONS[row.kind]),
        fields=FIELDS[row.kind],
        titles=imports.titles_of(row),
        columns=chosen if chosen is not None else imports.columns_of(row),
        sample=imports.sample_of(row),
        encodings=[(each, each) for each in ENCODINGS],
        separators=list(SEPARATORS.items()),
        earlier=imports.earlier(session, row) if waits else None,
        found=found[:_SHOWN],
        more=max(row.problem_count - len(found[:_SHOWN]), 0),
        field_label=lambda name: getattr(importfields.field_of(row.kind, name), "label", None),
        problems=problems,
    )
