"""A reading at the bench: from Enter to verdict, U and margin on the page."""

import time
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.orm import Session

from app.calibration import jobs
from app.calibration.job_models import CalibrationJob
from app.identity.roles import Role
from app.kernel import migrating
from app.kernel.db import Database
from app.main import create_app
from app.settings import Settings
from bench.statements import Heard, listening
from tests.makers.browsing import Browser, a_browser
from tests.makers.calibration import Lab, a_job, a_lab, a_point, a_procedure
from tests.makers.identity import a_session

POINTS, EACH = 30, 5
MOST_STATEMENTS = 15
ASKED_MS = 100


@dataclass(frozen=True, slots=True)
class Entered:
    """Milliseconds of each reading in a job of many points, and what the last one asked."""

    times_ms: list[float]
    heard: Heard

    @property
    def p95_ms(self) -> float:
        return sorted(self.times_ms)[int(len(self.times_ms) * 0.95)]


def measure(url: str, folder: Path) -> Entered:
    """A whole job of `POINTS` points entered one reading after another, as its page does it."""
    migrating.upgrade(url)
    database = Database(url)
    with database.writing() as session, session.begin():
        lab = a_lab(session)
        job, cookie = _a_job(session, lab), a_session(session, lab.people[Role.TECHNICIAN])
        version, points = job.version, [point.seq for point in job.procedure_version.points]
        here = f"{jobs.page(job)}/readings"
    database.close()
    app = create_app(Settings(database_url=url, data_dir=folder / "readings"))
    browser = a_browser(app, cookie)
    times = []
    for place in range(POINTS * EACH - 1):
        began = time.perf_counter()
        version = _enter(browser, here, points[place // EACH], place, version)
        times.append((time.perf_counter() - began) * 1000)
    with listening(app.state.database) as heard:
        _enter(browser, here, points[-1], POINTS * EACH, version)
    app.state.database.close()
    return Entered(times[1:], heard)


def _a_job(session: Session, lab: Lab) -> CalibrationJob:
    points = [
        a_point(f"joint:axis_{place}_joint", readings=EACH, lower="-1", upper="1")
        for place in range(POINTS)
    ]
    version = a_procedure(session, lab.manager, "ALL-AXES", points=points)
    return a_job(session, lab, version=version)


def _enter(browser: Browser, here: str, point: int, place: int, version: int) -> int:
    """Take one reading; gives the job's version for the next."""
    text = f"{place % 7 / 1000:.4f}"
    fields = {"reading": text, "point": str(point), "version": str(version)}
    answer = browser.send(here, fields, htmx=True)
    if answer.status_code != 200:
        raise RuntimeError(answer.text)
    return version + 1
