"""Labels for parts and for places: on screen, as PDF, for Zebra printers."""

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from pydantic import Field
from sqlalchemy.orm import Session
from starlette.responses import Response

from app.identity.guard import SignedIn
from app.kernel.actor import Actor
from app.kernel.errors import NotFound, Refused
from app.kernel.text import msg
from app.parts import addresses, catalogue, places
from app.parts.models import Part, Place
from app.parts.pages.asked import asked_part
from app.settings import Settings
from app.web import labels
from app.web.i18n import speech_of
from app.web.labels import STOCKS, Label
from app.web.rendering import render
from app.web.sessions import ReadSession
from app.web.wire import RowId

router = APIRouter(prefix="/parts")
# The decorator nearest to its function is asked first: so `/part/…` is never read as a number.

_DEFAULT_STOCK = "62x29"
_MOST = 200
_NOT_KEPT: Mapping[str, str] = {"Cache-Control": "no-store"}
_Numbers = Annotated[list[str], Query(max_length=_MOST)]
_PlaceId = Annotated[int, Field(ge=1, le=2**63 - 1)]
_Places = Annotated[list[_PlaceId], Query(max_length=_MOST)]


@router.get("/labels")
def show_labels(
    request: Request,
    session: ReadSession,
    actor: SignedIn,
    *,
    number: _Numbers = [],  # noqa: B006 - FastAPI copies it
    place: _Places = [],  # noqa: B006 - FastAPI copies it
    stock: str = _DEFAULT_STOCK,
) -> Response:
    """Labels of several parts or places at once."""
    parts, bins = _ticked(session, actor, number, place)
    material = _stock(stock)

    def address(file: str, chosen: str) -> str:
        numbers = [("number", part.number) for part in parts]
        ids = [("place", str(one.id)) for one in bins]
        return f"/parts/{file}?{urlencode([*numbers, *ids, ('stock', chosen)])}"

    looks = [
        (part.number, addresses.page_below(part.number, "label.svg", stock=material.name))
        for part in parts
    ]
    looks += [
        (_of_place(request, one).identity, _place_file(one, "label.svg", material.name))
        for one in bins
    ]
    sizes = [
        {"href": address("labels", name), "label": name, "current": name == stock}
        for name in STOCKS
    ]
    return render(
        request,
        "parts/labels.html",
        looks=looks,
        sizes=sizes,
        files=[(kind, address(f"labels.{kind}", stock)) for kind in ("pdf", "zpl")],
    )


@router.get("/labels.{kind}")
def print_labels(
    request: Request,
    session: ReadSession,
    actor: SignedIn,
    *,
    kind: str,
    number: _Numbers = [],  # noqa: B006 - FastAPI copies it
    place: _Places = [],  # noqa: B006 - FastAPI copies it
    stock: str = _DEFAULT_STOCK,
) -> Response:
    parts, bins = _ticked(session, actor, number, place)
    made = [_of_part(request, part) for part in parts]
    made += [_of_place(request, one) for one in bins]
    return _file(made, kind, _stock(stock))


@router.get("/places/{place_id}/label")
def show_place_label(
    request: Request,
    session: ReadSession,
    actor: SignedIn,
    *,
    place_id: RowId,
    stock: str = _DEFAULT_STOCK,
) -> Response:
    actor.require("stock.view")
    place = places.by_id(session, actor, place_id)
    return _one(
        request,
        label=_of_place(request, place),
        here=addresses.place_page(place.id),
        below=lambda file, chosen: _place_file(place, file, chosen),
        stock=stock,
    )


@router.get("/places/{place_id}/label.{kind}")
def print_place_label(
    request: Request,
    session: ReadSession,
    actor: SignedIn,
    *,
    place_id: RowId,
    kind: str,
    stock: str = _DEFAULT_STOCK,
) -> Response:
    actor.require("stock.view")
    place = places.by_id(session, actor, place_id)
    return _file([_of_place(request, place)], kind, _stock(stock))


@router.get("/{number:path}/label")
@router.get("/part/label")
def show_label(
    request: Request,
    session: ReadSession,
    actor: SignedIn,
    *,
    number: str,
    stock: str = _DEFAULT_STOCK,
) -> Response:
    """The label on screen, and the ways to print it."""
    part = asked_part(session, actor, number)
    return _one(
        request,
        label=_of_part(request, part),
        here=addresses.part_page(part.number),
        below=lambda file, chosen: addresses.page_below(part.number, file, stock=chosen),
        stock=stock,
    )


@router.get("/{number:path}/label.{kind}")
@router.get("/part/label.{kind}")
def print_label(
    request: Request,
    session: ReadSession,
    actor: SignedIn,
    *,
    number: str,
    kind: str,
    stock: str = _DEFAULT_STOCK,
) -> Response:
    """The label as PDF, ZPL (203 dpi) or SVG, of a size that is in use."""
    part = asked_part(session, actor, number)
    return _file([_of_part(request, part)], kind, _stock(stock))


def _one(
    request: Request, *, label: Label, here: str, below: Callable[[str, str], str], stock: str
) -> Response:
    sizes = [
        {"href": below("label", name), "label": name, "current": name == stock} for name in STOCKS
    ]
    return render(
        request,
        "parts/label.html",
        label=label,
        here=here,
        sizes=sizes,
        files=[(kind, below(f"label.{kind}", stock)) for kind in ("pdf", "zpl", "svg")],
        picture=below("label.svg", _stock(stock).name),
    )


def _ticked(
    session: Session, actor: Actor, numbers: Sequence[str], place_ids: Sequence[int]
) -> tuple[list[Part], list[Place]]:
    actor.require("stock.view")
    if not (numbers or place_ids):
        raise Refused(msg("Tick that of which you want labels."))
    return (
        [catalogue.by_number(session, actor, number) for number in dict.fromkeys(numbers)],
        [places.by_id(session, actor, place_id) for place_id in dict.fromkeys(place_ids)],
    )


def _place_file(place: Place, file: str, chosen: str) -> str:
    return f"{addresses.place_page(place.id)}/{file}?{urlencode({'stock': chosen})}"


def _of_part(request: Request, part: Part) -> Label:
    return Label(
        title=part.name,
        identity=part.number,
        url=_address(request, addresses.part_page(part.number)),
    )


def _of_place(request: Request, place: Place) -> Label:
    named = speech_of(request).say(places.label_of(place))
    return Label(
        title=place.name if place.name != named else "",
        identity=named,
        url=_address(request, addresses.place_page(place.id)),
    )


def _address(request: Request, path: str) -> str:
    settings: Settings = request.app.state.settings
    return settings.public_url.rstrip("/") + path


def _stock(name: str) -> labels.Stock:
    found = STOCKS.get(name)
    if found is None:
        raise NotFound(msg("Labels come in these sizes: {sizes}.", sizes=", ".join(STOCKS)))
    return found


def _file(made: Sequence[Label], kind: str, material: labels.Stock) -> Response:
    match kind:
        case "pdf":
            data, media_type = labels.pdf(made, material), "application/pdf"
        case "zpl":
            written = "".join(labels.zpl(label, material) for label in made)
            data, media_type = written.encode(), "text/plain"
        case "svg" if len(made) == 1:
            data, media_type = labels.svg(made[0], material).encode(), "image/svg+xml"
        case _:
            raise NotFound(msg("There are labels as pdf, zpl and svg."))
    headers = {**_NOT_KEPT, "Content-Disposition": f'inline; filename="label.{kind}"'}
    return Response(data, media_type=media_type, headers=headers)
