"""A model's slots by hardware revision: import, what may sit where, versions known bad."""

from typing import Annotated, Any

from fastapi import APIRouter, Form, Request, UploadFile
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from app.identity.guard import Acting, SignedIn
from app.kernel.errors import NotFound, StoreError
from app.kernel.searchkeys import search_key
from app.kernel.text import msg
from app.robots import bodies, firmwarerules, makers, plans, slots
from app.robots.addresses import slots_page
from app.robots.bodyplan import Side, SlotClass
from app.robots.firmwarerules import RULE_PARTS
from app.robots.slot_models import BodyPlan, Control, Slot
from app.robots.slotforms import RuleForm, SlotForm, WithdrawForm
from app.robots.slotnames import CLASS_LABELS, CONTROL_LABELS, SIDE_LABELS, name_of
from app.robots.urdf import MAX_BYTES
from app.web.errors import status_of
from app.web.forms import problems_of
from app.web.idempotent import once
from app.web.rendering import render
from app.web.sessions import ReadSession, WriteSession
from app.web.wire import RowId

router = APIRouter(prefix="/robots/models")

_Refused = tuple[str, dict[str, str], StoreError]


@router.get("/import")
def ask_import(request: Request, session: ReadSession, actor: SignedIn) -> Response:
    """Models from robot descriptions: one file or several, each a model of its own."""
    actor.require("robots.edit")
    return _ask_import(request, session)


@router.post("/import")
def import_models(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    maker: Annotated[str, Form(max_length=200)] = "",
    code: Annotated[str, Form(max_length=200)] = "",
    revision: Annotated[str, Form(max_length=200)] = "",
    files: list[UploadFile] | None = None,
) -> Response:
    """All files, or none. Without `code` each model is called after its file."""
    typed = {"maker": maker, "code": code, "revision": revision}
    chosen = [file for file in files or () if file.filename]
    try:
        if not chosen:
            raise NotFound(msg("Choose a file first."), field="files")
        done = [
            plans.import_urdf(
                session,
                actor,
                maker=maker,
                code=plans.code_of(code, file.filename or "", alone=len(chosen) == 1),
                revision=revision,
                file_name=file.filename or "",
                data=file.file.read(MAX_BYTES + 1),
            )
            for file in chosen
        ]
    except StoreError as refusal:
        session.rollback()
        return _ask_import(request, session, typed=typed, refusal=refusal)
    if len(done) == 1:
        return RedirectResponse(slots_page(done[0].model.id, done[0].plan.revision), 303)
    return RedirectResponse("/robots/models", 303)


@router.get("/{model_id}/slots")
def show_slots(
    request: Request, session: ReadSession, actor: SignedIn, model_id: RowId, revision: str = ""
) -> Response:
    actor.require("robots.view")
    return _slots(request, session, model_id, revision)


@router.post("/{model_id}/slots")
def import_slots(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    model_id: RowId,
    revision: Annotated[str, Form(max_length=200)] = "",
    file: UploadFile | None = None,
) -> Response:
    """Slots of one hardware revision from a robot description."""
    try:
        if file is None or not file.filename:
            raise NotFound(msg("Choose a file first."), field="file")
        plans.import_for(
            session,
            actor,
            makers.model_by_id(session, model_id),
            revision=revision,
            file_name=file.filename,
            data=file.file.read(MAX_BYTES + 1),
        )
    except StoreError as refusal:
        session.rollback()
        refused = ("import", {"revision": revision}, refusal)
        return _slots(request, session, model_id, revision, refused=refused)
    return RedirectResponse(slots_page(model_id, revision), 303)


@router.post("/{model_id}/slots/new")
@once
def add_slot(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    model_id: RowId,
    form: Annotated[SlotForm, Form()],
    revision: str = "",
) -> Response:
    """A slot that no description names; the plan of the revision is made if need be."""
    try:
        path, side, parent, change = form.read_new()
        model = makers.model_by_id(session, model_id)
        plan = plans.plan_for(session, actor, model, revision)
        slots.add_slot(
            session, actor, plan, path=path, side=side, parent_path=parent, change=change
        )
    except StoreError as refusal:
        session.rollback()
        refused = ("add", form.typed(), refusal)
        return _slots(request, session, model_id, revision, refused=refused)
    return RedirectResponse(slots_page(model_id, revision), 303)


@router.get("/{model_id}/slots/{slot_id}")
def ask_slot(
    request: Request, session: ReadSession, actor: SignedIn, model_id: RowId, slot_id: RowId
) -> Response:
    actor.require("robots.edit")
    return _slot(request, session, model_id, slot_id)


@router.post("/{model_id}/slots/{slot_id}")
@once
def change_slot(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    model_id: RowId,
    slot_id: RowId,
    form: Annotated[SlotForm, Form()],
) -> Response:
    try:
        plan, slot = _found(session, model_id, slot_id)
        slots.change_slot(session, actor, slot, form.read_change())
    except StoreError as refusal:
        session.rollback()
        return _slot(request, session, model_id, slot_id, typed=form.typed(), refusal=refusal)
    return RedirectResponse(slots_page(model_id, plan.revision), 303)


@router.post("/{model_id}/slots/{slot_id}/drop")
@once
def drop_slot(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    model_id: RowId,
    slot_id: RowId,
    form: Annotated[WithdrawForm, Form()],  # noqa: ARG001 - `once` reads its token
) -> Response:
    try:
        plan, slot = _found(session, model_id, slot_id)
        slots.drop_slot(session, actor, slot)
    except StoreError as refusal:
        session.rollback()
        return _slot(request, session, model_id, slot_id, refusal=refusal)
    return RedirectResponse(slots_page(model_id, plan.revision), 303)


@router.post("/{model_id}/rules")
@once
def add_rule(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    model_id: RowId,
    form: Annotated[RuleForm, Form()],
) -> Response:
    try:
        model = makers.model_by_id(session, model_id)
        firmwarerules.add_rule(session, actor, model, form.read())
    except StoreError as refusal:
        session.rollback()
        return _slots(request, session, model_id, "", refused=("rule", form.typed(), refusal))
    return RedirectResponse(f"{slots_page(model_id)}#rules", 303)


@router.post("/{model_id}/rules/withdraw")
@once
def withdraw_rule(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: Acting,
    *,
    model_id: RowId,
    form: Annotated[WithdrawForm, Form()],
) -> Response:
    model = makers.model_by_id(session, model_id)
    firmwarerules.withdraw_rule(session, actor, model, form.code)
    return RedirectResponse(f"{slots_page(model_id)}#rules", 303)


def _ask_import(
    request: Request,
    session: Session,
    *,
    typed: dict[str, str] | None = None,
    refusal: StoreError | None = None,
) -> Response:
    problems = problems_of(refusal) if refusal else {}
    if "file" in problems:
        problems["files"] = problems.pop("file")
    return render(
        request,
        "robots/import.html",
        status=status_of(refusal) if refusal else 200,
        makers=makers.makers(session),
        form={"maker": "", "code": "", "revision": ""} | (typed or {}),
        problems=problems,
    )


def _slots(
    request: Request,
    session: Session,
    model_id: int,
    revision: str,
    *,
    refused: _Refused | None = None,
) -> Response:
    model = makers.model_by_id(session, model_id)
    known = bodies.plans_of(session, [model_id]).get(model_id, [])
    plan = _plan(known, revision)
    listed = bodies.slots_of(session, [plan.id]) if plan else []
    which, typed, refusal = refused or ("", {}, None)
    return render(
        request,
        "robots/slots.html",
        status=status_of(refusal) if refusal else 200,
        model=model,
        plan=plan,
        plans=[
            {
                "href": slots_page(model_id, one.revision),
                "label": one.revision or msg("All revisions"),
                "current": one is plan,
            }
            for one in known
        ],
        slots=listed,
        parents={slot.id: slot.path for slot in listed},
        rules=firmwarerules.rules_of(session, model_id),
        which=which,
        form=SlotForm().typed() | RuleForm().typed() | {"revision": revision} | typed,
        problems=problems_of(refusal) if refusal else {},
        **_choices(),
    )


def _plan(known: list[BodyPlan], revision: str) -> BodyPlan | None:
    """The plan of a revision; without one asked for, the first."""
    wanted = [plan for plan in known if plan.revision_key == search_key(revision)]
    if wanted:
        return wanted[0]
    return known[0] if known and not revision else None


def _found(session: Session, model_id: int, slot_id: int) -> tuple[BodyPlan, Slot]:
    slot = slots.slot_by_id(session, slot_id)
    plan = bodies.plan_by_id(session, slot.plan_id)
    if plan.model_id != model_id:
        raise NotFound(msg("There is no such slot."), field="slot")
    return plan, slot


def _slot(
    request: Request,
    session: Session,
    model_id: int,
    slot_id: int,
    *,
    typed: dict[str, str] | None = None,
    refusal: StoreError | None = None,
) -> Response:
    plan, slot = _found(session, model_id, slot_id)
    kept = {
        "slot_class": str(slot.slot_class),
        "control": str(slot.control),
        "parts": "\n".join(part.part_number for part in slot.parts),
    }
    return render(
        request,
        "robots/slot_edit.html",
        status=status_of(refusal) if refusal else 200,
        model=plan.model,
        plan=plan,
        slot=slot,
        back=slots_page(model_id, plan.revision),
        limits=plans.limits_of(slot),
        form=kept | (typed or {}),
        problems=problems_of(refusal) if refusal else {},
        **_choices(),
    )


def _choices() -> dict[str, Any]:
    """What can be chosen of a slot and of a rule, with its labels."""
    return {
        "classes": [(str(one), CLASS_LABELS[one]) for one in SlotClass],
        "controls": [(str(one), CONTROL_LABELS[one]) for one in Control],
        "sides": [(str(one), SIDE_LABELS[one]) for one in Side],
        "rule_parts": list(RULE_PARTS.items()),
        "class_labels": CLASS_LABELS,
        "control_labels": CONTROL_LABELS,
        "side_labels": SIDE_LABELS,
        "name_of": name_of,
    }
