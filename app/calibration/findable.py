"""Calibrations by what is scanned: a job's number, a certificate's number or code, a reference."""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from sqlalchemy import Select
from sqlalchemy.orm import Session

from app.calibration import certificatelists, equipment, jobs
from app.calibration.certificatelists import Listed
from app.calibration.equipment_models import Equipment
from app.kernel.actor import Actor
from app.kernel.errors import NotFound
from app.kernel.findable import Found

_JOB = re.compile(r"k-([0-9]{1,9})", re.IGNORECASE)
_JOB_PAGE = re.compile(r"/calibration/jobs/([0-9]{1,9})(/.*)?")
_CERTIFICATE = re.compile(r"c-[0-9]{4}-[0-9]{5,9}", re.IGNORECASE)
_CHECK = re.compile(r"/c/([a-z0-9]{20,32})", re.IGNORECASE)


def find(session: Session, actor: Actor, code: str) -> Iterator[Found]:
    """The job and the certificate that a code names exactly."""
    if not actor.may("calibration.view"):
        return
    typed = code.strip()
    path = _path(typed)
    yield from _job(session, actor, typed, path)
    yield from _certificate(session, actor, typed, path)


def _path(typed: str) -> str:
    return urlsplit(typed).path if typed.lower().startswith(("http://", "https://")) else ""


def _job(session: Session, actor: Actor, typed: str, path: str) -> Iterator[Found]:
    named = _JOB.fullmatch(typed) or _JOB_PAGE.fullmatch(path)
    if named is None:
        return
    try:
        job = jobs.by_number(session, actor, int(named[1]))
    except NotFound:
        return
    detail = f"{job.procedure_version.title} · {job.unit.model.name} {job.unit.serial}"
    yield Found("calibration", jobs.label(job), detail, jobs.label(job), jobs.page(job))


def _certificate(session: Session, actor: Actor, typed: str, path: str) -> Iterator[Found]:
    try:
        if _CERTIFICATE.fullmatch(typed):
            found = certificatelists.by_number(session, actor, typed)
        elif check := _CHECK.fullmatch(path):
            found = certificatelists.by_code(session, check[1])
        else:
            return
    except NotFound:
        return
    if found.certificate.store_id == actor.store_id:
        yield _of_certificate(found)


def _of_certificate(found: Listed) -> Found:
    number = found.certificate.number
    detail = f"{found.procedure} · {found.unit.model.name} {found.unit.serial}"
    page = certificatelists.address(found.certificate)
    return Found("certificate", number, detail, number, page)


def references(actor: Actor, code: str) -> Select[Equipment] | None:
    """The references that a code names, for whoever may see them."""
    if not actor.may("calibration.view") or _path(code.strip()):
        return None
    return equipment.coded(actor, code)


def find_reference(session: Session, actor: Actor, code: str) -> Iterator[Found]:
    """The reference that a code names exactly, of those that `references` finds."""
    try:
        piece = equipment.by_code(session, actor, code.strip())
    except NotFound:
        return
    detail = f"{piece.name} · {piece.maker} {piece.type_name} {piece.serial}"
    asset = piece.asset_number
    yield Found("equipment", asset, detail, asset, equipment.page(piece))
