"""Find and do: the palette, the scan on pages without a scan box, and the day's first page."""

from urllib.parse import quote

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from app.customers.models import Customer
from app.identity.guard import SignedIn
from app.kernel.findable import Found
from app.parts import addresses as part_addresses
from app.parts.models import Part
from app.payments import giftguard
from app.payments.models import IssuedDocument
from app.robots import addresses
from app.robots.models import Unit
from app.sales import scanning, today
from app.sales.models import Order
from app.sales.scanning import Hit
from app.web.rendering import render
from app.web.sessions import ReadSession, database_of

router = APIRouter()


@router.get("/")
def show_today(request: Request, session: ReadSession, actor: SignedIn) -> Response:
    """What waits for somebody in this store today."""
    return render(request, "sales/today.html", **today.so_far(session, actor))


@router.get("/find")
def find(
    request: Request, session: ReadSession, actor: SignedIn, code: str = "", q: str = ""
) -> Response:
    """Where a code leads: straight to the one thing it names, else to a choice."""
    actor.require("robots.view")
    read = scanning.read(code or q)
    meaning = scanning.to_look_at(scanning.resolve(session, actor, read))
    if not meaning.hits:
        giftguard.count_if_code(database_of(request), session, actor, read.text)
    if meaning.exact and len(meaning.hits) == 1:
        return RedirectResponse(address_of(meaning.hits[0]), 303)
    return render(
        request, "sales/find.html", q=code or q, hits=_addressed(meaning.hits), status=200
    )


@router.get("/find/palette")
def palette(request: Request, session: ReadSession, actor: SignedIn, q: str = "") -> Response:
    actor.require("robots.view")
    read = scanning.read(q)
    meaning = scanning.to_look_at(scanning.resolve(session, actor, read))
    if not meaning.hits:
        giftguard.count_if_code(database_of(request), session, actor, read.text)
    return render(request, "sales/find.html", block="options", q=q, hits=_addressed(meaning.hits))


def address_of(hit: Hit) -> str:  # noqa: PLR0911 - one for each kind
    """The page of what was found."""
    match hit.thing:
        case Unit() as unit:
            return addresses.robot_page(unit.serial)
        case Customer() as customer:
            return f"/customers/{customer.number}"
        case Order() as order:
            return f"/sales/{order.number}"
        case IssuedDocument() as document:
            return f"/documents/{document.id}"
        case Found() as found:
            return found.page
        case Part() as part:
            return part_addresses.part_page(part.number)
        case product:
            return f"/products?q={quote(product.code, safe='')}"


def _addressed(hits: list[Hit]) -> list[tuple[Hit, str]]:
    return [(hit, address_of(hit)) for hit in hits]
