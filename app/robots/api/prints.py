"""How a robot looks, as JSON and paper: its body by what is asked, its label."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel

from app.identity.guard import ApiReading
from app.kernel.errors import NotFound
from app.kernel.text import msg
from app.robots import bodylook, insides, openpassport, queries
from app.robots.api.configuration import robot_asked
from app.robots.bodylook import Look
from app.web import labels
from app.web.i18n import speech_of
from app.web.labels import STOCKS, Label
from app.web.problems import refusals
from app.web.sessions import ReadSession
from app.web.wirefiles import FileOut

router = APIRouter(prefix="/api/v1/robots", tags=["robots"])

_Maker = Annotated[str, Query(description="Needed where two makers share the serial number.")]
_FILES = {"pdf": "application/pdf", "zpl": "text/plain", "svg": "image/svg+xml"}


class MarkOut(BaseModel):
    """What is said of one slot; `tone` is ok, warn, bad, hold, info, or empty: unknown."""

    slot: str
    tone: str
    group: str
    words: str


class BodyOut(BaseModel):
    """`known` is false where nobody has data for this look yet."""

    look: Look
    known: bool
    slots: list[MarkOut]


@router.get("/{serial:path}/body", responses=refusals(404, 409))
def show_body(
    request: Request,
    session: ReadSession,
    actor: ApiReading,
    *,
    serial: str,
    maker: _Maker = "",
    look: Look = Look.FITTED,
) -> BodyOut:
    """A robot's slots by what is asked, as its map is coloured."""
    unit = robot_asked(session, actor, serial, maker)
    say = speech_of(request).say
    body = bodylook.body(session, unit, insides.view(session, unit), look)
    return BodyOut(
        look=look,
        known=body.known,
        slots=[
            MarkOut(slot=path, tone=mark.tone, group=say(mark.group), words=say(mark.words))
            for path, mark in body.marks.items()
        ],
    )


@router.get("/{serial:path}/label", responses=refusals(404, 409))
def print_label(
    request: Request,
    session: ReadSession,
    actor: ApiReading,
    *,
    serial: str,
    maker: _Maker = "",
    stock: Annotated[str, Query(description="Its size, such as 62x29.")] = "62x29",
    file: Annotated[str, Query(description="pdf, zpl or svg.")] = "pdf",
) -> FileOut:
    """A robot's label with the code that leads to its public passport."""
    unit = robot_asked(session, actor, serial, maker)
    material = STOCKS.get(stock)
    if material is None or file not in _FILES:
        raise NotFound(msg("Labels come in these sizes: {sizes}.", sizes=", ".join(STOCKS)))
    (row,) = queries.of_ids(session, actor, [unit.id])
    url = openpassport.address_of(unit, request.app.state.settings.public_url)
    label = Label(title=row.model.name, identity=unit.serial, url=url)
    content = {
        "pdf": lambda: labels.pdf([label], material),
        "zpl": lambda: labels.zpl(label, material).encode(),
        "svg": lambda: labels.svg(label, material).encode(),
    }[file]()
    return FileOut.of(content, name=f"label.{file}", media_type=_FILES[file])
