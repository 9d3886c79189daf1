"""Certificates: issued once, corrected by further ones, checked by anybody."""

import io
from datetime import UTC, datetime
from typing import Any, cast
from urllib.parse import urlencode

import pytest
from fastapi.testclient import TestClient
from pypdf import PdfReader
from sqlalchemy.orm import Session

from app.calibration import certificatelists, certificates, certificatesheet, dcc, verifying
from app.calibration.certificate_models import CalibrationCertificate, CertificateKind
from app.calibration.certificatelists import Standing
from app.calibration.corrections import Correction
from app.calibration.drawingup import House, Issue
from app.calibration.dsiunits import read_unit, write_unit
from app.calibration.job_models import JobState
from app.identity.approval import WrongPin
from app.kernel.errors import Conflict, NotFound, Refused
from tests.makers.browsing import Browser
from tests.makers.calibration import LEVEL, Lab, a_measured_job
from tests.makers.certificates import HOUSE, a_certificate, a_reviewed_job
from tests.makers.identity import PIN


def words_of(pdf: bytes) -> str:
    return " ".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)


def test_a_reviewed_job_ends_with_its_certificate(session: Session, lab: Lab) -> None:
    job = a_reviewed_job(session, lab)

    made = a_certificate(session, lab, job=job)

    shot = certificates.snapshot_of(made)
    assert job.state is JobState.CERTIFIED
    assert (shot.number, shot.passed, shot.item.serial) == (made.number, True, job.unit.serial)
    assert made.previous_sha256 == certificates.FIRST_LINK
    assert [line.as_found.verdict for line in shot.lines if line.as_found] == ["pass"] * len(
        shot.lines
    )
    assert list(verifying.breaches(session)) == []


def test_only_a_reviewed_job_gets_one_and_only_with_the_right_pin(
    session: Session, lab: Lab
) -> None:
    measured = a_measured_job(session, lab)
    with pytest.raises(Conflict):
        a_certificate(session, lab, job=measured)
    session.rollback()
    job = a_reviewed_job(session, lab)
    with pytest.raises(WrongPin):
        certificates.issue(session, lab.metrologist, job, Issue(("en",)), house=HOUSE, pin="0000")


@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize(
    "wanted",
    [
        Issue(()),
        Issue(("en", "en")),
        Issue(("en", "de", "zh")),
        Issue(("xx",)),
        Issue(("en",), is_interval_agreed=True),
    ],
)
def test_what_makes_no_sense_is_refused(session: Session, lab: Lab, wanted: Issue) -> None:
    job = a_reviewed_job(session, lab)
    with pytest.raises(Refused):
        certificates.issue(session, lab.metrologist, job, wanted, house=HOUSE, pin=PIN)


def test_paper_and_digital_form_come_out_of_the_snapshot_byte_for_byte(
    session: Session, lab: Lab
) -> None:
    made = a_certificate(session, lab, languages=("de", "zh"))

    shot = certificates.snapshot_of(made)
    assert certificatesheet.pdf(shot) == made.pdf
    assert dcc.written(shot) == made.dcc


@pytest.mark.only_on("sqlite")
def test_the_paper_says_all_that_is_asked_for_and_claims_no_accreditation(
    session: Session, lab: Lab
) -> None:
    job = a_reviewed_job(session, lab)
    said = words_of(a_certificate(session, lab, job=job).pdf)

    for wanted in (
        "Calibration certificate",
        job.unit.serial,
        "Mei Hoffmann",
        "Emre Kaya",
        "KNEE-ZERO",
    ):
        assert wanted in said
    assert "relate only to the item" in said
    assert "traceable" in said
    assert "coverage probability" in said
    lowered = said.lower()
    assert not any(mark in lowered for mark in ("accredit", "cnas", "17025", "ilac-mra"))


@pytest.mark.only_on("sqlite")
def test_two_languages_stand_side_by_side_with_chinese_fonts_embedded(
    session: Session, lab: Lab
) -> None:
    made = a_certificate(session, lab, languages=("zh", "en"))

    reader = PdfReader(io.BytesIO(made.pdf))
    fonts = {
        str(font.get_object()["/BaseFont"])
        for page in reader.pages
        for font in cast(Any, page)["/Resources"]["/Font"].values()
    }
    assert "Calibration certificate" in words_of(made.pdf)
    assert all("+" in name for name in fonts)  # a subset of a font that is in the file
    assert any("\u4e00" <= sign <= "\u9fff" for sign in words_of(made.pdf))


def test_a_due_day_is_printed_only_where_it_was_agreed(session: Session, lab: Lab) -> None:
    job = a_reviewed_job(session, lab)
    wanted = Issue(("en",), due_on=datetime(2099, 1, 31, tzinfo=UTC).date())

    made = certificates.issue(session, lab.metrologist, job, wanted, house=HOUSE, pin=PIN)

    assert (made.due_on, certificates.snapshot_of(made).due_on) == (None, None)


def test_accreditation_is_named_for_the_procedures_that_it_covers_alone(
    session: Session, lab: Lab
) -> None:
    covered = House("https://x.example", "D-K-00000", frozenset({"KNEE-ZERO"}))
    other = House("https://x.example", "D-K-00000", frozenset({"POSE"}))

    first = certificates.snapshot_of(a_certificate(session, lab, house=covered))
    second = certificates.snapshot_of(a_certificate(session, lab, house=other))

    assert (first.accreditation, second.accreditation) == ("D-K-00000", "")


def test_an_amendment_and_a_replacement_name_what_they_stand_for(
    session: Session, lab: Lab
) -> None:
    first = a_certificate(session, lab)
    second = certificates.correct(
        session,
        lab.metrologist,
        first,
        Correction(customer_name="Klinik am Park GmbH"),
        kind=CertificateKind.AMENDMENT,
        reason="The name was written wrongly",
        house=HOUSE,
        pin=PIN,
    )
    third = certificates.correct(
        session,
        lab.metrologist,
        second,
        Correction(condition="Scratch on the left shin"),
        kind=CertificateKind.REPLACEMENT,
        reason="The condition was forgotten",
        house=HOUSE,
        pin=PIN,
    )

    standings = [
        certificatelists.by_number(session, lab.metrologist, one.number).standing
        for one in (first, second, third)
    ]
    assert standings == [Standing.SUPERSEDED, Standing.SUPERSEDED, Standing.ISSUED]
    assert certificates.snapshot_of(second).replaces == first.number
    assert first.number in words_of(second.pdf)
    assert second.previous_sha256 == certificates.link_after(first)
    with pytest.raises(Conflict):
        certificates.withdraw(session, lab.metrologist, first, reason="Too late")
    with pytest.raises(Refused):
        certificates.correct(
            session,
            lab.metrologist,
            third,
            Correction(),
            kind=CertificateKind.AMENDMENT,
            reason="Nothing",
            house=HOUSE,
            pin=PIN,
        )


def test_a_withdrawn_certificate_no_longer_holds(session: Session, lab: Lab) -> None:
    made = a_certificate(session, lab)

    certificates.withdraw(session, lab.metrologist, made, reason="Wrong robot in the stand")

    found = certificatelists.by_number(session, lab.metrologist, made.number)
    assert (found.standing, found.withdrawn_why) == (
        Standing.WITHDRAWN,
        "Wrong robot in the stand",
    )


@pytest.mark.parametrize("unit", ["mm", "deg", "N", "N·m", "%", "A·h", "kg", "s", "m", "px"])
def test_units_are_written_as_they_are_read(unit: str) -> None:
    assert write_unit(unit).startswith("\\")
    assert read_unit(write_unit(unit)) == {"px": "1"}.get(unit, unit)


def test_anybody_checks_by_the_code_and_reads_nobodys_name(
    session: Session, lab: Lab, client: TestClient
) -> None:
    made = a_certificate(session, lab)
    code, number = made.code, made.number
    session.commit()

    answer = client.get(f"/c/{code}")
    missed = client.get("/c/" + "a" * len(code))

    assert answer.status_code == 200
    assert number in answer.text
    assert "Mei Hoffmann" not in answer.text
    assert answer.headers["cache-control"] == "no-store"
    assert "noindex" in answer.headers["x-robots-tag"]
    assert missed.status_code == 404
    assert number not in missed.text


def test_a_metrologist_issues_corrects_and_withdraws_by_page(
    session: Session, lab: Lab, office: Browser
) -> None:
    job = a_reviewed_job(session, lab)
    page = f"/calibration/jobs/{job.number}/certificate"
    session.commit()

    wrong = office.post(page, language="en", pin="0000")
    right = office.post(page, language="en", second="de", pin=PIN)
    address = right.headers["location"]
    shown = office.get(address)
    corrected = office.post(
        f"{address}/correct",
        kind="amendment",
        reason="Place was forgotten",
        place="Cell A",
        customer_name="Somebody",
        pin=PIN,
    )
    gone = office.post(f"{corrected.headers['location']}/withdraw", reason="Wrong after all")
    old = office.get(address)

    assert (wrong.status_code, "This PIN is not right." in wrong.text) == (422, True)
    assert right.status_code == 303
    assert shown.status_code == 200
    assert office.get(f"{address}.pdf").content.startswith(b"%PDF")
    assert office.get(f"{address}.xml").content.startswith(b"<?xml")
    assert office.get(f"{address}/label.pdf").content.startswith(b"%PDF")
    assert (corrected.status_code, gone.status_code) == (303, 303)
    assert "Another certificate stands in its place." in old.text
    assert office.get("/calibration/certificates?q=G1").status_code == 200


def test_a_scan_finds_job_certificate_and_reference(
    session: Session, lab: Lab, office: Browser
) -> None:
    made = a_certificate(session, lab)
    codes = {
        made.number.lower(): f"/calibration/certificates/{made.number}",
        f"https://robots.example/c/{made.code}": f"/calibration/certificates/{made.number}",
        "k-1": "/calibration/jobs/1",
        LEVEL: "/calibration/equipment/",
    }
    session.commit()

    for code, page in codes.items():
        answer = office.get("/find?" + urlencode({"code": code}))
        assert answer.headers["location"].startswith(page), code


def test_the_numbers_have_no_gap_and_the_robot_keeps_the_owner_of_that_time(
    session: Session, lab: Lab
) -> None:
    numbers = [a_certificate(session, lab).number[-5:] for _ in range(3)]

    assert numbers == ["00001", "00002", "00003"]
    with pytest.raises(NotFound):
        certificatelists.by_code(session, "nothing")
    assert session.query(CalibrationCertificate).count() == 3
