"""Certificates from outside: the public check, and paper that nobody's till waits for."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from app.calibration import certificateahead, certificatebytes, certificates, verifying
from app.calibration.certificatebytes import Forms
from app.calibration.drawingup import Issue
from app.calibration.snapshot import Snapshot
from app.kernel import clock
from app.kernel.db import Database
from tests.makers.browsing import Browser
from tests.makers.calibration import Lab
from tests.makers.certificates import HOUSE, a_certificate, a_reviewed_job
from tests.makers.identity import PIN

pytestmark = pytest.mark.only_on("sqlite")
ENGLISH = Issue(("en",))


def test_wrong_codes_lock_their_visitor_and_the_right_one_opens_all_the_same(
    session: Session, app: FastAPI, lab: Lab
) -> None:
    code = a_certificate(session, lab).code
    session.commit()
    visitor = TestClient(app)

    tried = [visitor.get(f"/c/wrong{place}").status_code for place in range(6)]
    away = visitor.get("/c/wrong")

    assert tried == [404] * 5 + [429]
    assert int(away.headers["retry-after"]) > 0
    assert visitor.get(f"/c/{code}").status_code == 200
    with clock.set_to(clock.now() + timedelta(minutes=16)):
        assert visitor.get("/c/wrong").status_code == 404


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The numbers of the papers that were drawn, in their order."""
    numbers: list[str] = []
    really: Callable[..., Forms] = certificatebytes.made_of

    def listening(shot: Snapshot, *rest: object) -> Forms:
        numbers.append(shot.number)
        return really(shot, *rest)

    monkeypatch.setattr(certificatebytes, "made_of", listening)
    return numbers


def test_what_was_drawn_ahead_is_issued_without_drawing_again(
    session: Session, app: FastAPI, lab: Lab, drawn: list[str]
) -> None:
    job = a_reviewed_job(session, lab)
    session.commit()
    database: Database = app.state.database
    ahead = certificateahead.of_job(database, lab.metrologist, job.number, ENGLISH, house=HOUSE)

    made = certificates.issue(
        session, lab.metrologist, job, ENGLISH, house=HOUSE, pin=PIN, ahead=ahead
    )

    assert ahead is not None
    assert (made.pdf, made.dcc) == (ahead.pdf, ahead.xml)
    assert drawn == [made.number]
    assert list(verifying.breaches(session)) == []


def test_where_somebody_was_faster_the_paper_is_drawn_anew(
    session: Session, app: FastAPI, lab: Lab, drawn: list[str]
) -> None:
    job = a_reviewed_job(session, lab)
    session.commit()
    database: Database = app.state.database
    ahead = certificateahead.of_job(database, lab.metrologist, job.number, ENGLISH, house=HOUSE)
    a_certificate(session, lab)

    made = certificates.issue(
        session, lab.metrologist, job, ENGLISH, house=HOUSE, pin=PIN, ahead=ahead
    )

    assert ahead is not None
    assert made.pdf != ahead.pdf
    assert drawn[-1] == made.number
    assert list(verifying.breaches(session)) == []


def test_of_what_would_be_refused_nothing_is_drawn(
    session: Session, app: FastAPI, lab: Lab, drawn: list[str]
) -> None:
    job = a_reviewed_job(session, lab)
    session.commit()
    database: Database = app.state.database

    for actor, wanted in ((lab.technician, ENGLISH), (lab.metrologist, Issue(("tlh",)))):
        assert certificateahead.of_job(database, actor, job.number, wanted, house=HOUSE) is None
    assert drawn == []


def test_the_page_issues_what_it_drew_out_of_the_queue(
    session: Session, office: Browser, lab: Lab, drawn: list[str]
) -> None:
    job = a_reviewed_job(session, lab)
    session.commit()

    answer = office.post(
        f"/calibration/jobs/{job.number}/certificate", language="en", pin=PIN, token="t1"
    )

    assert answer.headers["location"].rpartition("/")[2] == drawn[0]
    assert len(drawn) == 1
