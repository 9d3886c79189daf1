"""Places: rooms, bins, benches, vans; what lies in each, and their labels."""

from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from app.identity.guard import Acting, SignedIn
from app.kernel.actor import Actor
from app.kernel.errors import StoreError
from app.kernel.quantity import row_number
from app.kernel.searchkeys import clean
from app.parts import addresses, placelook, places
from app.parts.forms import PlaceNamesForm
from app.parts.models import SINGLE
from app.robots.addresses import component_page
from app.web.errors import status_of
from app.web.forms import StoreForm, problems_of
from app.web.idempotent import once
from app.web.rendering import render
from app.web.sessions import ReadSession, WriteSession
from app.web.wire import RowId

router = APIRouter(prefix="/parts/places")


@router.get("")
def list_places(
    request: Request, session: ReadSession, actor: SignedIn, q: str = "", cursor: str = ""
) -> Response:
    return _list(request, session, actor, q=q, cursor=cursor)


@router.post("")
@once
def add_place(
    request: Request,
    session: WriteSession,
    actor: Acting,
    form: Annotated[PlaceNamesForm, Form()],
) -> Response:
    try:
        made = places.add(
            session,
            actor,
            kind=form.read_kind(),
            name=form.name,
            code=form.code,
            parent_id=row_number(form.room),
        )
    except StoreError as refusal:
        session.rollback()
        return _list(request, session, actor, refused=(form.typed(), refusal))
    return RedirectResponse(addresses.place_page(made.id), 303)


@router.get("/{place_id}")
def show_place(
    request: Request, session: ReadSession, actor: SignedIn, place_id: RowId
) -> Response:
    return _one(request, session, actor, place_id)


@router.post("/{place_id}")
@once
def change_place(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    place_id: RowId,
    form: Annotated[PlaceNamesForm, Form()],
) -> Response:
    place = places.by_id(session, actor, place_id)
    try:
        places.rename(
            session,
            actor,
            place,
            name=form.name,
            code=form.code,
            parent_id=row_number(form.room),
        )
    except StoreError as refusal:
        session.rollback()
        return _one(request, session, actor, place_id, refused=(form.typed(), refusal))
    return RedirectResponse(addresses.place_page(place.id), 303)


@router.post("/{place_id}/archive")
def archive_place(
    request: Request,
    session: WriteSession,
    actor: Acting,
    place_id: RowId,
    form: Annotated[StoreForm, Form()],  # noqa: ARG001 - reads the page's token
) -> Response:
    place = places.by_id(session, actor, place_id)
    try:
        places.archive(session, actor, place)
    except StoreError as refusal:
        session.rollback()
        return _one(request, session, actor, place_id, refused=({}, refusal))
    return RedirectResponse("/parts/places", 303)


_Refused = tuple[dict[str, Any], StoreError]


def _list(
    request: Request,
    session: Session,
    actor: Actor,
    *,
    q: str = "",
    cursor: str = "",
    refused: _Refused | None = None,
) -> Response:
    typed, refusal = refused or ({}, None)
    return render(
        request,
        "parts/places.html",
        block="rows",
        status=status_of(refusal) if refusal else 200,
        page=placelook.listed(session, actor, text=clean(q), cursor=cursor or None),
        q=q,
        cursor=cursor,
        kind_labels=places.KIND_LABELS,
        kinds=[(kind.value, places.KIND_LABELS[kind]) for kind in placelook.KINDS],
        rooms=_rooms(session, actor),
        form=PlaceNamesForm().typed() | typed,
        problems=problems_of(refusal) if refusal else {},
    )


def _one(
    request: Request,
    session: Session,
    actor: Actor,
    place_id: int,
    *,
    refused: _Refused | None = None,
) -> Response:
    actor.require("stock.view")
    place = places.by_id(session, actor, place_id)
    typed, refusal = refused or ({}, None)
    known = {
        "name": place.name,
        "code": place.code,
        "room": str(place.parent_id or ""),
        "kind": place.kind.value,
    }
    return render(
        request,
        "parts/place.html",
        status=status_of(refusal) if refusal else 200,
        place=place,
        label=places.label_of(place),
        kind_label=places.KIND_LABELS[place.kind],
        is_single=place.kind in SINGLE,
        contents=placelook.contents(session, place),
        rooms=_rooms(session, actor),
        form=known | typed,
        problems=problems_of(refusal) if refusal else {},
        part_page=addresses.part_page,
        component_page=component_page,
        here=addresses.place_page(place.id),
    )


def _rooms(session: Session, actor: Actor) -> list[tuple[str, str]]:
    return [("", "–"), *((str(room.id), room.name) for room in placelook.rooms(session, actor))]
