"""The list of parts: what is there, where it lies, what runs out."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.identity.guard import SignedIn
from app.kernel.errors import NotFound
from app.kernel.quantity import row_number
from app.kernel.searchkeys import clean
from app.parts import finding, places, queries
from app.parts.pages.asked import member
from app.parts.queries import MOST_COUNTED, SHOW_LABELS, Show, Wanted
from app.robots import makers
from app.robots.bodyplan import SlotClass
from app.robots.slotnames import CLASS_LABELS
from app.web.rendering import render
from app.web.sessions import ReadSession

router = APIRouter(prefix="/parts")


@router.get("")
def list_parts(
    request: Request,
    session: ReadSession,
    actor: SignedIn,
    *,
    q: str = "",
    show: str = "",
    model: str = "",
    kind: str = "",
    place: str = "",
    cursor: str = "",
) -> Response:
    """The store's parts; each filter stands in the address, and a strange one counts as none."""
    actor.require("stock.view")
    shown = member(Show, show) or Show.ALL
    wanted = Wanted(
        text=clean(q),
        show=shown,
        model_id=row_number(model),
        slot_class=member(SlotClass, kind),
        place_id=row_number(place),
    )
    lying_in = None
    if wanted.place_id is not None:
        try:
            lying_in = places.by_id(session, actor, wanted.place_id)
        except NotFound:
            wanted = Wanted(wanted.text, shown, wanted.model_id, wanted.slot_class)
    return render(
        request,
        "parts/list.html",
        block="results",
        page=queries.parts(session, actor, wanted, cursor=cursor or None),
        counts=queries.counts(session, actor),
        most_counted=MOST_COUNTED,
        shows=SHOW_LABELS,
        shown=shown,
        models=makers.models(session),
        classes=CLASS_LABELS,
        lying_in=places.label_of(lying_in) if lying_in else None,
        chosen={"q": q, "show": show, "model": model, "kind": kind, "place": place},
        cursor=cursor,
        most_hits=finding.MOST_HITS,
    )
