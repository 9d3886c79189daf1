"""What is on file of a model: documents, its class under the AI Act, figures with their sources."""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from app.identity.guard import Acting, SignedIn
from app.kernel.actor import Actor
from app.kernel.errors import StoreError
from app.robots import addresses, aiclasses, documents, figures, makers
from app.robots.dutyforms import ClassForm, FigureForm, ReasonForm
from app.robots.models import RobotModel
from app.robots.pages.documents import DocumentUpload, document_words
from app.stores import desk
from app.web.errors import status_of
from app.web.files import files_of
from app.web.forms import StoreForm, problems_of
from app.web.idempotent import once
from app.web.rendering import render
from app.web.sessions import ReadSession, WriteSession
from app.web.wire import RowId

router = APIRouter(prefix="/robots/models/{model_id}")


@router.get("/documents")
def show_model_documents(
    request: Request, session: ReadSession, actor: SignedIn, model_id: RowId
) -> Response:
    actor.require("robots.view")
    return _page(request, session, actor, makers.model_by_id(session, model_id))


@router.post("/documents")
@once
def file_model_document(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    model_id: RowId,
    form: Annotated[DocumentUpload, Form()],
) -> Response:
    def act(model: RobotModel) -> None:
        files = files_of(request)
        documents.add(session, actor, model, form.read(), sent=form.sent(), files=files)

    return _do(request, session, actor, model_id, act=act, which="document", form=form)


@router.post("/class")
@once
def assess_model(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    model_id: RowId,
    form: Annotated[ClassForm, Form()],
) -> Response:
    def act(model: RobotModel) -> None:
        aiclasses.assess(session, actor, model, form.read())

    return _do(request, session, actor, model_id, act=act, which="class", form=form)


@router.post("/figures")
@once
def say_figure(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    model_id: RowId,
    form: Annotated[FigureForm, Form()],
) -> Response:
    def act(model: RobotModel) -> None:
        figures.say(session, actor, model, form.read())

    return _do(request, session, actor, model_id, act=act, which="figure", form=form)


@router.post("/figures/{figure_id}/withdraw")
@once
def withdraw_figure(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    model_id: RowId,
    figure_id: RowId,
    form: Annotated[ReasonForm, Form()],
) -> Response:
    def act(model: RobotModel) -> None:
        figures.withdraw(session, actor, model, figure_id)

    return _do(request, session, actor, model_id, act=act, which="withdraw", form=form)


def _do(
    request: Request,
    session: Session,
    actor: Actor,
    model_id: int,
    *,
    act: Callable[[RobotModel], object],
    which: str,
    form: StoreForm,
) -> Response:
    model = makers.model_by_id(session, model_id)
    try:
        act(model)
    except StoreError as refusal:
        session.rollback()
        model = makers.model_by_id(session, model_id)
        refused = (which, form.typed(), refusal)
        return _page(request, session, actor, model, refused=refused)
    return RedirectResponse(addresses.model_documents_page(model_id), 303)


def _page(
    request: Request,
    session: Session,
    actor: Actor,
    model: RobotModel,
    *,
    refused: tuple[str, dict[str, Any], StoreError] | None = None,
) -> Response:
    which, typed, refusal = refused or ("", {}, None)
    page = document_words() | {
        "model": model,
        "here": addresses.model_documents_page(model.id),
        "base": f"/robots/models/{model.id}",
        "documents": documents.of_model(session, model.id),
        "classes": aiclasses.history(session, model.id),
        "figures": figures.of_model(session, model.id),
        "today": desk.business_day_of(desk.store_of(session, actor.store_id)),
        "which": which,
        "form": DocumentUpload().typed() | ClassForm().typed() | FigureForm().typed() | typed,
        "problems": problems_of(refusal) if refusal else {},
    }
    status = status_of(refusal) if refusal else 200
    return render(request, "robots/model_documents.html", status=status, **page)
