"""The card readers of the account, and the one beside each till."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.responses import Response

from app.identity.guard import Acting, SignedIn
from app.payments import readers
from app.payments.forms import ReaderForm
from app.payments.pages.terminal import till_of, to_till
from app.web.idempotent import once
from app.web.rendering import render
from app.web.sessions import ReadSession, WriteSession, database_of

router = APIRouter()


@router.get("/till/readers")
def list_readers(
    request: Request, session: ReadSession, actor: SignedIn, till: str = ""
) -> Response:
    """The card readers of the account, to choose the one beside this till."""
    actor.require("settings.view")
    here = till_of(request, session, actor, till)
    session.rollback()
    found = readers.all_of(database_of(request))
    return render(request, "payments/readers.html", readers=found, till=here)


@router.post("/till/readers")
@once
def choose_reader(
    request: Request, session: WriteSession, actor: Acting, form: Annotated[ReaderForm, Form()]
) -> Response:
    readers.register(session, actor, till_of(request, session, actor, form.till), form.reader)
    return to_till(form)
