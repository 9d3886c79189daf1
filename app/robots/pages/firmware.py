"""One robot: the versions that run in it, and what must not run together."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from app.identity.guard import Acting, SignedIn
from app.kernel.actor import Actor
from app.kernel.errors import StoreError
from app.robots import addresses, firmware, firmwarerules, revisions
from app.robots.firmware import IN_ROBOT, PART_LABELS
from app.robots.firmwarerules import RULE_PARTS
from app.robots.pages.passport import asked_robot, frame
from app.robots.slotforms import RevisionForm, VersionForm
from app.web.errors import status_of
from app.web.forms import problems_of
from app.web.idempotent import once
from app.web.rendering import render
from app.web.sessions import ReadSession, WriteSession

router = APIRouter(prefix="/robots")


@router.get("/{serial:path}/firmware")
@router.get("/unit/firmware")
def show_versions(
    request: Request, session: ReadSession, actor: SignedIn, *, serial: str, maker: str = ""
) -> Response:
    return _versions(request, session, actor, serial=serial, maker=maker)


@router.post("/{serial:path}/firmware")
@router.post("/unit/firmware")
@once
def record_version(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    serial: str,
    form: Annotated[VersionForm, Form()],
    maker: str = "",
) -> Response:
    try:
        unit = asked_robot(session, actor, serial, maker).unit
        part, version, reference = form.read()
        firmware.record(session, actor, unit, part, version, reference=reference)
    except StoreError as refusal:
        session.rollback()
        return _versions(
            request,
            session,
            actor,
            serial=serial,
            maker=maker,
            typed=form.typed(),
            refusal=refusal,
        )
    return RedirectResponse(addresses.page_below(unit.serial, "firmware", maker=maker), 303)


@router.post("/{serial:path}/firmware/revision")
@router.post("/unit/firmware/revision")
@once
def record_revision(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    serial: str,
    form: Annotated[RevisionForm, Form()],
    maker: str = "",
) -> Response:
    try:
        unit = asked_robot(session, actor, serial, maker).unit
        revisions.record(session, actor, unit, form.revision, reason=form.reason)
    except StoreError as refusal:
        session.rollback()
        return _versions(
            request,
            session,
            actor,
            serial=serial,
            maker=maker,
            typed=form.typed(),
            refusal=refusal,
        )
    return RedirectResponse(addresses.page_below(unit.serial, "firmware", maker=maker), 303)


def _versions(
    request: Request,
    session: Session,
    actor: Actor,
    *,
    serial: str,
    maker: str,
    typed: dict[str, str] | None = None,
    refusal: StoreError | None = None,
) -> Response:
    row = asked_robot(session, actor, serial, maker)
    page = frame(session, actor, row, maker=maker, tab="firmware")
    page |= {
        "versions": firmware.versions(session, row.unit),
        "labels": PART_LABELS,
        "parts": [(part, PART_LABELS[part]) for part in IN_ROBOT],
        "history": firmware.history(session, row.unit.id),
        "reasons": firmwarerules.release_blockers(session, actor, row.unit),
        "rules": firmwarerules.rules_of(session, row.unit.model_id),
        "rule_parts": RULE_PARTS,
        "revision": row.unit.hardware_revision,
        "revision_page": addresses.page_below(row.unit.serial, "firmware", "revision", maker=maker),
        "form": VersionForm().typed() | RevisionForm().typed() | (typed or {}),
        "problems": problems_of(refusal) if refusal else {},
    }
    status = status_of(refusal) if refusal else 200
    return render(request, "robots/versions.html", status=status, **page)
