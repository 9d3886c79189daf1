"""The pages of references: registered, certified, taken in digitally, set aside."""

import re
from pathlib import Path

import pytest
from httpx2 import Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.calibration.equipment_models import Equipment, EquipmentCertificate, EquipmentState
from app.web import csrf
from tests.makers.browsing import SECRET, Browser
from tests.makers.calibration import Lab

pytestmark = pytest.mark.only_on("sqlite")  # pages alike on both: test_pages_answer

LIST = "/calibration/equipment"
SAMPLES = Path(__file__).parents[3] / "shared/data/dcc/samples"
CELL = {
    "asset_number": "TC-07",
    "name": "Torque cell",
    "kind": "torque cell",
    "maker": "HBM",
    "type_name": "T22",
    "serial": "4711",
    "unit": "N·m",
}
PAPER = {
    "issuer": "DKD lab",
    "number": "K-1",
    "calibrated_on": "2026-01-31",
    "due_on": "2030-01-31",
    "results-0-unit": "N·m",
    "results-0-nominal": "50",
    "results-0-error": "0,02",
    "results-0-expanded": "0.05",
}


def upload(browser: Browser, page: str, data: bytes) -> Response:
    return browser.client.post(
        f"{page}/certificates/digital",
        data={csrf.FIELD: csrf._token(SECRET)},
        files={"file": ("dcc.xml", data, "application/xml")},
        follow_redirects=False,
    )


@pytest.fixture
def page(lab: Lab) -> str:
    return f"{LIST}/{lab.level.id}"


def test_the_scan_of_a_paper_outlives_a_refusal_and_is_handed_out(office: Browser) -> None:
    scan = b"%PDF-1.7\n1 0 obj\n%%EOF\n"
    here = office.send(f"{LIST}/new", {**CELL, "token": "t1"}).headers["location"]
    form = {csrf.FIELD: csrf._token(SECRET), **PAPER, "number": ""}
    sent = {"scan": ("K 1.pdf", scan, "application/pdf")}

    refused = office.client.post(f"{here}/certificates/new", data=form, files=sent)
    kept = re.search(r'name="paper" value="([0-9a-f]{64})"', refused.text)
    assert (refused.status_code, kept is not None) == (422, True)
    again = {"paper": kept[1] if kept else "", "paper_name": "K 1.pdf"}
    office.send(f"{here}/certificates/new", {**PAPER, **again})
    address = re.search(rf"{here}/certificates/\d+/paper", office.get(here).text)

    assert address is not None
    assert office.get(address[0]).content == scan


def test_a_piece_is_registered_and_certified_on_paper(session: Session, office: Browser) -> None:
    here = office.send(f"{LIST}/new", {**CELL, "token": "t1"}).headers["location"]
    before = office.get(here).text

    office.send(f"{here}/certificates/new", {**PAPER, "token": "t2"})
    after = office.get(here).text

    assert "no certificate in force" in before
    assert "You may measure with it" in after
    assert "0.02" in after
    assert session.scalar(select(Equipment.kind).where(Equipment.asset_key == "tc-07")) == (
        "torque_cell"
    )


def test_what_is_missing_is_told_at_its_field_and_what_was_typed_is_kept(office: Browser) -> None:
    refused = office.send(f"{LIST}/new", {**CELL, "serial": "", "unit": "furlong", "token": "t1"})

    assert refused.status_code == 422
    assert 'value="Torque cell"' in refused.text
    assert "not a known unit" in refused.text


def test_a_bad_line_of_a_certificate_is_told_and_more_lines_keep_what_stands(
    office: Browser, page: str
) -> None:
    bad = office.send(
        f"{page}/certificates/new", {**PAPER, "results-0-expanded": "NaN", "token": "t1"}
    )
    more = office.send(f"{page}/certificates/new", {**PAPER, "more": "yes", "token": "t2"})

    assert bad.status_code == 422
    assert "not a number" in bad.text
    assert 'name="results-7-unit"' in more.text
    assert 'value="0,02"' in more.text


@pytest.mark.skipif(not SAMPLES.exists(), reason="the samples are not at hand")
def test_a_digital_certificate_is_seen_before_it_is_taken_in(
    session: Session, office: Browser, page: str
) -> None:
    data = (SAMPLES / "dcc_gp_temperature_typical_v12_v3.2.0_signed.xml").read_bytes()
    here = upload(office, page, data).headers["location"]

    seen = office.get(here).text
    office.post(here, due_on="2030-01-01", token="t1")

    assert "Unchanged since it was signed" in seen
    assert "names neither" in seen
    taken = session.scalars(
        select(EquipmentCertificate).where(EquipmentCertificate.dcc_sha256 != "")
    ).one()
    assert (taken.number, taken.dcc_schema) == ("GP_DCC_temperature_typical_1.2", "3.2.0")


@pytest.mark.skipif(not SAMPLES.exists(), reason="the samples are not at hand")
@pytest.mark.parametrize(
    ("name", "said"),
    [("signed_manipulated", "Changed since it was signed"), ("signed_lt_revoked", "was revoked")],
)
def test_what_was_changed_or_revoked_is_named_and_not_taken_in(
    session: Session, office: Browser, page: str, *, name: str, said: str
) -> None:
    path = SAMPLES / f"dcc_gp_temperature_typical_v12_v3.2.0_{name}.xml"
    here = upload(office, page, path.read_bytes()).headers["location"]

    assert said in office.get(here).text
    assert office.post(here, token="t1").status_code == 422
    assert not session.scalars(
        select(EquipmentCertificate).where(EquipmentCertificate.dcc_sha256 != "")
    ).all()


@pytest.mark.parametrize("data", [b"", b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", b"<a/>"])
def test_a_hostile_or_foreign_file_is_told_at_the_field(
    office: Browser, page: str, data: bytes
) -> None:
    refused = upload(office, page, data)

    assert refused.status_code == 422
    assert 'aria-describedby="f-file' in refused.text


def test_quarantine_stands_on_the_page_and_in_the_list(
    session: Session, lab: Lab, office: Browser, page: str
) -> None:
    office.post(f"{page}/state", state="quarantined", reason="fell off the bench", token="t1")

    assert "fell off the bench" in office.get(page).text
    assert "In quarantine" in office.get(f"{LIST}?state=quarantined").text
    session.refresh(lab.level)
    assert lab.level.state is EquipmentState.QUARANTINED


def test_a_technician_checks_and_does_not_change(bench: Browser, page: str) -> None:
    checked = bench.post(f"{page}/checks", result="passed", token="t1")

    assert checked.status_code == 303
    assert bench.post(f"{page}/state", state="retired", reason="x", token="t2").status_code == 403
    assert "Intermediate check passed" in bench.get(page).text


def test_a_label_is_a_pdf_with_the_asset_number(office: Browser, page: str) -> None:
    label = office.get(f"{page}/label.pdf")

    assert label.content.startswith(b"%PDF")
    assert office.get(f"{page}/label.exe").status_code == 404


def test_the_list_is_searched_and_asks_for_few_statements(
    office: Browser, statements_of_app: list[str]
) -> None:
    found = office.get(f"{LIST}?q=level")
    asked = len(statements_of_app)

    assert "LEVEL-01" in found.text
    assert "Nothing found" in office.get(f"{LIST}?q=nothing-like-it").text
    assert asked <= 15
