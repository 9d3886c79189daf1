"""The passport of a component: what it is, where it is, where it has been."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from app.identity.guard import Acting, SignedIn
from app.kernel import clock
from app.kernel.actor import Actor
from app.kernel.errors import StoreError
from app.robots import addresses, components, firmware, registry, storemoves, usage, whereabouts
from app.robots.slot_models import Occupant
from app.robots.slotforms import ComponentForm, SendForm, VersionForm
from app.robots.slotnames import CLASS_LABELS, name_of
from app.web.errors import status_of
from app.web.forms import problems_of
from app.web.idempotent import once
from app.web.rendering import render
from app.web.sessions import ReadSession, WriteSession
from app.web.wire import RowId

router = APIRouter(prefix="/robots/components")


@router.get("/{component_id}")
def show_component(
    request: Request, session: ReadSession, actor: SignedIn, component_id: RowId
) -> Response:
    actor.require("robots.view")
    return _component(request, session, actor, component_id)


@router.post("/{component_id}")
@once
def correct_component(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    component_id: RowId,
    form: Annotated[ComponentForm, Form()],
) -> Response:
    try:
        component = components.by_id(session, actor, component_id)
        components.identify(session, actor, component, form.read(component))
    except StoreError as refusal:
        session.rollback()
        return _component(
            request, session, actor, component_id, refused=("correct", form.typed(), refusal)
        )
    return RedirectResponse(addresses.component_page(component_id), 303)


@router.post("/{component_id}/firmware")
@once
def record_version(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    component_id: RowId,
    form: Annotated[VersionForm, Form()],
) -> Response:
    """The version that runs in a component, also while it is in no robot."""
    try:
        component = components.by_id(session, actor, component_id)
        actor.require("robots.record")
        stays = components.stays(session, component_id)
        present = stays[0] if stays and stays[0][0].until is None else None
        unit = registry.by_id(session, actor, present[0].unit_id) if present else None
        firmware.record_in_component(
            session, actor, component, form.version, unit=unit, reference=form.reference
        )
    except StoreError as refusal:
        session.rollback()
        return _component(
            request, session, actor, component_id, refused=("version", form.typed(), refusal)
        )
    return RedirectResponse(addresses.component_page(component_id), 303)


@router.post("/{component_id}/send")
@once
def send_component(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    component_id: RowId,
    form: Annotated[SendForm, Form()],
) -> Response:
    """To another store of the house; then it is no longer seen here."""
    try:
        component = components.by_id(session, actor, component_id)
        storemoves.send(session, actor, component, form.store, reason=form.reason)
    except StoreError as refusal:
        session.rollback()
        return _component(
            request, session, actor, component_id, refused=("send", form.typed(), refusal)
        )
    return RedirectResponse("/robots", 303)


def _component(
    request: Request,
    session: Session,
    actor: Actor,
    component_id: int,
    *,
    refused: tuple[str, dict[str, str], StoreError] | None = None,
) -> Response:
    component = components.by_id(session, actor, component_id)
    stays = components.stays(session, component_id)
    run = usage.hours_of_stays(session, Occupant.component_id == component_id, at=clock.now())
    which, typed, refusal = refused or ("", {}, None)
    kept = {
        "part_number": component.part_number,
        "name": component.name,
        "lot": component.lot,
        "made_on": component.made_on.isoformat() if component.made_on else "",
    }
    return render(
        request,
        "robots/component.html",
        status=status_of(refusal) if refusal else 200,
        component=component,
        class_label=CLASS_LABELS[component.slot_class],
        stays=stays,
        here=stays[0] if stays and stays[0][0].until is None else None,
        run=run,
        total_run=sum(run.values()) if run else None,
        passages=whereabouts.passages(session, component),
        moves=storemoves.passages(session, component),
        versions=firmware.history_of_component(session, component_id),
        name_of=name_of,
        slot_page=lambda unit, path: addresses.page_below(unit.serial, "slots", path),
        which=which,
        form=VersionForm().typed() | kept | SendForm().typed() | typed,
        seen_here={unit.id for _, unit in stays if unit.store_id == actor.store_id},
        others=[(store.code, store.name) for store in storemoves.others(session, actor)],
        problems=problems_of(refusal) if refusal else {},
    )
