"""What may be chosen of each robot model: set up once, asked in every quote."""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from app.identity.guard import Acting, SignedIn
from app.kernel.actor import Actor
from app.kernel.errors import StoreError
from app.kernel.quantity import parse_quantity, row_number
from app.robots import makers, slotnames
from app.sales import catalogue, options
from app.sales.quoteforms import ChoiceForm, ExclusionForm, GroupForm
from app.web.errors import status_of
from app.web.forms import StoreForm, problems_of
from app.web.rendering import render
from app.web.sessions import ReadSession, WriteSession
from app.web.wire import RowId

router = APIRouter(prefix="/settings/options")


@router.get("")
def show_options(
    request: Request, session: ReadSession, actor: SignedIn, model: int = 0
) -> Response:
    actor.require("settings.view")
    return _page(request, session, actor, model_id=model)


@router.post("/groups")
def add_group(
    request: Request,
    session: WriteSession,
    actor: Acting,
    form: Annotated[GroupForm, Form()],
) -> Response:
    model_id = row_number(form.model) or 0

    def act() -> None:
        options.add_group(
            session,
            actor,
            model_id=model_id,
            name=form.name,
            slot_path=form.slot,
            least=0
            if form.least.strip() in {"", "0"}
            else parse_quantity(form.least, field="most"),
            most=parse_quantity(form.most, field="most"),
        )

    return _acted(request, session, actor, act=act, model_id=model_id, refused=("group", form))


@router.post("/choices")
def add_choice(
    request: Request,
    session: WriteSession,
    actor: Acting,
    form: Annotated[ChoiceForm, Form()],
) -> Response:
    """An answer: by the code of what is sold with it, or by its name alone."""
    group = options.group_by_id(session, actor, row_number(form.group) or 0)

    def act() -> None:
        code = form.product.strip()
        product = catalogue.require_code(session, actor, code) if code else None
        options.add_choice(session, actor, group, name=form.name, product=product)

    refused = (f"choice-{group.id}", form)
    return _acted(request, session, actor, act=act, model_id=group.model_id, refused=refused)


@router.post("/choices/{choice_id}/archive")
def archive_choice(
    request: Request,
    session: WriteSession,
    actor: Acting,
    choice_id: RowId,
    form: Annotated[StoreForm, Form()],
) -> Response:
    choice = options.choice_by_id(session, actor, choice_id)
    group = options.group_by_id(session, actor, choice.group_id)

    def act() -> None:
        options.archive_choice(session, actor, choice)

    return _acted(
        request, session, actor, act=act, model_id=group.model_id, refused=("group", form)
    )


@router.post("/exclusions")
def exclude(
    request: Request,
    session: WriteSession,
    actor: Acting,
    form: Annotated[ExclusionForm, Form()],
) -> Response:
    one = options.choice_by_id(session, actor, row_number(form.one) or 0)
    group = options.group_by_id(session, actor, one.group_id)

    def act() -> None:
        other = options.choice_by_id(session, actor, row_number(form.other) or 0)
        options.exclude(session, actor, one, other)

    return _acted(
        request, session, actor, act=act, model_id=group.model_id, refused=("exclusion", form)
    )


def _acted(
    request: Request,
    session: Session,
    actor: Actor,
    *,
    act: Callable[[], object],
    model_id: int,
    refused: tuple[str, StoreForm],
) -> Response:
    try:
        act()
    except StoreError as refusal:
        session.rollback()
        return _page(
            request,
            session,
            actor,
            model_id=model_id,
            which=refused[0],
            typed=refused[1].typed(),
            refusal=refusal,
        )
    return RedirectResponse(f"/settings/options?model={model_id}", 303)


def _page(
    request: Request,
    session: Session,
    actor: Actor,
    *,
    model_id: int,
    which: str = "",
    typed: dict[str, Any] | None = None,
    refusal: StoreError | None = None,
) -> Response:
    models = makers.models(session)
    chosen = next((one for one in models if one.id == model_id), models[0] if models else None)
    groups = options.of_model(session, actor, chosen.id) if chosen else []
    names = {choice.id: choice.name for group in groups for choice in group.choices}
    return render(
        request,
        "sales/options.html",
        status=status_of(refusal) if refusal else 200,
        models=models,
        model=chosen,
        groups=groups,
        names=names,
        exclusions=options.exclusions_of(session, groups),
        slots=[("", "–")]
        + [(path, slotnames.name_of(path)) for path in options.slots_of(session, chosen.id)]
        if chosen
        else [],
        slot_names={group.id: slotnames.name_of(group.slot_path) for group in groups},
        which=which,
        typed=typed or {},
        problems=problems_of(refusal) if refusal else {},
    )
