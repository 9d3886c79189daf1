"""One robot: the bulletins that mean it, and settling them."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from app.identity.guard import Acting, SignedIn
from app.kernel.actor import Actor
from app.kernel.errors import StoreError
from app.robots import addresses, bulletins, concerned
from app.robots.bulletins import KIND_LABELS, OUTCOME_LABELS
from app.robots.dutyforms import SettleForm
from app.robots.pages.bulletins import KIND_TONES
from app.robots.pages.passport import asked_robot, frame
from app.web.errors import status_of
from app.web.forms import problems_of
from app.web.idempotent import once
from app.web.rendering import render
from app.web.sessions import ReadSession, WriteSession
from app.web.wire import RowId

router = APIRouter(prefix="/robots")


@router.get("/{serial:path}/bulletins")
@router.get("/unit/bulletins")
def show_concerns(
    request: Request, session: ReadSession, actor: SignedIn, *, serial: str, maker: str = ""
) -> Response:
    return _concerns(request, session, actor, serial=serial, maker=maker)


@router.post("/{serial:path}/bulletins/{bulletin_id}")
@router.post("/unit/bulletins/{bulletin_id}")
@once
def settle_bulletin(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    serial: str,
    bulletin_id: RowId,
    form: Annotated[SettleForm, Form()],
    maker: str = "",
) -> Response:
    try:
        unit = asked_robot(session, actor, serial, maker).unit
        bulletins.settle(
            session,
            actor,
            bulletins.by_id(session, bulletin_id),
            unit,
            outcome=form.read(),
            reference=form.reference,
            note=form.note,
        )
    except StoreError as refusal:
        session.rollback()
        return _concerns(
            request,
            session,
            actor,
            serial=serial,
            maker=maker,
            refused=(bulletin_id, form.typed(), refusal),
        )
    return RedirectResponse(addresses.page_below(unit.serial, "bulletins", maker=maker), 303)


def _concerns(
    request: Request,
    session: Session,
    actor: Actor,
    *,
    serial: str,
    maker: str,
    refused: tuple[int, dict[str, str], StoreError] | None = None,
) -> Response:
    row = asked_robot(session, actor, serial, maker)
    which, typed, refusal = refused or (0, {}, None)
    page = frame(session, actor, row, maker=maker, tab="bulletins")
    page |= {
        "story": concerned.whole_story(session, row.unit, page["concerns"]),
        "settle_page": lambda bulletin_id: addresses.page_below(
            row.unit.serial, "bulletins", str(bulletin_id), maker=maker
        ),
        "bulletin_page": addresses.bulletin_page,
        "kinds": KIND_LABELS,
        "tones": KIND_TONES,
        "outcomes": OUTCOME_LABELS,
        "which": which,
        "form": SettleForm().typed() | typed,
        "problems": problems_of(refusal) if refusal else {},
    }
    status = status_of(refusal) if refusal else 200
    return render(request, "robots/concerns.html", status=status, **page)
