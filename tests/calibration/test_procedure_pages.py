"""Procedures on pages: the starting set, a draft from first word to release, what is refused."""

from typing import Any

import pytest
from httpx2 import Response
from sqlalchemy.orm import Session

from app.calibration import procedures
from app.calibration.procedure_models import ProcedureVersion, VersionState
from app.web import csrf
from tests.makers.browsing import SECRET, Browser
from tests.makers.calibration import Lab

pytestmark = pytest.mark.only_on("sqlite")  # pages alike on both: test_pages_answer

HERE = "/calibration/procedures"
HEAD = {
    "code": "gap",
    "title": "Gap of the shell",
    "rule": "guard_band",
    "guard_ratio": "1",
    "coverage": "0,9545",
}
POINT = {
    "label": "Gap",
    "target": "robot",
    "quantity": "length",
    "unit": "mm",
    "method": "mean",
    "lower": "-1",
    "upper": "1",
    "readings": "3",
    "components": "1",
    "is_required": "yes",
    "row_name": ["gauge", ""],
    "row_source": ["fixed", "fixed"],
    "row_role": ["", ""],
    "row_evaluation": ["B", "B"],
    "row_distribution": ["rectangular", "rectangular"],
    "row_value": ["0,1", ""],
}


def send(browser: Browser, address: str, fields: dict[str, Any]) -> Response:
    """As `post`, also for fields that come several times."""
    return browser.client.post(
        address, data={csrf.FIELD: csrf._token(SECRET), **fields}, follow_redirects=False
    )


def send_point(
    session: Session, browser: Browser, version: ProcedureVersion, fields: dict[str, Any]
) -> Response:
    """A new point from a page that shows the draft as it is."""
    seen = procedures.seen_of(reloaded(session, version))
    return send(browser, f"{procedures.page(version)}/points/new", fields | {"seen": seen})


@pytest.fixture
def draft(session: Session, office: Browser) -> ProcedureVersion:
    address = office.send(f"{HERE}/new", HEAD).headers["location"]
    found = procedures.loaded(session, int(address.rsplit("/", 1)[1]))
    session.commit()
    return found


def reloaded(session: Session, version: ProcedureVersion) -> ProcedureVersion:
    found = procedures.loaded(session, version.id)
    session.commit()
    return found


def test_the_starting_set_comes_by_a_button(session: Session, lab: Lab, office: Browser) -> None:
    assert "Add the starting set" in office.get(HERE).text

    answer = office.post(f"{HERE}/starting-set")

    assert answer.status_code == 303
    page = office.get(HERE).text
    assert "JOINT-ZERO" in page
    assert "Add the starting set" not in page
    assert procedures.released(session, lab.store.id, code="STOPPING").title


def test_the_list_is_searched_and_filtered(office: Browser) -> None:
    office.post(f"{HERE}/starting-set")

    found = office.get(f"{HERE}?q=battery&state=released", htmx=True).text

    assert "BATTERY" in found
    assert "CAMERA" not in found
    assert "<html" not in found
    assert "Nothing found" in office.get(f"{HERE}?state=retired").text


def test_a_procedure_goes_from_its_first_word_to_its_release(
    session: Session, office: Browser, draft: ProcedureVersion
) -> None:
    here = procedures.page(draft)
    assert send_point(session, office, draft, POINT).status_code == 303
    assert "Takes the place of" in office.get(f"{here}/release").text

    released = office.post(f"{here}/release")

    assert released.status_code == 303
    version = reloaded(session, draft)
    assert (version.procedure.code, version.state) == ("GAP", VersionState.RELEASED)
    assert version.points[0].budget[0].value == "0.1"
    page = office.get(here).text
    assert version.content_sha256 in page
    assert "Retire this version" in page


def test_what_was_typed_stays_when_a_point_is_refused(
    session: Session, office: Browser, draft: ProcedureVersion
) -> None:
    wrong = POINT | {"lower": "2", "row_value": ["0.1 mm", ""], "label": "Gap left"}

    answer = send_point(session, office, draft, wrong)

    assert answer.status_code == 422
    assert 'id="f-row-0-value-error"' in answer.text
    assert "Gap left" in answer.text

    wrong["row_value"] = ["0.1", ""]
    answer = send_point(session, office, draft, wrong)
    assert 'id="f-lower-error"' in answer.text


def test_the_budget_is_seen_while_one_types(office: Browser, draft: ProcedureVersion) -> None:
    """U of ±0.1 rectangular with k = 2.000 is 0.1155, so that 0.8845 is accepted."""
    here = f"{procedures.page(draft)}/points/preview"
    fields = {key: value for key, value in POINT.items() if key != "is_required"}

    shown = office.client.get(here, params=fields, headers={"HX-Request": "true"}).text
    wider = office.client.get(here, params=fields | {"spread": "0.5"}).text
    unknown = office.client.get(here, params=fields | {"unit": "ell"}).text

    assert "0.88453" in shown
    assert "<html" not in shown
    assert "repeatability" in wider
    assert "is not a known unit" in unknown


def test_an_editor_who_comes_late_is_told(
    session: Session, office: Browser, draft: ProcedureVersion
) -> None:
    here = procedures.page(draft)
    page = office.get(here).text
    seen = page.split('name="seen" value="')[1].split('"')[0]
    send_point(session, office, draft, POINT)

    late = office.send(here, HEAD | {"seen": seen, "title": "Late"})

    assert late.status_code == 409
    assert "Somebody has changed this draft meanwhile" in late.text


def test_roles_are_kept_and_a_role_in_use_stays(
    session: Session, office: Browser, draft: ProcedureVersion
) -> None:
    here = procedures.page(draft)
    seen = procedures.seen_of(draft)
    needs = {"need_role": ["gauge", ""], "need_kind": ["caliper", ""], "seen": seen}
    assert send(office, f"{here}/needs", needs).status_code == 303
    uses = POINT | {"role": "gauge"}
    assert send(office, f"{here}/points/new", uses | {"seen": ""}).status_code == 409
    assert send_point(session, office, draft, uses).status_code == 303
    seen = procedures.seen_of(reloaded(session, draft))

    refused = send(office, f"{here}/needs", {"need_role": [""], "need_kind": [""], "seen": seen})

    assert refused.status_code == 422
    assert "still uses the role gauge" in refused.text


def test_a_release_that_lacks_something_says_what(office: Browser, draft: ProcedureVersion) -> None:
    here = procedures.page(draft)
    assert "A procedure needs at least one point." in office.get(f"{here}/release").text

    assert office.post(f"{here}/release").status_code == 422


def test_a_body_is_looked_at_before_its_points_are_copied(
    session: Session, office: Browser, draft: ProcedureVersion
) -> None:
    here = f"{procedures.page(draft)}/copy"
    plan = office.get(here).text.split('<option value="')[1].split('"')[0]
    looked = office.get(f"{here}?plan={plan}").text
    assert "left_knee.actuator" in looked
    assert "No point is made for such a slot." in looked

    answer = office.post(here, plan=plan)

    assert answer.status_code == 303
    assert len(reloaded(session, draft).points) == 2
    assert office.post(here, plan="nothing").status_code == 422


def test_the_next_version_begins_as_the_last(lab: Lab, office: Browser) -> None:
    address = f"{HERE}/{lab.version.procedure.code_key}"
    assert "Draft from it" in office.get(address).text

    answer = office.post(f"{address}/drafts", of=str(lab.version.id), model="same")
    again = office.post(f"{address}/drafts", of=str(lab.version.id), model="same")

    assert answer.status_code == 303
    assert again.status_code == 409
    assert "Takes the place of" in office.get(f"{answer.headers['location']}/release").text


def test_a_clause_becomes_a_draft(office: Browser) -> None:
    answer = office.post(f"{HERE}/clauses/7")

    assert "clause 7" in office.get(answer.headers["location"]).text
    assert office.post(f"{HERE}/clauses/7").status_code == 409
    assert office.post(f"{HERE}/clauses/99").status_code == 404


def test_a_technician_reads_and_changes_nothing(lab: Lab, bench: Browser) -> None:
    here = procedures.page(lab.version)

    assert "Retire this version" not in bench.get(here).text
    assert bench.get(f"{here}/points/1").status_code == 200
    assert bench.get(f"{HERE}/new").status_code == 403
    assert bench.post(f"{here}/retire").status_code == 403
    assert bench.post(f"{HERE}/starting-set").status_code == 403


def test_a_list_takes_the_same_statements_for_many(
    office: Browser, statements_of_app: list[str]
) -> None:
    office.get(HERE)
    few = len(statements_of_app)
    office.post(f"{HERE}/starting-set")
    statements_of_app.clear()

    office.get(HERE)

    assert len(statements_of_app) <= few
