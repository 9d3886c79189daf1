"""An owner's appointment: another time for it, or none; without a script."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from sqlalchemy.orm import Session
from starlette.responses import Response

from app.kernel.errors import StoreError
from app.portal import ownerbooking, ownerchanging
from app.portal.pages.owning import OwnersForm, act, back, choices_of, owned_robot, show
from app.robots.models import Ownership, Unit
from app.web.forms import Typed
from app.web.sessions import ReadSession

router = APIRouter(prefix="/r/{code}/appointment")


class SeenForm(OwnersForm):
    """`seen`: the appointment as the page showed it."""

    seen: Typed = ""


class MoveForm(SeenForm):
    day: Typed = ""
    starts_at: Typed = ""


@router.get("")
def show_owners_appointment(
    request: Request, session: ReadSession, *, code: str, o: str = "", day: str = ""
) -> Response:
    """When it is, and when it could be instead."""
    unit, owned = owned_robot(request, session, code, o)
    return _page(request, session, unit, owned, MoveForm(o=o, day=day))


@router.post("")
def move_owners_appointment(
    request: Request, session: ReadSession, *, code: str, form: Annotated[MoveForm, Form()]
) -> Response:
    unit, _ = owned_robot(request, session, code, form.o)

    def write(own: Session, unit: Unit, owned: Ownership) -> None:
        day = ownerbooking.first_day(own, unit.store_id, form.day)
        ownerchanging.move(own, unit, owned, seen=form.seen, day=day, starts_at=form.starts_at)

    try:
        act(request, session, unit, form, write)
    except StoreError as refusal:
        unit, owned = owned_robot(request, session, code, form.o)
        return _page(request, session, unit, owned, form, refusal=refusal)
    return back(code, form.o, "to-appointment")


@router.post("/cancel")
def cancel_owners_appointment(
    request: Request, session: ReadSession, *, code: str, form: Annotated[SeenForm, Form()]
) -> Response:
    unit, _ = owned_robot(request, session, code, form.o)

    def write(own: Session, unit: Unit, owned: Ownership) -> None:
        ownerchanging.cancel(own, unit, owned, seen=form.seen)

    try:
        act(request, session, unit, form, write)
    except StoreError as refusal:
        unit, owned = owned_robot(request, session, code, form.o)
        return _page(request, session, unit, owned, MoveForm(o=form.o), refusal=refusal)
    return back(code, form.o, "repairs")


def _page(
    request: Request,
    session: Session,
    unit: Unit,
    owned: Ownership,
    form: MoveForm,
    *,
    refusal: StoreError | None = None,
) -> Response:
    row = ownerchanging.of_owner(session, owned)
    if row is None and refusal is None:
        return back(unit.passport_code or "", form.o, "repairs")
    day = ownerbooking.first_day(session, unit.store_id, form.day)
    changeable = row is not None and ownerchanging.in_time(row)
    free = ownerchanging.free_times(session, unit, row, day) if row and changeable else []
    return show(
        request,
        session,
        "portal/appointment.html",
        unit,
        form.o,
        refusal=refusal,
        form=form,
        row=row,
        day=day,
        changeable=changeable,
        seen=ownerchanging.mark(row) if row else "",
        free=choices_of(request, session, unit, free),
    )
