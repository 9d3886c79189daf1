"""What leaves the screen: a robot's passport as a signed file, its label for the printer."""

from collections.abc import Mapping

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.identity.guard import SignedIn
from app.kernel.errors import NotFound
from app.kernel.text import msg
from app.robots import addresses, openpassport, passportexport, passportkeys
from app.robots.models import Unit
from app.robots.pages.passport import asked_robot
from app.robots.queries import RobotRow
from app.web import labels
from app.web.labels import STOCKS, Label
from app.web.rendering import render
from app.web.sessions import ReadSession

router = APIRouter(prefix="/robots")
# The decorator nearest to its function is asked first: so `/unit/…` is never read as a serial.

_DEFAULT_STOCK = "62x29"


@router.get("/{serial:path}/passport.json")
@router.get("/unit/passport.json")
def passport_json(
    request: Request, session: ReadSession, actor: SignedIn, *, serial: str, maker: str = ""
) -> Response:
    """The whole record, signed; `quatrefoil verify` checks it."""
    unit = asked_robot(session, actor, serial, maker).unit
    key = passportkeys.house_key(request.app.state.settings.data_dir)
    return _file(passportexport.as_json(session, unit, key), "application/json", "passport.json")


@router.get("/{serial:path}/passport.pdf")
@router.get("/unit/passport.pdf")
def passport_pdf(
    request: Request, session: ReadSession, actor: SignedIn, *, serial: str, maker: str = ""
) -> Response:
    unit = asked_robot(session, actor, serial, maker).unit
    key = passportkeys.house_key(request.app.state.settings.data_dir)
    pdf = passportexport.as_pdf(session, unit, key, url=public_address(request, unit))
    return _file(pdf, "application/pdf", "passport.pdf")


@router.get("/{serial:path}/label")
@router.get("/unit/label")
def show_label(
    request: Request,
    session: ReadSession,
    actor: SignedIn,
    *,
    serial: str,
    maker: str = "",
    stock: str = _DEFAULT_STOCK,
) -> Response:
    """The label on screen, and the ways to print it."""
    row = asked_robot(session, actor, serial, maker)

    def address(file: str, chosen: str) -> str:
        return addresses.page_below(row.unit.serial, file, maker=maker, stock=chosen)

    sizes = [
        {"href": address("label", name), "label": name, "current": name == stock} for name in STOCKS
    ]
    files = [(kind, address(f"label.{kind}", stock)) for kind in ("pdf", "zpl", "svg")]
    return render(
        request,
        "robots/label.html",
        row=row,
        unit=row.unit,
        here=addresses.robot_page(row.unit.serial, maker=maker),
        sizes=sizes,
        files=files,
        picture=address("label.svg", _stock(stock).name),
        public=public_address(request, row.unit),
    )


@router.get("/{serial:path}/label.{kind}")
@router.get("/unit/label.{kind}")
def print_label(
    request: Request,
    session: ReadSession,
    actor: SignedIn,
    *,
    serial: str,
    kind: str,
    maker: str = "",
    stock: str = _DEFAULT_STOCK,
) -> Response:
    """The label as PDF, ZPL (203 dpi) or SVG, of a size that is in use."""
    row, material = asked_robot(session, actor, serial, maker), _stock(stock)
    label = _label(request, row)
    match kind:
        case "pdf":
            return _file(labels.pdf([label], material), "application/pdf", "label.pdf")
        case "zpl":
            return _file(labels.zpl(label, material).encode(), "text/plain", "label.zpl")
        case "svg":
            picture = labels.svg(label, material)
            return Response(picture, media_type="image/svg+xml", headers=_NOT_KEPT)
    raise NotFound(msg("There are labels as pdf, zpl and svg."))


_NOT_KEPT: Mapping[str, str] = {"Cache-Control": "no-store"}


def public_address(request: Request, unit: Unit) -> str:
    """Where the code on the label leads."""
    return openpassport.address_of(unit, request.app.state.settings.public_url)


def _label(request: Request, row: RobotRow) -> Label:
    return Label(
        title=row.model.name, identity=row.unit.serial, url=public_address(request, row.unit)
    )


def _stock(name: str) -> labels.Stock:
    found = STOCKS.get(name)
    if found is None:
        raise NotFound(msg("Labels come in these sizes: {sizes}.", sizes=", ".join(STOCKS)))
    return found


def _file(data: bytes, kind: str, name: str) -> Response:
    headers = {**_NOT_KEPT, "Content-Disposition": f'inline; filename="{name}"'}
    return Response(data, media_type=kind, headers=headers)
