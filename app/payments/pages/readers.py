"""The card readers of the account, and the one beside each till."""

from collections.abc import Callable, Mapping
from typing import Annotated

from fastapi import APIRouter, Form, Request
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from app.identity.guard import Acting, SignedIn
from app.kernel.actor import Actor
from app.kernel.errors import StoreError
from app.kernel.text import Text
from app.payments import readers
from app.payments.forms import NewReaderForm, ReaderForm
from app.payments.pages.terminal import till_of, till_or_none, to_till
from app.stores import desk
from app.web.errors import status_of
from app.web.forms import problems_of
from app.web.idempotent import once
from app.web.rendering import render
from app.web.sessions import ReadSession, WriteSession, database_of

router = APIRouter()


@router.get("/till/readers")
def list_readers(
    request: Request, session: ReadSession, actor: SignedIn, till: str = ""
) -> Response:
    """The card readers of the account, and which of them stands beside which till."""
    actor.require("settings.view")
    return _page(request, session, actor, chosen=till)


@router.post("/till/readers")
@once
def choose_reader(
    request: Request, session: WriteSession, actor: Acting, form: Annotated[ReaderForm, Form()]
) -> Response:
    readers.put_at(session, actor, till_of(request, session, actor, form.till), form.reader)
    return to_till(form)


@router.post("/till/readers/new")
def register_reader(
    request: Request, session: ReadSession, actor: SignedIn, form: Annotated[NewReaderForm, Form()]
) -> Response:
    """Asks the card service, so it runs in no transaction; what the reader shows works once."""
    return _done(
        request,
        session,
        actor,
        form,
        lambda: readers.register(database_of(request), actor, code=form.code, label=form.label),
    )


@router.post("/till/readers/{reader_id}/name")
def rename_reader(
    request: Request,
    session: ReadSession,
    actor: SignedIn,
    reader_id: str,
    form: Annotated[NewReaderForm, Form()],
) -> Response:
    return _done(
        request,
        session,
        actor,
        form,
        lambda: readers.rename(database_of(request), actor, reader_id, label=form.label),
        renamed=reader_id,
    )


@router.post("/till/readers/{reader_id}/remove")
def remove_reader(
    request: Request,
    session: ReadSession,
    actor: SignedIn,
    reader_id: str,
    form: Annotated[NewReaderForm, Form()],
) -> Response:
    return _done(
        request,
        session,
        actor,
        form,
        lambda: readers.remove(database_of(request), actor, reader_id),
    )


@router.post("/till/readers/{reader_id}/clear")
def clear_reader(
    request: Request,
    session: ReadSession,
    actor: SignedIn,
    reader_id: str,
    form: Annotated[NewReaderForm, Form()],
) -> Response:
    return _done(
        request,
        session,
        actor,
        form,
        lambda: readers.clear(database_of(request), actor, reader_id),
    )


def _done(
    request: Request,
    session: Session,
    actor: Actor,
    form: NewReaderForm,
    act: Callable[[], object],
    *,
    renamed: str = "",
) -> Response:
    """Back to the list; a refusal stands in it, with what was typed."""
    session.rollback()
    try:
        act()
    except StoreError as refusal:
        actor.require("settings.view")
        return _page(
            request,
            session,
            actor,
            chosen=form.till,
            form=form,
            problems=problems_of(refusal),
            renamed=renamed,
            answer=status_of(refusal),
        )
    here = f"?till={form.till}" if form.till.isdigit() else ""
    return RedirectResponse(f"/till/readers{here}", 303)


def _page(
    request: Request,
    session: Session,
    actor: Actor,
    *,
    chosen: str,
    form: NewReaderForm | None = None,
    problems: Mapping[str, Text] | None = None,
    renamed: str = "",
    answer: int = 200,
) -> Response:
    here = till_or_none(request, desk.tills_of(session, actor.store_id), chosen)
    beside = readers.tills_by_reader(session, actor)
    session.rollback()
    said = dict(problems or {})
    found = []
    try:
        found = readers.all_of(database_of(request))
    except StoreError as silence:
        said.setdefault("form", silence.message)
    return render(
        request,
        "payments/readers.html",
        readers=found,
        beside=beside,
        till=here,
        form=form or NewReaderForm(),
        problems=said,
        renamed=renamed,
        status=answer,
    )
