"""One robot: what it counts, over time; readings and meter exchanges."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from app.identity.guard import Acting, SignedIn
from app.kernel.actor import Actor
from app.kernel.errors import StoreError
from app.robots import addresses, counters, meters
from app.robots.counters import COUNTER_LABELS, shown
from app.robots.pages.passport import asked_robot, frame
from app.robots.slot_models import Counter
from app.robots.slotforms import CountersForm, ExchangeForm
from app.web import charts
from app.web.errors import status_of
from app.web.forms import problems_of
from app.web.idempotent import once
from app.web.rendering import render
from app.web.sessions import ReadSession, WriteSession

router = APIRouter(prefix="/robots")

# Readings drawn, and those of them that stand in the table beside.
_DRAWN = 200
_LISTED = 20


@router.get("/{serial:path}/counters")
@router.get("/unit/counters")
def show_counters(
    request: Request,
    session: ReadSession,
    actor: SignedIn,
    *,
    serial: str,
    maker: str = "",
    counter: str = "",
) -> Response:
    return _counters(request, session, actor, serial=serial, maker=maker, counter=counter)


@router.post("/{serial:path}/counters")
@router.post("/unit/counters")
@once
def read_counters(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    serial: str,
    form: Annotated[CountersForm, Form()],
    maker: str = "",
) -> Response:
    try:
        unit = asked_robot(session, actor, serial, maker).unit
        values, reference = form.read()
        counters.read(session, actor, unit, values, reference=reference)
    except StoreError as refusal:
        session.rollback()
        return _counters(
            request,
            session,
            actor,
            serial=serial,
            maker=maker,
            refused=("read", form.typed(), refusal),
        )
    return RedirectResponse(addresses.page_below(unit.serial, "counters", maker=maker), 303)


@router.post("/{serial:path}/counters/exchange")
@router.post("/unit/counters/exchange")
@once
def exchange_meter(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    serial: str,
    form: Annotated[ExchangeForm, Form()],
    maker: str = "",
) -> Response:
    try:
        unit = asked_robot(session, actor, serial, maker).unit
        said = form.read()
        counters.exchange(
            session,
            actor,
            unit,
            said.counter,
            last=said.last,
            first=said.first,
            reason=said.reason,
        )
    except StoreError as refusal:
        session.rollback()
        return _counters(
            request,
            session,
            actor,
            serial=serial,
            maker=maker,
            refused=("exchange", form.typed(), refusal),
        )
    return RedirectResponse(addresses.page_below(unit.serial, "counters", maker=maker), 303)


def _counters(
    request: Request,
    session: Session,
    actor: Actor,
    *,
    serial: str,
    maker: str,
    counter: str = "",
    refused: tuple[str, dict[str, str], StoreError] | None = None,
) -> Response:
    row = asked_robot(session, actor, serial, maker)
    chosen = Counter(counter) if counter in set(Counter) else Counter.HOURS
    history = counters.history(session, row.unit.id, chosen, most=_DRAWN)
    which, typed, refusal = refused or ("", {}, None)
    page = frame(session, actor, row, maker=maker, tab="counters")
    page |= {
        "chosen": chosen,
        "kinds": [
            {
                "href": addresses.page_below(row.unit.serial, "counters", maker=maker, counter=one),
                "label": label,
                "current": one is chosen,
            }
            for one, label in COUNTER_LABELS.items()
        ],
        "labels": COUNTER_LABELS,
        "chart": charts.over_time(
            [(reading.at, float(shown(chosen, total))) for reading, total in history]
        ),
        "history": list(reversed(history))[:_LISTED],
        "shown": shown,
        "exchanges": meters.exchanges(session, row.unit.id),
        "which": which,
        "form": CountersForm().typed() | ExchangeForm().typed() | typed,
        "problems": problems_of(refusal) if refusal else {},
        "exchange_page": addresses.page_below(row.unit.serial, "counters", "exchange", maker=maker),
    }
    status = status_of(refusal) if refusal else 200
    return render(request, "robots/counters.html", status=status, **page)
