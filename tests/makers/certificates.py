"""Certificates for tests: a measured job, reviewed and certified."""

from pathlib import Path

import pytest
from lxml import etree
from sqlalchemy.orm import Session

from app.calibration import certificates, review
from app.calibration.certificate_models import CalibrationCertificate
from app.calibration.drawingup import House, Issue
from app.calibration.job_models import CalibrationJob
from tests.makers.calibration import Lab, a_measured_job
from tests.makers.identity import PIN

SCHEMAS = Path(__file__).parents[3] / "shared" / "data" / "dcc" / "xsd"
needs_schema = pytest.mark.skipif(not SCHEMAS.exists(), reason="the DCC schemas are not here")
HOUSE = House(public_url="https://robots.example")


def a_reviewed_job(session: Session, lab: Lab, *, text: str = "0.010") -> CalibrationJob:
    job = a_measured_job(session, lab, text=text)
    review.review(session, lab.metrologist, job, pin=PIN)
    return job


def a_certificate(
    session: Session,
    lab: Lab,
    *,
    text: str = "0.010",
    languages: tuple[str, ...] = ("en",),
    house: House = HOUSE,
    job: CalibrationJob | None = None,
) -> CalibrationCertificate:
    return certificates.issue(
        session,
        lab.metrologist,
        job or a_reviewed_job(session, lab, text=text),
        Issue(languages=languages),
        house=house,
        pin=PIN,
    )


def dcc_schema() -> etree.XMLSchema:
    """The published schema; what it imports is answered from beside it."""

    class Beside(etree.Resolver):  # type: ignore[misc]
        def resolve(self, url: str, _public: str, context: object) -> object:
            names = {"SI_Format": "SI_Format_2.1.0.xsd", "xmldsig": "xmldsig-core-schema.xsd"}
            found = next((file for key, file in names.items() if key in url), None)
            if found is None:
                return None
            return self.resolve_filename(str(SCHEMAS / found), context)

    parser = etree.XMLParser(no_network=True)
    parser.resolvers.add(Beside())
    return etree.XMLSchema(etree.parse(str(SCHEMAS / "dcc321.xsd"), parser))
