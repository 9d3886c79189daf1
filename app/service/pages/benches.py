"""The store's benches, and what its people can do."""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from app.identity import staff
from app.identity.guard import Acting, SignedIn
from app.kernel.actor import Actor
from app.kernel.errors import StoreError
from app.service import benches
from app.service.forms import BareForm, lines_of
from app.service.planforms import BenchForm, SkillsForm
from app.service.planning_models import BENCH_LABELS
from app.web.errors import status_of
from app.web.forms import StoreForm, problems_of
from app.web.idempotent import once
from app.web.rendering import render
from app.web.sessions import ReadSession, WriteSession
from app.web.wire import RowId

router = APIRouter(prefix="/service/benches")


@router.get("")
def list_benches(request: Request, session: ReadSession, actor: SignedIn) -> Response:
    return _page(request, session, actor)


@router.post("")
@once
def add(
    request: Request, session: WriteSession, actor: Acting, form: Annotated[BenchForm, Form()]
) -> Response:
    def act() -> None:
        benches.add(session, actor, name=form.name, kind=form.read())

    return _do(request, session, actor, form, act)


@router.post("/people/{staff_id}")
@once
def set_skills(
    request: Request,
    session: WriteSession,
    actor: Acting,
    staff_id: RowId,
    form: Annotated[SkillsForm, Form()],
) -> Response:
    def act() -> None:
        benches.set_skills(session, actor, staff_id, lines_of(form.skills))

    return _do(request, session, actor, form, act, person=staff_id)


@router.post("/{bench_id}/archive")
@once
def archive(
    request: Request,
    session: WriteSession,
    actor: Acting,
    bench_id: RowId,
    form: Annotated[BareForm, Form()],
) -> Response:
    def act() -> None:
        benches.archive(session, actor, benches.by_id(session, actor, bench_id))

    return _do(request, session, actor, form, act)


@router.post("/{bench_id}/restore")
@once
def restore(
    request: Request,
    session: WriteSession,
    actor: Acting,
    bench_id: RowId,
    form: Annotated[BareForm, Form()],
) -> Response:
    def act() -> None:
        benches.restore(session, actor, benches.by_id(session, actor, bench_id))

    return _do(request, session, actor, form, act)


def _do(
    request: Request,
    session: Session,
    actor: Actor,
    form: StoreForm,
    act: Callable[[], None],
    *,
    person: int = 0,
) -> Response:
    try:
        act()
    except StoreError as refusal:
        session.rollback()
        return _page(request, session, actor, typed=form.typed(), refusal=refusal, person=person)
    return RedirectResponse("/service/benches", 303)


def _page(
    request: Request,
    session: Session,
    actor: Actor,
    *,
    typed: dict[str, Any] | None = None,
    refusal: StoreError | None = None,
    person: int = 0,
) -> Response:
    actor.require("service.view")
    return render(
        request,
        "service/benches.html",
        status=status_of(refusal) if refusal else 200,
        path="/service/benches",
        benches=benches.listed(session, actor.store_id),
        people=staff.of_store(session, actor.store_id, working=True),
        skills=benches.skills(session, actor.store_id),
        kinds=BENCH_LABELS,
        form=BenchForm().typed() | (typed or {}),
        person=person,
        problems=problems_of(refusal) if refusal else {},
    )
