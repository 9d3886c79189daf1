"""The people of the store, for whoever manages them."""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Form, Request
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from app.identity import staff
from app.identity.forms import NameForm, RoleForm, SecretForm, StaffForm
from app.identity.guard import Acting, SignedIn
from app.identity.models import Staff
from app.identity.roles import ROLE_LABELS, grantable
from app.kernel.actor import Actor
from app.kernel.errors import StoreError
from app.kernel.text import Text
from app.web.errors import status_of
from app.web.forms import StoreForm, problems_of
from app.web.qr import qr_code
from app.web.rendering import render
from app.web.sessions import ReadSession, WriteSession
from app.web.wire import RowId

router = APIRouter(prefix="/settings/staff")


@router.get("")
def list_staff(request: Request, session: ReadSession, actor: SignedIn) -> Response:
    actor.require("staff.manage")
    return render(
        request,
        "identity/staff.html",
        people=staff.of_store(session, actor.store_id),
        labels=ROLE_LABELS,
    )


@router.get("/new")
def ask_person(request: Request, actor: SignedIn) -> Response:
    actor.require("staff.manage")
    return _new(request, actor, form={}, problems={})


@router.post("/new")
def add_person(
    request: Request,
    session: WriteSession,
    actor: Acting,
    form: Annotated[StaffForm, Form()],
) -> Response:
    try:
        new = form.read()
        person = staff.add(
            session,
            actor,
            login=new.login,
            name=new.name,
            role=new.role,
            password=new.password,
            pin=new.pin,
        )
    except StoreError as refusal:
        session.rollback()
        return _new(
            request,
            actor,
            form=form.typed(),
            problems=problems_of(refusal),
            status=status_of(refusal),
        )
    return RedirectResponse(f"/settings/staff/{person.id}", 303)


@router.get("/{staff_id}")
def show_person(
    request: Request, session: ReadSession, actor: SignedIn, staff_id: RowId
) -> Response:
    actor.require("staff.manage")
    return _person(request, session, actor, staff.by_id(session, actor, staff_id))


@router.post("/{staff_id}/name")
def rename(
    request: Request,
    session: WriteSession,
    actor: Acting,
    staff_id: RowId,
    form: Annotated[NameForm, Form()],
) -> Response:
    return _change(
        request,
        session,
        actor,
        staff_id,
        lambda person: staff.rename(session, actor, person, form.name),
        form=form,
    )


@router.post("/{staff_id}/role")
def change_role(
    request: Request,
    session: WriteSession,
    actor: Acting,
    staff_id: RowId,
    form: Annotated[RoleForm, Form()],
) -> Response:
    return _change(
        request,
        session,
        actor,
        staff_id,
        lambda person: staff.change_role(session, actor, person, form.read()),
        form=form,
    )


@router.post("/{staff_id}/pin")
def give_pin(
    request: Request,
    session: WriteSession,
    actor: Acting,
    staff_id: RowId,
    form: Annotated[SecretForm, Form()],
) -> Response:
    return _change(
        request,
        session,
        actor,
        staff_id,
        lambda person: staff.set_pin(session, actor, person, form.pin),
    )


@router.post("/{staff_id}/password")
def give_password(
    request: Request,
    session: WriteSession,
    actor: Acting,
    staff_id: RowId,
    form: Annotated[SecretForm, Form()],
) -> Response:
    return _change(
        request,
        session,
        actor,
        staff_id,
        lambda person: staff.set_password(session, actor, person, form.password),
    )


@router.post("/{staff_id}/badge")
def make_badge(
    request: Request,
    session: WriteSession,
    actor: Acting,
    staff_id: RowId,
    form: Annotated[StoreForm, Form()],  # noqa: ARG001 - read for its CSRF token
) -> Response:
    """The new badge, to print or photograph now: its code is shown this once, and kept nowhere."""
    person = staff.by_id(session, actor, staff_id)
    code = staff.new_badge(session, actor, person)
    return render(request, "identity/badge.html", person=person, code=code, drawing=qr_code(code))


@router.post("/{staff_id}/badge/take")
def take_badge(
    request: Request,
    session: WriteSession,
    actor: Acting,
    staff_id: RowId,
    form: Annotated[StoreForm, Form()],  # noqa: ARG001 - read for its CSRF token
) -> Response:
    return _change(
        request,
        session,
        actor,
        staff_id,
        lambda person: staff.take_badge(session, actor, person),
    )


@router.post("/{staff_id}/disable")
def disable(
    request: Request,
    session: WriteSession,
    actor: Acting,
    staff_id: RowId,
    form: Annotated[StoreForm, Form()],  # noqa: ARG001 - read for its CSRF token
) -> Response:
    return _change(
        request, session, actor, staff_id, lambda person: staff.disable(session, actor, person)
    )


@router.post("/{staff_id}/enable")
def enable(
    request: Request,
    session: WriteSession,
    actor: Acting,
    staff_id: RowId,
    form: Annotated[StoreForm, Form()],  # noqa: ARG001 - read for its CSRF token
) -> Response:
    return _change(
        request, session, actor, staff_id, lambda person: staff.enable(session, actor, person)
    )


@router.post("/{staff_id}/unlock")
def unlock(
    request: Request,
    session: WriteSession,
    actor: Acting,
    staff_id: RowId,
    form: Annotated[StoreForm, Form()],  # noqa: ARG001 - read for its CSRF token
) -> Response:
    return _change(
        request, session, actor, staff_id, lambda person: staff.unlock(session, actor, person)
    )


def _change(
    request: Request,
    session: Session,
    actor: Actor,
    staff_id: int,
    change: Callable[[Staff], None],
    *,
    form: StoreForm | None = None,
) -> Response:
    """Do one thing with a person, and show them again; a refusal beside what was typed."""
    person = staff.by_id(session, actor, staff_id)
    try:
        change(person)
    except StoreError as refusal:
        session.rollback()
        return _person(
            request,
            session,
            actor,
            staff.by_id(session, actor, staff_id),
            form=form.typed() if form else {},
            problems=problems_of(refusal),
            status=status_of(refusal),
        )
    return RedirectResponse(f"/settings/staff/{person.id}", 303)


def _person(
    request: Request,
    session: Session,
    actor: Actor,
    person: Staff,
    *,
    form: dict[str, str] | None = None,
    problems: dict[str, Text] | None = None,
    status: int = 200,
) -> Response:
    return render(
        request,
        "identity/person.html",
        status=status,
        person=person,
        minutes_locked=staff.locks_of(session, person),
        roles=grantable(actor),
        form=form or {},
        problems=problems or {},
    )


def _new(
    request: Request,
    actor: Actor,
    *,
    form: dict[str, str],
    problems: dict[str, Text],
    status: int = 200,
) -> Response:
    return render(
        request,
        "identity/person_new.html",
        status=status,
        roles=grantable(actor),
        form=form,
        problems=problems,
    )
