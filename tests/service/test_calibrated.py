"""What the check-in says of a robot's last calibration: the certificate that holds."""

from datetime import UTC, date, datetime

import pytest
from sqlalchemy.orm import Session

from app.calibration.certificate_models import (
    CalibrationCertificate,
    CertificateKind,
    CertificateWithdrawal,
)
from app.service import queries
from tests.makers.calibration_validity import Legs, a_walker, reviewed


@pytest.fixture
def legs(session: Session) -> Legs:
    return a_walker(session)


def issued(
    session: Session, legs: Legs, number: str, *, instead_of: CalibrationCertificate | None = None
) -> CalibrationCertificate:
    job = reviewed(session, legs.lab, legs.zero, legs.unit)
    row = CalibrationCertificate(
        store_id=legs.unit.store_id,
        sequence=int(number[-1]),
        number=number,
        job_id=job.id,
        unit_id=legs.unit.id,
        kind=CertificateKind.REPLACEMENT if instead_of else CertificateKind.ORIGINAL,
        supersedes_id=instead_of.id if instead_of else None,
        reason="Typing error" if instead_of else "",
        snapshot="{}",
        sha256="0" * 64,
        previous_sha256="0" * 64,
        languages="en",
        pdf=b"",
        pdf_sha256="0" * 64,
        dcc=b"",
        dcc_sha256="0" * 64,
        due_on=date(2027, 5, 1),
        issued_at=datetime(2026, 5, 1, 12, tzinfo=UTC),
        issued_by="Mei Hoffmann",
    )
    session.add(row)
    session.flush()
    return row


def test_the_newest_certificate_that_holds_is_told(session: Session, legs: Legs) -> None:
    assert queries.known_of_unit(session, legs.unit.id) == ([], None)
    first = issued(session, legs, "C-2026-00001")
    issued(session, legs, "C-2026-00002", instead_of=first)
    third = issued(session, legs, "C-2026-00003")

    _, newest = queries.known_of_unit(session, legs.unit.id)
    session.add(
        CertificateWithdrawal(
            certificate_id=third.id, reason="Reference found bad", at=third.issued_at, by="Mei"
        )
    )
    session.flush()
    _, before = queries.known_of_unit(session, legs.unit.id)

    assert newest is not None
    assert (newest.number, newest.due_on) == ("C-2026-00003", date(2027, 5, 1))
    assert before is not None
    assert before.number == "C-2026-00002"
