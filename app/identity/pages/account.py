"""One's own account: PIN, password, and out of every browser at once."""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from app.identity import signing, staff
from app.identity.forms import OwnPasswordForm, OwnPinForm
from app.identity.guard import SignedIn
from app.identity.models import Staff
from app.identity.signing import Claim
from app.kernel.actor import Actor
from app.kernel.errors import StoreError
from app.kernel.text import Text
from app.web.errors import status_of
from app.web.forms import problems_of
from app.web.rendering import render
from app.web.sessions import ReadSession, WriteSession

router = APIRouter(prefix="/account")


@router.get("")
def show_account(
    request: Request, session: ReadSession, actor: SignedIn, done: str = ""
) -> Response:
    return _page(request, _oneself(session, actor), done=done)


def claim_for_pin(
    session: ReadSession, actor: SignedIn, form: Annotated[OwnPinForm, Form()]
) -> Claim:
    """The present password, compared before the writing session takes its turn."""
    login = _oneself(session, actor).login
    return signing.claim_by_password(session, login=login, password=form.current)


def claim_for_password(
    session: ReadSession, actor: SignedIn, form: Annotated[OwnPasswordForm, Form()]
) -> Claim:
    login = _oneself(session, actor).login
    return signing.claim_by_password(session, login=login, password=form.current)


@router.post("/pin")
def change_pin(
    request: Request,
    actor: SignedIn,
    claim: Annotated[Claim, Depends(claim_for_pin, scope="function")],
    session: WriteSession,
    form: Annotated[OwnPinForm, Form()],
) -> Response:
    return _change(
        request,
        session,
        actor,
        claim=claim,
        what="pin",
        change=lambda: staff.change_own_pin(session, actor, claim, pin=form.pin),
    )


@router.post("/password")
def change_password(
    request: Request,
    actor: SignedIn,
    claim: Annotated[Claim, Depends(claim_for_password, scope="function")],
    session: WriteSession,
    form: Annotated[OwnPasswordForm, Form()],
) -> Response:
    return _change(
        request,
        session,
        actor,
        claim=claim,
        what="password",
        change=lambda: staff.change_own_password(
            session,
            actor,
            claim,
            password=form.read(),
            this_session=request.state.session_id,
        ),
    )


def _change(
    request: Request,
    session: Session,
    actor: Actor,
    *,
    claim: Claim,
    what: str,
    change: Callable[[], None],
) -> Response:
    """Change one secret; a wrong present password counts, and says so beside its field."""
    doubt = signing.doubt(session, claim, terminal=None)
    if doubt is not None:
        problems = {"current": doubt}
        return _page(request, _oneself(session, actor), at=what, problems=problems, status=422)
    try:
        change()
    except StoreError as refusal:
        session.rollback()
        return _page(
            request,
            _oneself(session, actor),
            at=what,
            problems=problems_of(refusal),
            status=status_of(refusal),
        )
    return RedirectResponse(f"/account?done={what}", 303)


def _oneself(session: Session, actor: Actor) -> Staff:
    return staff.by_id(session, actor, actor.staff_id or 0)


def _page(
    request: Request,
    person: Staff,
    *,
    done: str = "",
    at: str = "",
    problems: dict[str, Text] | None = None,
    status: int = 200,
) -> Response:
    return render(
        request,
        "identity/account.html",
        status=status,
        person=person,
        done=done,
        pin_problems=problems if at == "pin" and problems else {},
        password_problems=problems if at == "password" and problems else {},
    )
