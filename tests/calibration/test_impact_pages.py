"""The pages of cases: opened by hand, disposed of, closed; the owner's letter in their language."""

import io
from datetime import timedelta

import pytest
from pypdf import PdfReader
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.calibration.impact_models import ImpactCase, ImpactState
from app.kernel import clock
from app.robots.models import Ownership
from tests.makers.browsing import Browser
from tests.makers.calibration import Lab, a_measured_job
from tests.makers.customers import a_customer

pytestmark = pytest.mark.only_on("sqlite")  # pages alike on both: test_pages_answer

LIST = "/calibration/impact"


def said(lab: Lab, **changed: str) -> dict[str, str]:
    today = clock.now().date()
    return {
        "key": f"equipment:{lab.level.id}",
        "since": str(today - timedelta(days=10)),
        "until": str(today),
        "bias": "-0,08",
        "unit": "deg",
        "reason": "dropped",
        **changed,
    }


def test_a_case_is_opened_disposed_of_and_closed(
    session: Session, lab: Lab, office: Browser
) -> None:
    a_measured_job(session, lab)
    session.commit()
    here = office.send(f"{LIST}/new", said(lab, token="t1")).headers["location"]

    seen = office.get(here).text
    early = office.post(f"{here}/close", token="t2")
    office.post(
        f"{here}/dispositions",
        scope="changes",
        disposition="recall",
        reason="wrong by 0.08 deg",
        token="t3",
    )
    office.post(f"{here}/close", token="t4")

    assert "Verdict changes" in seen
    assert early.status_code == 422
    assert session.scalars(select(ImpactCase.state)).one() is ImpactState.CLOSED
    assert "Recall the robot" in office.get(here).text


def test_what_cannot_be_a_case_is_told_at_its_field(lab: Lab, office: Browser) -> None:
    for changed, words in (
        ({"reason": ""}, "Say what is wrong"),
        ({"since": "yesterday"}, "is not a day"),
        ({"key": "moon:1"}, "Choose one of these"),
        ({"bias": "NaN"}, "is not a number"),
    ):
        refused = office.send(f"{LIST}/new", said(lab, **changed, token=f"t-{words}"))
        assert refused.status_code == 422
        assert words in refused.text


def test_the_owner_gets_a_letter_in_their_language(
    session: Session, lab: Lab, office: Browser
) -> None:
    a_measured_job(session, lab)
    customer = a_customer(session, lab.manager, "Lena Brandt")
    customer.language = "de"
    session.add(Ownership(unit_id=lab.unit.id, customer_id=customer.id, since=clock.now()))
    session.commit()
    here = office.send(f"{LIST}/new", said(lab, token="t1")).headers["location"]

    letter = office.get(f"{here}/letters/{customer.id}.pdf")

    text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(letter.content)).pages)
    assert lab.unit.serial in text
    assert "Lena Brandt" in text
    assert office.get(f"{here}/letters/99999.pdf").status_code == 404


def test_a_list_without_cases_says_what_one_is(office: Browser) -> None:
    assert "No case" in office.get(LIST).text


def test_a_technician_sees_cases_and_opens_none(lab: Lab, bench: Browser) -> None:
    assert bench.get(LIST).status_code == 200
    assert bench.send(f"{LIST}/new", said(lab, token="t1")).status_code == 403
