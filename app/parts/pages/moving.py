"""Put away and move by two scans."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from sqlalchemy.orm import Session
from starlette.responses import Response

from app.identity.guard import Acting, SignedIn
from app.kernel.actor import Actor
from app.kernel.errors import NotFound
from app.kernel.quantity import row_number
from app.kernel.text import msg
from app.parts import places, putaway
from app.parts.buyforms import MoveForm, UndoForm
from app.parts.models import Movement
from app.parts.putaway import Done, Hands
from app.web.idempotent import once
from app.web.rendering import is_htmx, render
from app.web.sessions import ReadSession, WriteSession

router = APIRouter(prefix="/parts/move")


@router.get("")
def show_hands(
    request: Request, session: ReadSession, actor: SignedIn, source: str = ""
) -> Response:
    """Empty hands; `source` is the place from which things are taken."""
    actor.require("stock.move")
    return _answer(request, session, actor, Done(Hands(_source(session, actor, source))))


@router.post("/scan")
@once
def scan(
    request: Request, session: WriteSession, actor: Acting, form: Annotated[MoveForm, Form()]
) -> Response:
    """One scan; sent twice it counts once."""
    hands = putaway.read(
        form.held,
        source=_source(session, actor, form.source),
        collects=bool(form.collects),
    )
    # also without a script: what is in hand stands in the answer alone
    response = _answer(request, session, actor, putaway.scan(session, actor, hands, form.code))
    response.headers["X-Scan"] = "hit"
    return response


@router.post("/undo")
def undo(
    request: Request, session: WriteSession, actor: Acting, form: Annotated[UndoForm, Form()]
) -> Response:
    movement_ids = form.read()
    if not movement_ids:
        raise NotFound(msg("There is nothing to undo."))
    putaway.undo(session, actor, movement_ids)
    return _answer(request, session, actor, Done(Hands(), said=msg("Moved back.")))


def _source(session: Session, actor: Actor, text: str) -> int | None:
    place_id = row_number(text)
    if place_id is None:
        return None
    return places.by_id(session, actor, place_id).id


def _answer(request: Request, session: Session, actor: Actor, done: Done) -> Response:
    source = places.by_id(session, actor, done.hands.source_id) if done.hands.source_id else None
    return render(
        request,
        "parts/move.html",
        block="answer",
        hands=done.hands,
        held=putaway.write(done.hands),
        rows=putaway.rows_of(session, actor, done.hands) if done.hands.held else [],
        source=source,
        source_label=places.label_of(source) if source else None,
        there=putaway.contents(session, actor, source) if source else [],
        said=done.said,
        place_label=places.label_of,
        moved=_moved(done.movements),
        fragment=is_htmx(request),
    )


def _moved(movements: tuple[Movement, ...]) -> str:
    """What Undo sends."""
    return ",".join(str(movement.id) for movement in movements)
