"""One slot of a robot: what sits in it, what sat in it; fit, take out, swap."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from app.identity.guard import Acting, SignedIn
from app.kernel import clock
from app.kernel.actor import Actor
from app.kernel.errors import StoreError
from app.kernel.text import Text
from app.robots import addresses, bodies, fitting, insides, plans, registry, usage
from app.robots.fitting import Place
from app.robots.pages.passport import asked_robot, frame
from app.robots.slot_models import Occupant
from app.robots.slotforms import FitForm, RemoveForm, SwapForm
from app.robots.slotnames import CLASS_LABELS, CONTROL_LABELS, SIDE_LABELS, name_of
from app.web.errors import status_of
from app.web.forms import problems_of
from app.web.idempotent import once
from app.web.rendering import render
from app.web.sessions import ReadSession, WriteSession
from app.web.viewer import viewer_of

router = APIRouter(prefix="/robots")

_FIELDS = {
    **dict.fromkeys(FitForm().typed(), ""),
    **dict.fromkeys(SwapForm().typed(), ""),
}


@router.get("/{serial:path}/slots/{slot}")
@router.get("/unit/slots/{slot}")
def show_slot(
    request: Request,
    session: ReadSession,
    actor: SignedIn,
    *,
    serial: str,
    slot: str,
    maker: str = "",
) -> Response:
    return _slot(request, session, actor, serial=serial, slot=slot, maker=maker)


@router.post("/{serial:path}/slots/{slot}/fit")
@router.post("/unit/slots/{slot}/fit")
@once
def fit_part(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    serial: str,
    slot: str,
    form: Annotated[FitForm, Form()],
    maker: str = "",
) -> Response:
    """Fit into an empty slot, or in place of the occupant that the page showed."""
    try:
        unit = asked_robot(session, actor, serial, maker).unit
        part, work, occupant = form.read(_zone(request))
        if occupant is None:
            fitting.fit(session, actor, unit, slot, part=part, work=work)
        else:
            fitting.replace(session, actor, unit, slot, part=part, work=work, expected=occupant)
    except StoreError as refusal:
        session.rollback()
        return _slot(
            request,
            session,
            actor,
            serial=serial,
            slot=slot,
            maker=maker,
            refused=("fit", form.typed(), refusal),
        )
    return RedirectResponse(addresses.page_below(unit.serial, "slots", slot, maker=maker), 303)


@router.post("/{serial:path}/slots/{slot}/remove")
@router.post("/unit/slots/{slot}/remove")
@once
def remove_part(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    serial: str,
    slot: str,
    form: Annotated[RemoveForm, Form()],
    maker: str = "",
) -> Response:
    try:
        unit = asked_robot(session, actor, serial, maker).unit
        work, occupant = form.read(_zone(request))
        fitting.remove(session, actor, unit, slot, work=work, expected=occupant)
    except StoreError as refusal:
        session.rollback()
        return _slot(
            request,
            session,
            actor,
            serial=serial,
            slot=slot,
            maker=maker,
            refused=("remove", form.typed(), refusal),
        )
    return RedirectResponse(addresses.page_below(unit.serial, "slots", slot, maker=maker), 303)


@router.post("/{serial:path}/slots/{slot}/swap")
@router.post("/unit/slots/{slot}/swap")
@once
def swap_parts(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    serial: str,
    slot: str,
    form: Annotated[SwapForm, Form()],
    maker: str = "",
) -> Response:
    """Swap with a slot of the same robot or of another one, in one step."""
    try:
        unit = asked_robot(session, actor, serial, maker).unit
        other_serial, other_slot, work = form.read(_zone(request))
        other = registry.by_serial(session, actor, other_serial) if other_serial else unit
        fitting.swap(session, actor, Place(unit, slot), Place(other, other_slot), work=work)
    except StoreError as refusal:
        session.rollback()
        return _slot(
            request,
            session,
            actor,
            serial=serial,
            slot=slot,
            maker=maker,
            refused=("swap", form.typed(), refusal),
        )
    return RedirectResponse(addresses.page_below(unit.serial, "slots", slot, maker=maker), 303)


_Refused = tuple[str, dict[str, str], StoreError]


def _slot(
    request: Request,
    session: Session,
    actor: Actor,
    *,
    serial: str,
    slot: str,
    maker: str,
    refused: _Refused | None = None,
) -> Response:
    """The page; after a refusal with what was typed into one of its forms, and the sentence."""
    row = asked_robot(session, actor, serial, maker)
    found = bodies.slot_called(session, row.unit, slot)
    stays = insides.stays_in(session, row.unit, found)
    of_slot = (Occupant.unit_id == row.unit.id) & (Occupant.slot_id == found.id)
    which, status = "", 200
    typed: dict[str, str] = {}
    problems: dict[str, Text] = {}
    if refused is not None:
        which, typed, refusal = refused
        problems, status = _problems(refusal), status_of(refusal)
    page = frame(session, actor, row, maker=maker, tab="parts")
    page |= {
        "slot": found,
        "slot_name": name_of(found.path),
        "limits": plans.limits_of(found),
        "class_label": CLASS_LABELS[found.slot_class],
        "control_label": CONTROL_LABELS[found.control],
        "side_label": SIDE_LABELS[found.side],
        "now": next((stay for stay in stays if stay.until is None), None),
        "stays": stays,
        "run": usage.hours_of_stays(session, of_slot, at=clock.now()),
        "which": which,
        "form": _FIELDS | typed,
        "problems": problems,
        "component_page": addresses.component_page,
        "act": lambda verb: addresses.page_below(
            row.unit.serial, "slots", found.path, verb, maker=maker
        ),
    }
    return render(request, "robots/slot.html", status=status, **page)


def _problems(refusal: StoreError) -> dict[str, Text]:
    """By field; what is about the slot itself stands above its form."""
    problems = problems_of(refusal)
    if "slot" in problems:
        problems["form"] = problems.pop("slot")
    return problems


def _zone(request: Request) -> str:
    viewer = viewer_of(request)
    return viewer.zone if viewer else "UTC"
