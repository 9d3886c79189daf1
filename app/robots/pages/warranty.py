"""One robot: its warranty slot by slot, what it rests on, contracts, what speaks against it."""

from collections.abc import Callable
from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request, UploadFile
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from app.identity.guard import Acting, SignedIn
from app.kernel.actor import Actor
from app.kernel.errors import NotFound, StoreError
from app.kernel.text import msg
from app.kernel.uploads import JPEG, MOST_BYTES
from app.robots import addresses, bodies, contracts, warrantycover, warrantypapers
from app.robots.bodyplan import SlotClass
from app.robots.duty_models import ServiceContract
from app.robots.dutyforms import (
    ContractForm,
    EvidenceForm,
    PaperForm,
    PayerForm,
    ReasonForm,
    VisitForm,
)
from app.robots.models import Unit
from app.robots.pages.passport import asked_robot, frame
from app.robots.slotnames import CLASS_LABELS, name_of
from app.robots.verdictwords import DUTY_LABELS, PAYER_LABELS, VERDICT_LABELS, VERDICT_TONES
from app.robots.warranty import evidence_to_look_for
from app.robots.warrantycover import WHOLE_ROBOT, Cover
from app.robots.warrantypapers import PAPER_LABELS, evidence_label
from app.web.errors import status_of
from app.web.files import file_response, files_of
from app.web.forms import StoreForm, problems_of
from app.web.idempotent import once
from app.web.rendering import render
from app.web.sessions import ReadSession, WriteSession
from app.web.wire import Number, RowId

router = APIRouter(prefix="/robots")

Act = Callable[[Unit], object]


class EvidenceUpload(EvidenceForm):
    """With a photo, if there is one."""

    photo: UploadFile | None = None

    def typed(self) -> dict[str, Any]:
        return {name: text for name, text in super().typed().items() if name != "photo"}


@router.get("/{serial:path}/warranty")
@router.get("/unit/warranty")
def show_warranty(
    request: Request,
    session: ReadSession,
    actor: SignedIn,
    *,
    serial: str,
    maker: str = "",
    slot: str = "",
) -> Response:
    """Every slot's verdict, and one of them (`slot`) or the whole robot's in full."""
    return _warranty(request, session, actor, serial=serial, maker=maker, slot=slot)


@router.post("/{serial:path}/warranty/papers")
@router.post("/unit/warranty/papers")
@once
def file_paper(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    serial: str,
    form: Annotated[PaperForm, Form()],
    maker: str = "",
) -> Response:
    def act(unit: Unit) -> None:
        kind, day = form.read()
        warrantypapers.file_paper(
            session, actor, unit, kind, day, source=form.source, entitlement=form.entitlement
        )

    return _do(request, session, actor, robot=(serial, maker), act=act, which="paper", form=form)


@router.post("/{serial:path}/warranty/evidence")
@router.post("/unit/warranty/evidence")
@once
def record_evidence(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    serial: str,
    form: Annotated[EvidenceUpload, Form()],
    maker: str = "",
) -> Response:
    def act(unit: Unit) -> None:
        typed = form.read()
        photo = form.photo.file.read(MOST_BYTES + 1) if form.photo else b""
        terms = warrantycover.binding_terms(session, unit)
        slot = bodies.slot_called(session, unit, typed.slot_path) if typed.slot_path else None
        warrantypapers.record_evidence(
            session,
            actor,
            unit,
            replace(typed, photo=photo),
            terms=terms.terms if terms else None,
            slot=slot,
            files=files_of(request),
        )

    return _do(request, session, actor, robot=(serial, maker), act=act, which="evidence", form=form)


@router.get("/{serial:path}/warranty/evidence/{evidence_id}/photo")
@router.get("/unit/warranty/evidence/{evidence_id}/photo")
def show_photo(
    request: Request,
    session: ReadSession,
    actor: SignedIn,
    *,
    serial: str,
    evidence_id: RowId,
    maker: str = "",
) -> Response:
    unit = asked_robot(session, actor, serial, maker).unit
    evidence = warrantypapers.evidence_by_id(session, unit, evidence_id)
    if not evidence.photo_sha256:
        raise NotFound(msg("No photo was taken."))
    content = files_of(request).get(evidence.photo_sha256)
    return file_response(content, media_type=JPEG, name=f"{unit.serial}-{evidence.code}")


@router.post("/{serial:path}/warranty/evidence/{evidence_id}/withdraw")
@router.post("/unit/warranty/evidence/{evidence_id}/withdraw")
@once
def withdraw_evidence(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    serial: str,
    evidence_id: RowId,
    form: Annotated[ReasonForm, Form()],
    maker: str = "",
) -> Response:
    def act(unit: Unit) -> None:
        warrantypapers.withdraw_evidence(session, actor, unit, evidence_id, reason=form.reason)

    return _do(
        request,
        session,
        actor,
        robot=(serial, maker),
        act=act,
        which=f"evidence-{evidence_id}",
        form=form,
    )


@router.post("/{serial:path}/warranty/payer")
@router.post("/unit/warranty/payer")
@once
def say_who_paid(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    serial: str,
    form: Annotated[PayerForm, Form()],
    maker: str = "",
) -> Response:
    def act(unit: Unit) -> None:
        occupant_id, under_warranty = form.read()
        warrantypapers.say_who_paid(
            session,
            actor,
            unit,
            occupant_id,
            under_warranty=under_warranty,
            reference=form.reference,
        )

    return _do(
        request,
        session,
        actor,
        robot=(serial, maker),
        act=act,
        which=f"payer-{form.occupant}",
        form=form,
    )


@router.post("/{serial:path}/warranty/contracts")
@router.post("/unit/warranty/contracts")
@once
def agree_contract(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    serial: str,
    form: Annotated[ContractForm, Form()],
    maker: str = "",
) -> Response:
    def act(unit: Unit) -> None:
        contracts.agree(session, actor, unit, form.read())

    return _do(request, session, actor, robot=(serial, maker), act=act, which="contract", form=form)


@router.post("/{serial:path}/warranty/contracts/{number}/visits")
@router.post("/unit/warranty/contracts/{number}/visits")
@once
def use_visit(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    serial: str,
    number: Number,
    form: Annotated[VisitForm, Form()],
    maker: str = "",
) -> Response:
    def act(unit: Unit) -> None:
        contract = _contract(session, actor, unit, number)
        contracts.use_visit(session, actor, contract, reference=form.reference)

    return _do(
        request, session, actor, robot=(serial, maker), act=act, which=f"visit-{number}", form=form
    )


@router.post("/{serial:path}/warranty/contracts/{number}/end")
@router.post("/unit/warranty/contracts/{number}/end")
@once
def end_contract(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    serial: str,
    number: Number,
    form: Annotated[ReasonForm, Form()],
    maker: str = "",
) -> Response:
    def act(unit: Unit) -> None:
        contract = _contract(session, actor, unit, number)
        contracts.end(session, actor, contract, reason=form.reason)

    return _do(
        request, session, actor, robot=(serial, maker), act=act, which=f"end-{number}", form=form
    )


def _contract(session: Session, actor: Actor, unit: Unit, number: int) -> ServiceContract:
    contract = contracts.by_number(session, actor, number)
    if contract.unit_id != unit.id:
        raise NotFound(msg("There is no such contract of this robot."))
    return contract


def _do(
    request: Request,
    session: Session,
    actor: Actor,
    *,
    robot: tuple[str, str],
    act: Act,
    which: str,
    form: StoreForm,
) -> Response:
    """Act on a robot (serial, maker) and go back to its page; refused, show it with the form."""
    serial, maker = robot
    try:
        unit = asked_robot(session, actor, serial, maker).unit
        act(unit)
    except StoreError as refusal:
        session.rollback()
        return _warranty(
            request,
            session,
            actor,
            serial=serial,
            maker=maker,
            refused=(which, form.typed(), refusal),
        )
    return RedirectResponse(addresses.page_below(unit.serial, "warranty", maker=maker), 303)


def _warranty(
    request: Request,
    session: Session,
    actor: Actor,
    *,
    serial: str,
    maker: str,
    slot: str = "",
    refused: tuple[str, dict[str, Any], StoreError] | None = None,
) -> Response:
    row = asked_robot(session, actor, serial, maker)
    which, typed, refusal = refused or ("", {}, None)
    page = frame(session, actor, row, maker=maker, tab="warranty")
    cover = warrantycover.cover_of(session, actor, row.unit, read=page["standings"])

    def below(*path: str, **query: str) -> str:
        return addresses.page_below(row.unit.serial, "warranty", *path, maker=maker, **query)

    page |= _chosen(cover, slot) | {
        "cover": cover,
        "below": below,
        "names": {one.slot.id: name_of(one.slot.path) for one in cover.slots},
        "checklist": _checklist(cover),
        "which": which,
        "form": _empty() | typed,
        "problems": problems_of(refusal) if refusal else {},
        "classes": CLASS_LABELS,
        "verdicts": VERDICT_LABELS,
        "tones": VERDICT_TONES,
        "payers": PAYER_LABELS,
        "duties": DUTY_LABELS,
        "papers": PAPER_LABELS,
        "evidence_label": evidence_label,
        "labels": {one.row.id: one.label for one in cover.contracts},
    }
    status = status_of(refusal) if refusal else 200
    return render(request, "robots/warranty.html", block="verdict", status=status, **page)


def _chosen(cover: Cover, slot: str) -> dict[str, Any]:
    """The verdict that is shown in full: a slot's, or the whole robot's."""
    if not slot:
        return {"chosen": None, "verdict": cover.robot}
    chosen = cover.of_slot(slot)
    return {"chosen": chosen, "verdict": chosen.verdict}


def _checklist(cover: Cover) -> list[tuple[str, Any]]:
    """What this maker excludes, each with its clause: what to look for when a robot comes in."""
    if cover.terms is None:
        return [(code, None) for code in warrantypapers.codes_of(None)]
    looked_for: dict[str, Any] = {}
    for component_class in (WHOLE_ROBOT, *SlotClass):
        for code, clause in evidence_to_look_for(cover.terms.terms, component_class):
            looked_for.setdefault(code, clause)
    return list(looked_for.items())


def _empty() -> dict[str, Any]:
    """Every form of the page, untouched."""
    return (
        PaperForm().typed()
        | EvidenceUpload().typed()
        | PayerForm().typed()
        | ContractForm().typed()
        | VisitForm().typed()
        | ReasonForm().typed()
    )
