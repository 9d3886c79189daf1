"""Certificates as JSON, with their files; signed by the verbs of the pages."""

from datetime import date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session
from starlette.responses import Response

from app.calibration import certificateahead, certificatelists, certificates, procedures
from app.calibration.api.asked import asked
from app.calibration.certificate_models import CertificateKind
from app.calibration.certificatelists import Listed, Standing
from app.calibration.corrections import Correction
from app.calibration.drawingup import Issue
from app.calibration.houses import house_of
from app.identity import approval
from app.identity.guard import ApiReading, ApiWriting
from app.kernel import queueing
from app.kernel.actor import Actor
from app.kernel.errors import NotFound
from app.kernel.text import msg
from app.robots import registry
from app.web.idempotent import once
from app.web.problems import refusals, refusals_of_writing
from app.web.sessions import ReadSession, WriteSession, database_of
from app.web.wire import Cursor, Number, PageOut

router = APIRouter(prefix="/api/v1/calibration", tags=["calibration"])

_HERE = "/certificates"


class CertificateOut(BaseModel):
    number: str
    kind: CertificateKind
    state: Standing
    unit: str
    procedure: str
    job: int
    passed: bool
    issued_at: datetime
    issued_by: str
    due_on: date | None
    replaces: str
    replaced_by: str
    withdrawn_why: str
    check_address: str
    sha256: str
    previous_sha256: str
    pdf_sha256: str
    dcc_sha256: str


class IssueIn(BaseModel):
    languages: list[str] = Field(default=["en"], max_length=2)
    due_on: date | None = Field(default=None, description="Only where the customer agreed to it.")
    pin: str = Field(max_length=20)


class CorrectIn(BaseModel):
    kind: CertificateKind
    reason: str = Field(max_length=2000)
    customer_name: str | None = Field(default=None, max_length=200)
    customer_address: str | None = Field(default=None, max_length=2000)
    condition: str | None = Field(default=None, max_length=2000)
    deviations: str | None = Field(default=None, max_length=2000)
    place: str | None = Field(default=None, max_length=200)
    pin: str = Field(max_length=20)


class WithdrawIn(BaseModel):
    reason: str = Field(max_length=2000)


@router.get(_HERE, responses=refusals())
def list_calibration_certificates(
    session: ReadSession,
    actor: ApiReading,
    *,
    q: Annotated[str, Query(max_length=200, description="Serial or number.")] = "",
    cursor: Cursor = "",
) -> PageOut[CertificateOut]:
    """The newest first."""
    page = certificatelists.listed(session, actor, text=q, cursor=cursor or None)
    return PageOut(items=[_out(one) for one in page.items], next=page.next)


@router.post("/jobs/{number}/certificate", status_code=201, responses=refusals_of_writing(404))
@once
def issue_calibration_certificate(
    request: Request, session: WriteSession, actor: ApiWriting, *, number: Number, body: IssueIn
) -> CertificateOut:
    """A person signs with the PIN. A program is nobody: it is refused."""
    wanted = Issue(tuple(body.languages), body.due_on is not None, body.due_on)
    house = house_of(request.app.state.settings)
    # the paper is drawn out of the queue, so that no till waits for it
    session.rollback()
    ahead = certificateahead.of_job(database_of(request), actor, number, wanted, house=house)
    queueing.enter(session, actor.store_id)
    job = asked(session, actor, number)
    with approval.counting_wrong(database_of(request), session, actor):
        made = certificates.issue(
            session, actor, job, wanted, house=house, pin=body.pin, ahead=ahead
        )
    return _out(certificatelists.by_number(session, actor, made.number))


@router.get("/robots/{serial}/certificates/current", responses=refusals(404, 409))
def read_current_calibration_certificate(
    session: ReadSession,
    actor: ApiReading,
    *,
    serial: str,
    procedure: Annotated[str, Query(max_length=40, description="Its code.")],
) -> CertificateOut:
    """The newest certificate of a robot by a procedure that nobody replaced or withdrew."""
    actor.require("calibration.view")
    unit = registry.by_serial(session, actor, serial)
    asked_for = procedures.by_code(session, actor, procedure)
    found = certificatelists.current_of(session, unit.id, asked_for.id)
    if found is None:
        raise NotFound(
            msg("{serial} has no certificate by {code}.", serial=unit.serial, code=asked_for.code)
        )
    return _out(found)


@router.get(
    _HERE + "/{number}.pdf",
    responses={200: {"content": {"application/pdf": {}}}, **refusals(404)},
    response_class=Response,
)
def read_calibration_certificate_pdf(
    session: ReadSession, actor: ApiReading, *, number: str
) -> Response:
    found = _asked(session, actor, number).certificate
    return Response(found.pdf, media_type="application/pdf")


@router.get(
    _HERE + "/{number}.xml",
    responses={200: {"content": {"application/xml": {}}}, **refusals(404)},
    response_class=Response,
)
def read_calibration_certificate_xml(
    session: ReadSession, actor: ApiReading, *, number: str
) -> Response:
    """The Digital Calibration Certificate, schema 3.2.1."""
    found = _asked(session, actor, number).certificate
    return Response(found.dcc, media_type="application/xml")


@router.get(
    _HERE + "/{number}.json",
    responses={200: {"model": dict[str, Any]}, **refusals(404)},
    response_class=Response,
)
def read_calibration_certificate_snapshot(
    session: ReadSession, actor: ApiReading, *, number: str
) -> Response:
    """The frozen snapshot in the very bytes that its digest is of."""
    found = _asked(session, actor, number).certificate
    return Response(found.snapshot.encode(), media_type="application/json")


@router.get(_HERE + "/{number}", responses=refusals(404))
def read_calibration_certificate(
    session: ReadSession, actor: ApiReading, *, number: str
) -> CertificateOut:
    return _out(_asked(session, actor, number))


@router.post(_HERE + "/{number}/correct", status_code=201, responses=refusals_of_writing(404))
@once
def correct_calibration_certificate(
    request: Request, session: WriteSession, actor: ApiWriting, *, number: str, body: CorrectIn
) -> CertificateOut:
    """A further certificate in place of this one. A person signs with the PIN."""
    house = house_of(request.app.state.settings)
    said = Correction(
        customer_name=body.customer_name,
        customer_address=body.customer_address,
        condition=body.condition,
        deviations=body.deviations,
        place=body.place,
    )
    session.rollback()
    ahead = certificateahead.of_correction(
        database_of(request),
        actor,
        number,
        said,
        kind=body.kind,
        reason=body.reason,
        house=house,
    )
    queueing.enter(session, actor.store_id)
    with approval.counting_wrong(database_of(request), session, actor):
        made = certificates.correct(
            session,
            actor,
            _asked(session, actor, number).certificate,
            said,
            kind=body.kind,
            reason=body.reason,
            house=house,
            pin=body.pin,
            ahead=ahead,
        )
    return _out(certificatelists.by_number(session, actor, made.number))


@router.post(_HERE + "/{number}/withdraw", status_code=201, responses=refusals_of_writing(404))
@once
def withdraw_calibration_certificate(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    *,
    number: str,
    body: WithdrawIn,
) -> CertificateOut:
    found = _asked(session, actor, number).certificate
    certificates.withdraw(session, actor, found, reason=body.reason)
    return _out(certificatelists.by_number(session, actor, number))


def _asked(session: Session, actor: Actor, number: str) -> Listed:
    actor.require("calibration.view")
    return certificatelists.by_number(session, actor, number)


def _out(found: Listed) -> CertificateOut:
    one, shot = found.certificate, certificates.snapshot_of(found.certificate)
    return CertificateOut(
        number=one.number,
        kind=one.kind,
        state=found.standing,
        unit=found.unit.serial,
        procedure=found.procedure,
        job=int(shot.job.removeprefix("K-")),
        passed=shot.passed,
        issued_at=one.issued_at,
        issued_by=one.issued_by,
        due_on=one.due_on,
        replaces=shot.replaces,
        replaced_by=found.successor,
        withdrawn_why=found.withdrawn_why,
        check_address=shot.check_address,
        sha256=one.sha256,
        previous_sha256=one.previous_sha256,
        pdf_sha256=one.pdf_sha256,
        dcc_sha256=one.dcc_sha256,
    )
