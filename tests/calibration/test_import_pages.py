"""The pages of imports: a file is looked at, declared, taken in; problems stand at their row."""

import json

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx2 import Response
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.calibration.impact_models import CalibrationFile, ImportedValue
from app.calibration.job_models import Reading
from app.web import csrf
from tests.calibration.readers.test_readers import motor
from tests.calibration.test_imports import ZEROS
from tests.makers.browsing import SECRET, Browser
from tests.makers.calibration import Lab, a_job
from tests.makers.programs import a_token

pytestmark = pytest.mark.only_on("sqlite")  # pages alike on both: test_pages_answer

LIST = "/calibration/imports"


@pytest.fixture
def program(session: Session, app: FastAPI, lab: Lab) -> TestClient:
    """A client that sends a manager's token."""
    token = a_token(session, lab.manager)
    session.commit()
    return TestClient(app, headers={"Authorization": f"Bearer {token}"})


def choose(browser: Browser, data: bytes, name: str = "motors.json", **fields: str) -> Response:
    return browser.client.post(
        LIST,
        data={csrf.FIELD: csrf._token(SECRET), "kind": "lerobot", **fields},
        files={"file": (name, data, "application/octet-stream")},
        follow_redirects=False,
    )


def test_a_file_is_seen_before_it_is_taken_in(session: Session, lab: Lab, bench: Browser) -> None:
    here = choose(bench, motor(700, 3300), serial=lab.unit.serial).headers["location"]

    seen = bench.get(here)
    taken = bench.post(f"{here}/take-in", token="t1")

    assert "joint:elbow" in seen.text
    assert "3300" in bench.get(taken.headers["location"]).text
    assert session.scalar(select(func.count()).select_from(ImportedValue)) == 5
    assert bench.get(here).status_code == 404


def test_a_bad_row_is_told_with_its_line_and_nothing_can_be_taken_in(
    session: Session, lab: Lab, bench: Browser
) -> None:
    here = choose(bench, motor(3300, 700), serial=lab.unit.serial).headers["location"]

    seen = bench.get(here)
    refused = bench.post(f"{here}/take-in", token="t1")

    assert "the encoder&#39;s wrap lies inside" in seen.text
    assert 'id="take-in"' not in seen.text
    assert refused.status_code == 422
    assert not session.scalar(select(func.count()).select_from(CalibrationFile))


@pytest.mark.parametrize(
    ("data", "fields", "status", "at"),
    [
        (b"", {}, 422, "f-file-error"),
        (b"{}", {"kind": "colour"}, 422, "f-kind-error"),
        (b"{}", {"serial": "NOBODY"}, 404, "f-serial-error"),
        (b"{}", {"job": "K-9999"}, 404, ""),
        (b"{}", {"job": "x"}, 404, "f-job-error"),
        (b"{}", {"measured_on": "yesterday"}, 422, "f-measured_on-error"),
        (b" " * 5_000_001, {}, 413, "f-file-error"),
    ],
)
def test_what_is_wrong_stands_at_its_field(
    lab: Lab, bench: Browser, *, data: bytes, fields: dict[str, str], status: int, at: str
) -> None:
    answer = choose(bench, data, **{"serial": lab.unit.serial, **fields})

    assert answer.status_code == status
    assert at in answer.text


def test_a_table_is_declared_step_by_step_and_becomes_readings(
    session: Session, lab: Lab, bench: Browser
) -> None:
    job = a_job(session, lab)
    session.commit()
    here = choose(bench, ZEROS, "zeros.csv", kind="table", job=f"K-{job.number}").headers[
        "location"
    ]
    layout = {"separator": ";", "decimal": ",", "unit": "deg", "titles": "1"}

    bench.send(f"{here}/settings", {"token": "s1", **layout})
    columns = bench.get(here)
    roles = {"column-0": "point", "column-1": "n1"}
    bench.send(f"{here}/settings", {"token": "s2", "mapping_name": "Level 01", **layout, **roles})
    bench.post(f"{here}/take-in", token="t1")

    assert "Winkel" in columns.text
    assert "Number 1 of the reading" in columns.text
    assert session.scalar(select(func.count()).select_from(Reading)) == 4
    session.commit()
    again = choose(bench, ZEROS, "zeros.csv", kind="table", job=f"K-{job.number}")
    assert again.status_code == 409
    other = choose(bench, ZEROS + b"1;0,011\n", "b.csv", kind="table", job=f"{job.number}")
    assert "Level 01" in bench.get(other.headers["location"]).text


def test_the_history_of_a_target_shows_what_changed(lab: Lab, bench: Browser) -> None:
    for offset in (-1200, -1195):
        here = choose(bench, motor(700, 3300, offset=offset), serial=lab.unit.serial)
        bench.post(f"{here.headers['location']}/take-in", token=f"t{offset}")

    page = bench.get(f"{LIST}/robots/{lab.unit.serial}?target=joint:elbow")

    assert "-1195" in page.text
    assert "+5" in page.text


def test_lists_take_a_constant_number_of_statements(
    lab: Lab, bench: Browser, statements_of_app: list[str]
) -> None:
    counts = []
    for round_ in range(2):
        for step in range(3):
            data = motor(700 + 10 * round_ + step, 3300)
            here = choose(bench, data, serial=lab.unit.serial).headers["location"]
            bench.post(f"{here}/take-in", token=f"t{round_}{step}")
        statements_of_app.clear()
        bench.get(LIST)
        bench.get(f"{LIST}/1")
        bench.get(f"{LIST}/robots/{lab.unit.serial}")
        counts.append(len(statements_of_app))

    assert counts[0] == counts[1] <= 45


def test_a_file_as_it_came_is_only_handed_out(lab: Lab, bench: Browser) -> None:
    here = choose(bench, motor(700, 3300), name="a b.json", serial=lab.unit.serial)
    file = bench.post(f"{here.headers['location']}/take-in", token="t").headers["location"]

    answer = bench.get(f"{file}/file")

    assert answer.content == motor(700, 3300)
    assert answer.headers["content-disposition"].startswith("attachment")


def test_programs_preview_and_import_by_the_same_verbs(lab: Lab, program: TestClient) -> None:
    def send(path: str, data: bytes, **fields: str) -> Response:
        return program.post(
            f"/api/v1/calibration/imports{path}",
            data={"kind": "lerobot", "serial": lab.unit.serial, **fields},
            files={"file": ("m.json", data)},
        )

    bad = send("/preview", motor(3300, 700)).json()
    good = send("/preview", motor(700, 3300)).json()
    taken = send("", motor(700, 3300))
    twice = send("", motor(700, 3300))

    assert (bad["sound"], bad["problems"][0]["line"]) == (False, 1)
    assert (good["sound"], len(good["values"])) == (True, 5)
    assert (taken.status_code, taken.json()["values"]) == (201, 5)
    assert twice.status_code == 409
    values = program.get(f"/api/v1/calibration/imports/{taken.json()['id']}/values").json()
    assert [row["value"] for row in values["items"]][2:] == ["0", "700", "3300"]
    past = program.get(
        f"/api/v1/calibration/imports/robots/{lab.unit.serial}?target=joint:elbow"
    ).json()
    assert past["targets"] == ["joint:elbow"]
    assert len(past["values"]) == 5


@pytest.mark.parametrize("said", ["[]", "{", '{"columns": 1}', '{"unit": 2}'])
def test_settings_that_are_no_texts_are_refused(lab: Lab, program: TestClient, said: str) -> None:
    answer = program.post(
        "/api/v1/calibration/imports/preview",
        data={"kind": "table", "serial": lab.unit.serial, "settings": said},
        files={"file": ("m.csv", ZEROS)},
    )

    assert answer.status_code == 422


def test_a_program_declares_a_table_as_json(lab: Lab, program: TestClient) -> None:
    settings = json.dumps(
        {
            "columns": ["target", "value"],
            "parameter": "zero",
            "unit": "deg",
            "decimal": ".",
            "separator": ",",
        }
    )

    answer = program.post(
        "/api/v1/calibration/imports",
        data={"kind": "table", "serial": lab.unit.serial, "settings": settings},
        files={"file": ("m.csv", b"t,v\njoint:left_knee,0.10\n")},
    )

    assert answer.status_code == 201


@pytest.mark.parametrize(
    "typed",
    [
        {"separator": "ab"},
        {"separator": ";", "titles": "x"},
        {"separator": ";", "titles": "99999"},
        {"separator": ";", "decimal": ",", "column-0": "colour"},
        {"separator": ";", "decimal": ";", "column-0": "value"},
        {"separator": ";", "decimal": ",", "column-0": "value", "target": "knee"},
        {"mapping": "12345678901234567"},
    ],
)
def test_nonsense_in_a_mapping_is_told_and_never_a_defect(
    lab: Lab, bench: Browser, typed: dict[str, str]
) -> None:
    here = choose(bench, ZEROS, "z.csv", kind="table", serial=lab.unit.serial).headers["location"]

    answer = bench.send(f"{here}/settings", {"token": "s", **typed})
    seen = bench.get(here)

    assert answer.status_code in {303, 404, 422}
    assert seen.status_code == 200
    assert 'id="take-in"' not in seen.text
