"""A robot's life: whose it is, who has it, as what it is kept; and coming in without a sale."""

from collections.abc import Callable, Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from app.identity.guard import Acting, SignedIn
from app.kernel.actor import Actor
from app.kernel.errors import NotFound, StoreError
from app.kernel.searchkeys import clean
from app.kernel.text import Text, msg
from app.robots import (
    addresses,
    dataduties,
    loans,
    makers,
    openpassport,
    ownership,
    registering,
    registry,
    touches,
    transfers,
)
from app.robots.forms import ConfirmForm
from app.robots.lifeforms import HandsForm, LoanForm, RegisterForm
from app.robots.models import Unit
from app.robots.pages.passport import asked_robot, frame
from app.robots.queries import RobotRow
from app.robots.states import HOLDING_LABELS
from app.stores import desk
from app.web.errors import status_of
from app.web.forms import StoreForm, problems_of
from app.web.idempotent import once
from app.web.rendering import render
from app.web.sessions import ReadSession, WriteSession

router = APIRouter(prefix="/robots")
# The decorator nearest to its function is asked first: so `/unit/…` is never read as a serial.


@router.get("/register")
def ask_walk_in(
    request: Request, session: ReadSession, actor: SignedIn, *, customer: str = "", serial: str = ""
) -> Response:
    """The form for a robot that was never sold here."""
    actor.require("robots.receive")
    typed = {"customer": customer, "serial": serial, "is_here": "yes"}
    return _walk_in(request, session, form=RegisterForm(**typed))


@router.post("/register")
@once
def register(
    request: Request, session: WriteSession, actor: Acting, form: Annotated[RegisterForm, Form()]
) -> Response:
    try:
        seen = form.read()
        owner = transfers.customer_meant(session, actor, form.customer)
        unit = registering.register(session, actor, seen, owner)
    except StoreError as refusal:
        session.rollback()
        return _walk_in(request, session, form=form, refusal=refusal)
    return RedirectResponse(_page(session, actor, unit), 303)


@router.get("/{serial:path}/owners")
@router.get("/unit/owners")
def show_owners(
    request: Request, session: ReadSession, actor: SignedIn, *, serial: str, maker: str = ""
) -> Response:
    row = asked_robot(session, actor, serial, maker)
    return _owners(request, session, actor, row, maker=maker)


@router.get("/{serial:path}/transfer")
@router.get("/unit/transfer")
def ask_transfer(
    request: Request, session: ReadSession, actor: SignedIn, *, serial: str, maker: str = ""
) -> Response:
    """One screen: to whom, and what became of the data."""
    actor.require("robots.transfer")
    row = asked_robot(session, actor, serial, maker)
    return _transfer(request, row, maker=maker, form=HandsForm())


@router.post("/{serial:path}/transfer")
@router.post("/unit/transfer")
@once
def transfer(
    request: Request,
    session: WriteSession,
    actor: Acting,
    form: Annotated[HandsForm, Form()],
    *,
    serial: str,
    maker: str = "",
) -> Response:
    row = asked_robot(session, actor, serial, maker)
    try:
        data = form.data()
        to = transfers.customer_meant(session, actor, form.customer)
        transfers.transfer(session, actor, row.unit, to, data=data)
    except StoreError as refusal:
        session.rollback()
        return _transfer(request, row, maker=maker, form=form, refusal=refusal)
    return RedirectResponse(addresses.page_below(row.unit.serial, "owners", maker=maker), 303)


@router.post("/{serial:path}/owners/buy-back")
@router.post("/unit/owners/buy-back")
@once
def buy_back(
    request: Request,
    session: WriteSession,
    actor: Acting,
    form: Annotated[HandsForm, Form()],
    *,
    serial: str,
    maker: str = "",
) -> Response:
    def act(row: RobotRow) -> None:
        price = form.paid(desk.store_of(session, actor.store_id).currency)
        transfers.buy_back(session, actor, row.unit, price=price, data=form.data())

    return _acted(request, session, actor, form, act, asked=(serial, maker), part="buy-back")


@router.post("/{serial:path}/owners/link")
@router.post("/unit/owners/link")
def make_link(
    request: Request,
    session: WriteSession,
    actor: Acting,
    form: Annotated[ConfirmForm, Form()],  # noqa: ARG001 - carries the CSRF token
    *,
    serial: str,
    maker: str = "",
) -> Response:
    """The owner's address, shown this once: so the answer is kept for nobody to replay."""
    row = asked_robot(session, actor, serial, maker)
    token = openpassport.make_link(session, actor, row.unit)
    session.flush()
    start = request.app.state.settings.public_url.rstrip("/")
    link = f"{start}/r/{row.unit.passport_code}?o={token}"
    return _owners(request, session, actor, row, maker=maker, link=link)


@router.post("/{serial:path}/owners/unlink")
@router.post("/unit/owners/unlink")
@once
def revoke_links(
    request: Request,
    session: WriteSession,
    actor: Acting,
    form: Annotated[ConfirmForm, Form()],
    *,
    serial: str,
    maker: str = "",
) -> Response:
    def act(row: RobotRow) -> None:
        openpassport.revoke_links(session, actor, row.unit)

    return _acted(request, session, actor, form, act, asked=(serial, maker), part="link")


@router.post("/{serial:path}/owners/{part}")
@router.post("/unit/owners/{part}")
@once
def act_on_loan(
    request: Request,
    session: WriteSession,
    actor: Acting,
    form: Annotated[LoanForm, Form()],
    *,
    serial: str,
    part: str,
    maker: str = "",
) -> Response:
    """Keep as, give out, take back, retire."""
    verb = _LOAN_ACTS.get(part)
    if verb is None:
        raise NotFound(msg("There is no such page."))

    def act(row: RobotRow) -> None:
        verb(session, actor, row.unit, form)

    return _acted(request, session, actor, form, act, asked=(serial, maker), part=part)


def _hold(session: Session, actor: Actor, unit: Unit, form: LoanForm) -> None:
    loans.hold_as(session, actor, unit, form.kept_as(), reason=form.reason)


def _lend(session: Session, actor: Actor, unit: Unit, form: LoanForm) -> None:
    to = None
    if clean(form.customer):
        to = transfers.customer_meant(session, actor, form.customer).id
    loans.lend(session, actor, unit, form.lending(to))


def _take_in(session: Session, actor: Actor, unit: Unit, form: LoanForm) -> None:
    loans.take_in(session, actor, unit, condition=form.condition, touch=form.touch())


def _retire(session: Session, actor: Actor, unit: Unit, form: LoanForm) -> None:
    transfers.retire(session, actor, unit, reason=form.reason)


_LOAN_ACTS: Mapping[str, Callable[[Session, Actor, Unit, LoanForm], None]] = {
    "hold": _hold,
    "lend": _lend,
    "take-in": _take_in,
    "retire": _retire,
}


def _acted(
    request: Request,
    session: Session,
    actor: Actor,
    form: StoreForm,
    act: Callable[[RobotRow], None],
    *,
    asked: tuple[str, str],
    part: str,
) -> Response:
    """Do it and show the page; a refusal stands in the part of the page that asked for it."""
    serial, maker = asked
    row = asked_robot(session, actor, serial, maker)
    try:
        act(row)
    except StoreError as refusal:
        session.rollback()
        row = asked_robot(session, actor, serial, maker)
        typed = {part: form.typed()}
        return _owners(
            request, session, actor, row, maker=maker, typed=typed, refusal=(part, refusal)
        )
    return RedirectResponse(addresses.page_below(row.unit.serial, "owners", maker=maker), 303)


def _owners(
    request: Request,
    session: Session,
    actor: Actor,
    row: RobotRow,
    *,
    maker: str,
    typed: Mapping[str, Mapping[str, Any]] | None = None,
    refusal: tuple[str, StoreError] | None = None,
    link: str = "",
) -> Response:
    part, error = refusal or ("", None)
    unit = row.unit
    page = frame(session, actor, row, maker=maker, tab="owners")
    handed = transfers.of_unit(session, unit.id)
    return render(
        request,
        "robots/owners.html",
        status=status_of(error) if error else 200,
        owners=ownership.history(session, unit.id),
        handed=handed,
        certificates=transfers.certificates(session, [each.id for each in handed]),
        label_of=dataduties.label_of,
        certificate_page=lambda number: addresses.page_below(
            unit.serial, "documents", "wipe", str(number), maker=maker
        ),
        loans=loans.of_unit(session, unit.id),
        link=link,
        has_link=openpassport.link_in_force(session, unit.id) is not None,
        kept_as=[(each.value, HOLDING_LABELS[each]) for each in loans.KEPT_AS],
        holdings=HOLDING_LABELS,
        wipes=transfers.WIPE_LABELS,
        asked=touches.asked(session, unit, page["standings"]),
        typed=typed or {},
        problems={part: problems_of(error)} if error else {},
        **_below(unit, maker),
        **page,
    )


def _below(unit: Unit, maker: str) -> dict[str, Any]:
    """Where the parts of the page send to."""
    parts = ("hold", "lend", "take-in", "retire", "buy-back", "link", "unlink")
    return {
        "to": {
            part: addresses.page_below(unit.serial, "owners", part, maker=maker) for part in parts
        },
        "transfer_page": addresses.page_below(unit.serial, "transfer", maker=maker),
    }


def _transfer(
    request: Request,
    row: RobotRow,
    *,
    maker: str,
    form: HandsForm,
    refusal: StoreError | None = None,
) -> Response:
    return render(
        request,
        "robots/transfer.html",
        status=status_of(refusal) if refusal else 200,
        row=row,
        unit=row.unit,
        here=addresses.robot_page(row.unit.serial, maker=maker),
        action=addresses.page_below(row.unit.serial, "transfer", maker=maker),
        wipes=transfers.WIPE_LABELS,
        form=form.typed(),
        problems=problems_of(refusal) if refusal else {},
    )


def _walk_in(
    request: Request, session: Session, *, form: RegisterForm, refusal: StoreError | None = None
) -> Response:
    problems: dict[str, Text] = problems_of(refusal) if refusal else {}
    return render(
        request,
        "robots/register.html",
        status=status_of(refusal) if refusal else 200,
        models=makers.models(session),
        makers=makers.makers(session),
        form=form.typed(),
        problems=problems,
        asked=touches.nothing_known(),
        known=getattr(refusal, "link", None) or "",
    )


def _page(session: Session, actor: Actor, unit: Unit) -> str:
    """The robot's page; with its maker where another maker gave the same serial."""
    alike = registry.find_by_code(session, actor, unit.serial)
    named = next((each.maker.name for each in alike if each.id == unit.id), "")
    return addresses.robot_page(unit.serial, maker=named if len(alike) > 1 else "")
