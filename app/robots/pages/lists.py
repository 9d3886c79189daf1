"""The list of robots."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.identity.guard import SignedIn
from app.kernel.quantity import document_number, row_number
from app.kernel.searchkeys import clean
from app.robots import finding, makers, queries, receiving
from app.robots.queries import Wanted
from app.robots.states import STANDING_LABELS, Standing
from app.web.rendering import render
from app.web.sessions import ReadSession

router = APIRouter(prefix="/robots")

_STANDINGS = {standing.value: standing for standing in Standing}


@router.get("")
def list_robots(
    request: Request,
    session: ReadSession,
    actor: SignedIn,
    *,
    q: str = "",
    state: str = "",
    model: str = "",
    note: str = "",
    cursor: str = "",
) -> Response:
    """The store's robots; each filter stands in the address, and a strange one counts as none."""
    delivery = (
        receiving.note_by_number(session, actor, document_number(note) or 0) if note else None
    )
    wanted = Wanted(
        text=clean(q),
        standing=_STANDINGS.get(state),
        model_id=row_number(model),
        note_id=delivery.id if delivery else None,
    )
    page = queries.robots(session, actor, wanted, cursor=cursor or None)
    return render(
        request,
        "robots/list.html",
        block="results",
        page=page,
        models=makers.models(session),
        standings=STANDING_LABELS,
        delivery=delivery,
        chosen={"q": q, "state": state, "model": model, "note": note},
        cursor=cursor,
        most_hits=finding.MOST_HITS,
    )
