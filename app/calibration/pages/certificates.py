"""Certificates for staff, and the page where anybody checks the one in hand."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from app.calibration import certificateahead, certificatelists, certificates, certificatesheet, jobs
from app.calibration import certificatelabels as labels_of
from app.calibration.certificateforms import CorrectForm, IssueForm, WithdrawForm
from app.calibration.certificatelists import STANDING_LABELS, STANDING_TONES, Listed, address
from app.calibration.certificates import KIND_LABELS
from app.calibration.certificatesheet import Sheet
from app.calibration.houses import house_of
from app.calibration.job_models import JobState
from app.calibration.pages.onejob import asked_job
from app.identity import approval, strangers
from app.identity.guard import Acting, SignedIn
from app.kernel import queueing
from app.kernel.actor import Actor
from app.kernel.errors import NotFound, StoreError
from app.kernel.text import msg
from app.robots import addresses
from app.web.errors import status_of
from app.web.files import file_response
from app.web.forms import StoreForm, problems_of
from app.web.i18n import LANGUAGES
from app.web.idempotent import once
from app.web.qr import qr_code
from app.web.rendering import is_htmx, render
from app.web.sessions import ReadSession, WriteSession, database_of
from app.web.unlisted import unlisted
from app.web.visitors import visitor_of
from app.web.wire import Number

router = APIRouter()

_HERE = "/calibration/certificates"


@router.get(_HERE)
def list_certificates(
    request: Request, session: ReadSession, actor: SignedIn, *, q: str = "", cursor: str = ""
) -> Response:
    page = certificatelists.listed(session, actor, text=q, cursor=cursor or None)
    return render(
        request,
        "calibration/certificates.html",
        page=page,
        q=q,
        cursor=cursor,
        address=address,
        standing_labels=STANDING_LABELS,
        standing_tones=STANDING_TONES,
        kind_labels=KIND_LABELS,
    )


@router.get("/calibration/jobs/{number}/certificate")
def ask_for_certificate(
    request: Request, session: ReadSession, actor: SignedIn, *, number: Number
) -> Response:
    return _ask(request, session, actor, number, IssueForm())


@router.post("/calibration/jobs/{number}/certificate")
@once
def issue_certificate(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    number: Number,
    form: Annotated[IssueForm, Form()],
) -> Response:
    """Signed with a PIN; a wrong one is counted once our own transaction is over."""
    house = house_of(request.app.state.settings)
    try:
        wanted = form.read()
        # the paper is drawn out of the queue, so that no till waits for it
        session.rollback()
        ahead = certificateahead.of_job(database_of(request), actor, number, wanted, house=house)
        queueing.enter(session, actor.store_id)
        job = asked_job(session, actor, number)
        with approval.counting_wrong(database_of(request), session, actor):
            made = certificates.issue(
                session, actor, job, wanted, house=house, pin=form.pin, ahead=ahead
            )
    except StoreError as refusal:
        session.rollback()
        return _ask(request, session, actor, number, form, refusal=refusal)
    return RedirectResponse(address(made), 303)


@router.get(_HERE + "/{number}.pdf")
def download_pdf(session: ReadSession, actor: SignedIn, *, number: str) -> Response:
    found = _asked(session, actor, number).certificate
    return file_response(found.pdf, media_type="application/pdf", name=f"{found.number}.pdf")


@router.get(_HERE + "/{number}.xml")
def download_xml(session: ReadSession, actor: SignedIn, *, number: str) -> Response:
    found = _asked(session, actor, number).certificate
    handed_out = f'attachment; filename="{found.number}.xml"'
    return Response(
        found.dcc,
        media_type="application/xml",
        headers={"Content-Disposition": handed_out, "Cache-Control": "private, no-store"},
    )


@router.get(_HERE + "/{number}/label.pdf")
def print_label(session: ReadSession, actor: SignedIn, *, number: str, stock: str = "") -> Response:
    found = _asked(session, actor, number)
    pdf = labels_of.pdf(found, stock)
    name = f"{found.certificate.number}-label.pdf"
    return file_response(pdf, media_type="application/pdf", name=name)


@router.get(_HERE + "/{number}")
def show_certificate(
    request: Request, session: ReadSession, actor: SignedIn, *, number: str
) -> Response:
    return _show(request, session, actor, number)


@router.post(_HERE + "/{number}/correct")
@once
def correct_certificate(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    number: str,
    form: Annotated[CorrectForm, Form()],
) -> Response:
    house = house_of(request.app.state.settings)
    try:
        said, kind = form.read(), form.read_kind()
        session.rollback()
        ahead = certificateahead.of_correction(
            database_of(request),
            actor,
            number,
            said,
            kind=kind,
            reason=form.reason,
            house=house,
        )
        queueing.enter(session, actor.store_id)
        with approval.counting_wrong(database_of(request), session, actor):
            made = certificates.correct(
                session,
                actor,
                _asked(session, actor, number).certificate,
                said,
                kind=kind,
                reason=form.reason,
                house=house,
                pin=form.pin,
                ahead=ahead,
            )
    except StoreError as refusal:
        session.rollback()
        return _show(request, session, actor, number, refused=("correct", form, refusal))
    return RedirectResponse(address(made), 303)


@router.post(_HERE + "/{number}/withdraw")
@once
def withdraw_certificate(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    number: str,
    form: Annotated[WithdrawForm, Form()],
) -> Response:
    try:
        found = _asked(session, actor, number).certificate
        certificates.withdraw(session, actor, found, reason=form.reason)
    except StoreError as refusal:
        session.rollback()
        return _show(request, session, actor, number, refused=("withdraw", form, refusal))
    return RedirectResponse(address(found), 303)


@router.get("/c/{code}")
def check_certificate(request: Request, session: ReadSession, *, code: str) -> Response:
    """Number, tail of the serial, what became of it, and its hash. Nobody's name.

    Who tries too many wrong codes is sent away for a while; the right one always opens.
    """
    try:
        found = certificatelists.by_code(session, code)
    except NotFound:
        visitor = visitor_of(request)
        strangers.count_wrong(database_of(request), session, page="certificate", visitor=visitor)
        raise
    shot = certificates.snapshot_of(found.certificate)
    answer = render(
        request,
        "calibration/check.html",
        found=found,
        shot=shot,
        tail=shot.item.serial[-_TAIL:],
        standing_label=STANDING_LABELS[found.standing],
        standing_tone=STANDING_TONES[found.standing],
    )
    return unlisted(answer)


_TAIL = 4


def _asked(session: Session, actor: Actor, number: str) -> Listed:
    actor.require("calibration.view")
    return certificatelists.by_number(session, actor, number)


def _ask(
    request: Request,
    session: Session,
    actor: Actor,
    number: int,
    form: IssueForm,
    *,
    refusal: StoreError | None = None,
) -> Response:
    job = asked_job(session, actor, number)
    if job.state is not JobState.REVIEWED and refusal is None:
        raise NotFound(msg("This calibration waits for no certificate."), link=jobs.page(job))
    return render(
        request,
        "calibration/certificate_new.html",
        status=status_of(refusal) if refusal else 200,
        job=job,
        label=jobs.label(job),
        job_page=jobs.page(job),
        here=f"{jobs.page(job)}/certificate",
        choices=list(LANGUAGES.items()),
        typed=form.typed(),
        refusal=refusal,
        problems=problems_of(refusal) if refusal else {},
    )


def _show(
    request: Request,
    session: Session,
    actor: Actor,
    number: str,
    *,
    refused: tuple[str, StoreForm, StoreError] | None = None,
) -> Response:
    found = _asked(session, actor, number)
    certificate = found.certificate
    shot = certificates.snapshot_of(certificate)
    which, form, refusal = refused or ("", None, None)
    status = 200
    if refusal is not None:
        status = 422 if is_htmx(request) else status_of(refusal)
    return render(
        request,
        "calibration/certificate.html",
        status=status,
        found=found,
        certificate=certificate,
        shot=shot,
        sheet=Sheet(shot),
        gauge_of=certificatesheet.gauge_of,
        code_drawing=qr_code(shot.check_address),
        here=address(certificate),
        robot_link=addresses.robot_page(shot.item.serial),
        standing_label=STANDING_LABELS[found.standing],
        standing_tone=STANDING_TONES[found.standing],
        kind_label=KIND_LABELS[certificate.kind],
        is_standing=found.standing is certificatelists.Standing.ISSUED,
        successor=f"{_HERE}/{found.successor}" if found.successor else "",
        which=which,
        typed=form.typed() if form else {},
        refusal=refusal,
        problems=problems_of(refusal) if refusal else {},
    )
