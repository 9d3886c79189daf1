"""Pages of calibration: reference equipment, its register, its certificates, its label."""

from collections.abc import Callable
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Request
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from app.calibration import equipment as lookup
from app.calibration import equipmentbook, equipmentcertificates, equipmentlists
from app.calibration.equipment_models import Equipment, EquipmentHappening, EquipmentState
from app.calibration.equipmentforms import (
    CheckForm,
    EquipmentForm,
    HappeningForm,
    StateForm,
    WithdrawForm,
)
from app.calibration.figures import read_figure
from app.calibration.foundbad import Fault
from app.identity.guard import Acting, SignedIn
from app.kernel.actor import Actor
from app.kernel.errors import NotFound, Refused, StoreError
from app.kernel.text import msg
from app.settings import Settings
from app.web import labels, paging
from app.web.errors import status_of
from app.web.forms import StoreForm, problems_of
from app.web.idempotent import once
from app.web.labels import STOCKS, Label
from app.web.rendering import render
from app.web.sessions import ReadSession, WriteSession
from app.web.submitted import Submitted
from app.web.wire import RowId

router = APIRouter(prefix="/calibration/equipment")
_HERE = "/calibration/equipment"


@router.get("")
def list_equipment(
    request: Request,
    session: ReadSession,
    actor: SignedIn,
    *,
    q: str = "",
    state: str = "",
    due: str = "",
    cursor: str = "",
) -> Response:
    """The register, and with `due` the list of what has to go to a laboratory."""
    after = str(paging.decode(cursor, str)[0]) if cursor else ""
    rows = equipmentlists.listed(session, actor, q=q, state=state, due=due, after=after)
    asked = {name: said for name, said in (("q", q), ("state", state), ("due", due)) if said}
    following = ""
    if len(rows) > equipmentlists.PAGE:
        rows = rows[: equipmentlists.PAGE]
        next_ = paging.encode(rows[-1].equipment.asset_key)
        following = f"{_HERE}?{urlencode({**asked, 'cursor': next_})}"
    return render(
        request,
        "calibration/equipment_list.html",
        rows=rows,
        q=q,
        state=state,
        due=due,
        asked=bool(asked),
        first_href=f"{_HERE}?{urlencode(asked)}" if cursor else "",
        next_href=following,
        state_labels=lookup.STATE_LABELS,
        state_tones=equipmentlists.STATE_TONES,
        due_labels=equipmentlists.DUE_LABELS,
    )


@router.get("/new")
def ask_equipment(request: Request, actor: SignedIn) -> Response:
    actor.require("calibration.equipment")
    return _form(request, EquipmentForm())


@router.post("/new")
@once
def register(
    request: Request, session: WriteSession, actor: Acting, form: Annotated[EquipmentForm, Form()]
) -> Response:
    try:
        equipment = equipmentbook.register(session, actor, form.read())
    except StoreError as refusal:
        session.rollback()
        return _form(request, form, refusal=refusal)
    return RedirectResponse(lookup.page(equipment), 303)


@router.get("/{equipment_id}")
def show_equipment(
    request: Request, session: ReadSession, actor: SignedIn, equipment_id: RowId
) -> Response:
    return _one(request, session, actor, equipment_id)


@router.get("/{equipment_id}/edit")
def ask_changes(
    request: Request, session: ReadSession, actor: SignedIn, equipment_id: RowId
) -> Response:
    actor.require("calibration.equipment")
    equipment = equipmentbook.by_id(session, actor, equipment_id)
    form = EquipmentForm(
        **{
            name: "" if value is None else str(value)
            for name, value in (
                (name, getattr(equipment, name)) for name in EquipmentForm().typed()
            )
        }
    )
    return _form(request, form, equipment)


@router.post("/{equipment_id}/edit")
@once
def change_equipment(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    equipment_id: RowId,
    form: Annotated[EquipmentForm, Form()],
) -> Response:
    equipment = equipmentbook.by_id(session, actor, equipment_id)
    try:
        equipmentbook.edit(session, actor, equipment, form.read())
    except StoreError as refusal:
        session.rollback()
        equipment = equipmentbook.by_id(session, actor, equipment_id)
        return _form(request, form, equipment, refusal=refusal)
    return RedirectResponse(lookup.page(equipment), 303)


@router.post("/{equipment_id}/state")
@once
def set_state(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    equipment_id: RowId,
    form: Annotated[StateForm, Form()],
) -> Response:
    def act(equipment: Equipment) -> None:
        if form.state not in set(EquipmentState):
            raise Refused(msg("Choose one of these."), field="state")
        fault = None
        if form.found_bad:
            fault = Fault(
                read_figure(form.bias, field="bias"),
                read_figure(form.bias_standard, field="bias_standard") or "0",
            )
        equipmentbook.set_state(
            session, actor, equipment, EquipmentState(form.state), reason=form.reason, fault=fault
        )

    return _act(request, session, actor, equipment_id, act, form=form, about="state")


@router.post("/{equipment_id}/checks")
@once
def check(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    equipment_id: RowId,
    form: Annotated[CheckForm, Form()],
) -> Response:
    def act(equipment: Equipment) -> None:
        if form.result not in {"passed", "failed"}:
            raise Refused(msg("Choose one of these."), field="result")
        equipmentbook.check(
            session, actor, equipment, passed=form.result == "passed", note=form.note
        )

    return _act(request, session, actor, equipment_id, act, form=form, about="check")


@router.post("/{equipment_id}/events")
@once
def report(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    equipment_id: RowId,
    form: Annotated[HappeningForm, Form()],
) -> Response:
    def act(equipment: Equipment) -> None:
        if form.kind not in set(EquipmentHappening):
            raise Refused(msg("Choose one of these."), field="kind")
        equipmentbook.report(
            session, actor, equipment, EquipmentHappening(form.kind), note=form.note
        )

    return _act(request, session, actor, equipment_id, act, form=form, about="event")


@router.post("/{equipment_id}/users")
@once
def authorise(
    request: Request, session: WriteSession, actor: Acting, *, equipment_id: RowId, form: Submitted
) -> Response:
    named = [
        int(name.removeprefix("staff-"))
        for name in form.values
        if name.removeprefix("staff-").isdigit() and len(name) < 24  # noqa: PLR2004
    ]

    def act(equipment: Equipment) -> None:
        equipmentbook.authorise(session, actor, equipment, named)

    return _act(request, session, actor, equipment_id, act, form=StoreForm(), about="users")


@router.post("/{equipment_id}/certificates/{certificate_id}/withdraw")
@once
def withdraw(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    equipment_id: RowId,
    certificate_id: RowId,
    form: Annotated[WithdrawForm, Form()],
) -> Response:
    def act(equipment: Equipment) -> None:
        certificate = equipmentcertificates.by_id(session, actor, equipment, certificate_id)
        equipmentcertificates.withdraw(session, actor, certificate, reason=form.reason)

    about = f"withdraw-{certificate_id}"
    return _act(request, session, actor, equipment_id, act, form=form, about=about)


@router.get("/{equipment_id}/label.{kind}")
def print_label(
    request: Request,
    session: ReadSession,
    actor: SignedIn,
    *,
    equipment_id: RowId,
    kind: str,
    stock: str = "62x29",
) -> Response:
    """Asset number, due day and a code that leads here (ISO/IEC 17025:2017 6.4.8)."""
    actor.require("calibration.view")
    row = equipmentlists.one(session, equipmentbook.by_id(session, actor, equipment_id))
    if kind not in {"pdf", "zpl"} or stock not in STOCKS:
        raise NotFound(msg("There are labels as pdf and zpl."))
    settings: Settings = request.app.state.settings
    due = row.certificate.due_on if row.certificate is not None else None
    made = Label(
        title=f"{row.equipment.name}{f' → {due.isoformat()}' if due else ''}",
        identity=row.equipment.asset_number,
        url=settings.public_url.rstrip("/") + lookup.page(row.equipment),
    )
    material = STOCKS[stock]
    data, media_type = (
        (labels.pdf([made], material), "application/pdf")
        if kind == "pdf"
        else (labels.zpl(made, material).encode(), "text/plain")
    )
    headers = {
        "Cache-Control": "no-store",
        "Content-Disposition": f'inline; filename="label.{kind}"',
    }
    return Response(data, media_type=media_type, headers=headers)


def _act(
    request: Request,
    session: Session,
    actor: Actor,
    equipment_id: int,
    act: Callable[[Equipment], None],
    *,
    form: StoreForm,
    about: str,
) -> Response:
    equipment = equipmentbook.by_id(session, actor, equipment_id)
    try:
        act(equipment)
    except StoreError as refusal:
        session.rollback()
        return _one(request, session, actor, equipment_id, form=form, about=about, refusal=refusal)
    return RedirectResponse(lookup.page(equipment), 303)


def _form(
    request: Request,
    form: EquipmentForm,
    equipment: Equipment | None = None,
    *,
    refusal: StoreError | None = None,
) -> Response:
    return render(
        request,
        "calibration/equipment_form.html",
        status=status_of(refusal) if refusal else 200,
        equipment=equipment,
        typed=form.typed(),
        problems=problems_of(refusal) if refusal else {},
        here=lookup.page(equipment) if equipment is not None else "",
    )


def _one(
    request: Request,
    session: Session,
    actor: Actor,
    equipment_id: int,
    *,
    form: StoreForm | None = None,
    about: str = "",
    refusal: StoreError | None = None,
) -> Response:
    actor.require("calibration.view")
    row = equipmentlists.one(session, equipmentbook.by_id(session, actor, equipment_id))
    equipment = row.equipment
    why_not = None
    try:
        lookup.usable(session, equipment, staff_id=actor.staff_id)
    except Refused as refused:
        why_not = refused.message
    return render(
        request,
        "calibration/equipment.html",
        status=status_of(refusal) if refusal else 200,
        equipment=equipment,
        row=row,
        why_not=why_not,
        here=lookup.page(equipment),
        certificates=equipmentlists.certificates_of(session, equipment),
        chain=equipmentlists.chain_of(session, equipment),
        happenings=equipmentlists.events_of(session, equipment),
        people=equipmentlists.people(session, actor.store_id),
        users=set(lookup.users_of(session, equipment.id)),
        page_of=lookup.page,
        state_labels=lookup.STATE_LABELS,
        state_tones=equipmentlists.STATE_TONES,
        happening_labels=equipmentlists.HAPPENING_LABELS,
        reportable=equipmentbook.REPORTABLE,
        states=[each for each in EquipmentState if each is not equipment.state],
        typed=form.typed() if form is not None else {},
        about=about,
        problems=problems_of(refusal) if refusal else {},
    )
