"""Certificates looked up, each with what became of it: derived, never kept beside it."""

from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from sqlalchemy import ColumnElement, Select, bindparam, exists, func, or_, select
from sqlalchemy.orm import Session, aliased, joinedload

from app.calibration.certificate_models import CalibrationCertificate, CertificateWithdrawal
from app.calibration.job_models import CalibrationJob
from app.calibration.procedure_models import Procedure, ProcedureVersion
from app.kernel.actor import Actor
from app.kernel.errors import NotFound
from app.kernel.searchkeys import clean, like_pattern, search_key
from app.kernel.text import Text, msg
from app.robots.models import Unit
from app.web import paging

_CODE = 32


class Standing(StrEnum):
    """Whether a certificate still holds."""

    ISSUED = "issued"
    SUPERSEDED = "superseded"
    WITHDRAWN = "withdrawn"


STANDING_LABELS: dict[Standing, Text] = {
    Standing.ISSUED: msg("Issued"),
    Standing.SUPERSEDED: msg("Superseded"),
    Standing.WITHDRAWN: msg("Withdrawn"),
}
STANDING_TONES: dict[Standing, str] = {
    Standing.ISSUED: "ok",
    Standing.SUPERSEDED: "hold",
    Standing.WITHDRAWN: "bad",
}


@dataclass(frozen=True, slots=True)
class Listed:
    """A certificate in a list, with what became of it."""

    certificate: CalibrationCertificate
    unit: Unit
    successor: str
    withdrawn_why: str
    procedure: str

    @property
    def standing(self) -> Standing:
        if self.withdrawn_why:
            return Standing.WITHDRAWN
        return Standing.SUPERSEDED if self.successor else Standing.ISSUED


def address(certificate: CalibrationCertificate) -> str:
    """Its page for staff."""
    return f"/calibration/certificates/{certificate.number}"


def by_number(session: Session, actor: Actor, number: str) -> Listed:
    """The store's certificate of this number; raises NotFound."""
    found = _one(
        session,
        CalibrationCertificate.store_id == actor.store_id,
        CalibrationCertificate.number == number.upper()[:40],
    )
    if found is None:
        raise NotFound(
            msg("There is no certificate {number} in this store.", number=clean(number)[:40]),
            link="/calibration/certificates",
        )
    return found


def by_code(session: Session, code: str) -> Listed:
    """By the code that its paper carries; raises NotFound in the same words for whatever else."""
    found = None
    if code.isascii() and 0 < len(code) <= _CODE:
        found = _one(session, CalibrationCertificate.code == code.lower())
    if found is None:
        raise NotFound(msg("There is no certificate at this address."))
    return found


def listed(
    session: Session,
    actor: Actor,
    *,
    text: str = "",
    cursor: str | None = None,
    most: int = paging.PAGE,
) -> paging.Page[Listed]:
    """The store's certificates, the newest first; by their number or how the serial begins."""
    actor.require("calibration.view")
    query = (
        _listing(CalibrationCertificate.store_id == actor.store_id)
        .order_by(CalibrationCertificate.id.desc())
        .limit(most + 1)
    )
    key = search_key(text)
    if key:
        query = query.where(
            or_(
                Unit.serial_key.like(f"{like_pattern(key)}%", escape="\\"),
                CalibrationCertificate.number == key.upper(),
            )
        )
    if cursor:
        (before,) = paging.decode(cursor, int)
        query = query.where(CalibrationCertificate.id < before)
    rows = [Listed(*row) for row in session.execute(query)]
    after = paging.encode(rows[most - 1].certificate.id) if len(rows) > most else None
    return paging.Page(rows[:most], after)


def current_of(session: Session, unit_id: int, procedure_id: int) -> Listed | None:
    """The newest certificate of a robot by a procedure that still holds; None: there is none."""
    later = aliased(CalibrationCertificate)
    row = session.execute(
        _listing(
            CalibrationCertificate.unit_id == unit_id,
            Procedure.id == procedure_id,
            ~exists().where(later.supersedes_id == CalibrationCertificate.id),
            CertificateWithdrawal.id.is_(None),
        )
        .order_by(CalibrationCertificate.id.desc())
        .limit(1)
    ).first()
    return None if row is None else Listed(*row)


def of_unit(session: Session, unit_id: int) -> list[Listed]:
    """A robot's certificates, the newest first."""
    rows = session.execute(
        _listing(CalibrationCertificate.unit_id == unit_id).order_by(
            CalibrationCertificate.id.desc()
        )
    )
    return [Listed(*row) for row in rows]


def of_reference(session: Session, unit_id: int, reference: str) -> list[Listed]:
    """What was issued for one repair or sale of a robot, the oldest first."""
    rows = session.execute(_of_reference(), {"unit_id": unit_id, "reference": reference})
    return [Listed(*row) for row in rows]


@cache
def _of_reference() -> Select[CalibrationCertificate, Unit, str, str, str]:
    """Written once: every look at a repair's public page asks it."""
    return _listing(
        CalibrationCertificate.unit_id == bindparam("unit_id"),
        CalibrationJob.reference == bindparam("reference"),
    ).order_by(CalibrationCertificate.id)


def _one(session: Session, *conditions: ColumnElement[bool]) -> Listed | None:
    row = session.execute(_listing(*conditions)).one_or_none()
    return None if row is None else Listed(*row)


def _listing(
    *conditions: ColumnElement[bool],
) -> Select[CalibrationCertificate, Unit, str, str, str]:
    later = aliased(CalibrationCertificate)
    return (
        select(
            CalibrationCertificate,
            Unit,
            func.coalesce(later.number, ""),
            func.coalesce(CertificateWithdrawal.reason, ""),
            Procedure.code,
        )
        .join(Unit, Unit.id == CalibrationCertificate.unit_id)
        .join(CalibrationJob, CalibrationJob.id == CalibrationCertificate.job_id)
        .join(ProcedureVersion, ProcedureVersion.id == CalibrationJob.version_id)
        .join(Procedure, Procedure.id == ProcedureVersion.procedure_id)
        .outerjoin(later, later.supersedes_id == CalibrationCertificate.id)
        .outerjoin(
            CertificateWithdrawal,
            CertificateWithdrawal.certificate_id == CalibrationCertificate.id,
        )
        .options(joinedload(Unit.model), joinedload(Unit.maker))
        .where(*conditions)
    )
