"""Imports as JSON: a file is sent, its columns are said, its rows checked and taken in."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, File, Form, Request, UploadFile
from pydantic import BaseModel, Field

from app.identity.guard import ApiReading, ApiWriting
from app.kernel.errors import Refused
from app.kernel.text import msg
from app.parts import importfiles, imports
from app.parts.import_models import ImportKind, ImportState, PartImport
from app.parts.importrows import Problem
from app.web import paging
from app.web.i18n import speech_of
from app.web.idempotent import once
from app.web.problems import refusals, refusals_of_writing
from app.web.sessions import ReadSession, WriteSession
from app.web.wire import Cursor, Number, PageOut, Sent

router = APIRouter(prefix="/api/v1/imports", tags=["parts"])


class ImportOut(BaseModel):
    """`columns` has the field that each column of the file fills, empty for none."""

    number: int
    kind: ImportKind
    file: str
    state: ImportState
    encoding: str
    titles: list[str]
    columns: list[str]
    rows_total: int
    rows_done: int
    rows_new: int
    rows_changed: int
    rows_same: int
    bad_rows: int
    staged_at: datetime
    staged_by: str
    ended_at: datetime | None


class ProblemOut(BaseModel):
    """Row 0 is the whole file."""

    row: int
    field: str
    detail: str


class ImportWholeOut(ImportOut):
    problems: list[ProblemOut]


class ColumnsIn(Sent):
    """The field that each column of the file fills; left out: as it was guessed."""

    columns: Annotated[list[Annotated[str, Field(max_length=40)]] | None, Field(max_length=60)] = (
        None
    )


@router.get("", responses=refusals())
def list_imports(
    session: ReadSession, actor: ApiReading, cursor: Cursor = ""
) -> PageOut[ImportOut]:
    """Imports, the newest first."""
    before = paging.decode(cursor, int)[0] if cursor else None
    rows = imports.listed(
        session, actor, before=int(before) if before is not None else None, most=paging.PAGE + 1
    )
    page = rows[: paging.PAGE]
    after = paging.encode(page[-1].number) if len(rows) > paging.PAGE else None
    return PageOut(items=[ImportOut(**_facts(row)) for row in page], next=after)


@router.post("", status_code=201, responses=refusals_of_writing())
@once
def stage_import(
    request: Request,
    session: WriteSession,
    actor: ApiWriting,
    *,
    kind: Annotated[ImportKind, Form()],
    file: Annotated[UploadFile, File(description="CSV or XLSX.")],
) -> ImportWholeOut:
    """Send a file; nothing of it is taken in yet."""
    row = imports.stage(
        session,
        actor,
        kind,
        file_name=file.filename or "",
        data=file.file.read(importfiles.MOST_BYTES + 1),
    )
    return _whole(request, row)


@router.get("/{number}", responses=refusals(404))
def get_import(
    request: Request, session: ReadSession, actor: ApiReading, number: Number
) -> ImportWholeOut:
    """How far a file is; ask again while it is `checking` or `importing`."""
    return _whole(request, imports.by_number(session, actor, number))


@router.post("/{number}/check", status_code=202, responses=refusals_of_writing(404))
@once
def check_import(
    request: Request,
    session: WriteSession,
    actor: ApiWriting,
    *,
    number: Number,
    sent: ColumnsIn,
) -> ImportWholeOut:
    """Have every row looked at."""
    row = imports.by_number(session, actor, number)
    if sent.columns is not None:
        if len(sent.columns) != len(imports.titles_of(row)):
            raise Refused(
                msg("The file has {count} columns.", count=len(imports.titles_of(row))),
                field="columns",
            )
        imports.choose_columns(session, actor, row, sent.columns)
    imports.ask_check(session, actor, row)
    return _whole(request, row)


@router.post("/{number}/import", status_code=202, responses=refusals_of_writing(404))
@once
def take_in_import(
    request: Request, session: WriteSession, actor: ApiWriting, number: Number
) -> ImportWholeOut:
    """Take a checked file in: all of it, or nothing."""
    row = imports.by_number(session, actor, number)
    imports.ask_import(session, actor, row)
    return _whole(request, row)


@router.post("/{number}/cancel", responses=refusals_of_writing(404))
@once
def cancel_import(
    request: Request, session: WriteSession, actor: ApiWriting, number: Number
) -> ImportWholeOut:
    row = imports.by_number(session, actor, number)
    imports.cancel(session, actor, row)
    return _whole(request, row)


def _whole(request: Request, row: PartImport) -> ImportWholeOut:
    voice = speech_of(request)

    def told(each: Problem) -> ProblemOut:
        return ProblemOut(row=each.row, field=each.field, detail=voice.say(each.text))

    return ImportWholeOut(problems=[told(each) for each in imports.problems_of(row)], **_facts(row))


def _facts(row: PartImport) -> dict[str, object]:
    return {
        "number": row.number,
        "kind": row.kind,
        "file": row.file_name,
        "state": row.state,
        "encoding": row.encoding,
        "titles": imports.titles_of(row),
        "columns": imports.columns_of(row),
        "rows_total": row.rows_total,
        "rows_done": row.rows_done,
        "rows_new": row.rows_new,
        "rows_changed": row.rows_changed,
        "rows_same": row.rows_same,
        "bad_rows": row.problem_count,
        "staged_at": row.staged_at,
        "staged_by": row.staged_by,
        "ended_at": row.ended_at,
    }
