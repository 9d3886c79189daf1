"""What the starting set says is shown in the reader's language, and nothing else is touched."""

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from app.calibration import certificatelists, certificates, customerchapter, seedwords
from app.calibration.bodypoints import joint_zero
from app.calibration.seedbook import SEEDS
from app.kernel import clock
from app.kernel.text import Text
from app.robots.models import Ownership
from tests.makers.calibration import Lab
from tests.makers.certificates import a_certificate
from tests.makers.customers import a_customer
from tests.makers.programs import a_token

pytestmark = pytest.mark.only_on("sqlite")


def test_every_text_of_the_starting_set_is_in_the_catalogue() -> None:
    for seed in SEEDS:
        for text in (seed.version.title, seed.version.method, seed.version.standard):
            assert isinstance(seedwords.said(text), Text), text
        for point in (one.point for group in seed.groups for one in group):
            assert isinstance(seedwords.said(point.label, point.target), Text), point.label
        for need in seed.needs:
            assert "_" not in str(seedwords.word(need.role))


def test_shown_in_english_it_is_what_stands_in_the_version() -> None:
    (planned, *_) = joint_zero("Left knee", "joint:left_knee_joint")
    label, target = planned.point.label, planned.point.target

    assert str(seedwords.said(label, target)) == label
    assert str(seedwords.said("Joint zero")) == "Joint zero"


def test_what_a_store_wrote_itself_stays_as_it_is() -> None:
    assert seedwords.said("Warm up {twice}") == "Warm up {twice}"
    assert str(seedwords.word("big_jig")) == "big jig"


def test_the_current_certificate_of_a_robot_by_a_procedure(
    session: Session, app: FastAPI, lab: Lab
) -> None:
    first = a_certificate(session, lab)
    procedure_id = lab.version.procedure_id
    found = certificatelists.current_of(session, lab.unit.id, procedure_id)
    assert found is not None
    assert found.certificate.number == first.number

    certificates.withdraw(session, lab.metrologist, first, reason="wrong robot")

    assert certificatelists.current_of(session, lab.unit.id, procedure_id) is None
    token = a_token(session, lab.manager)
    session.commit()
    client = TestClient(app, headers={"Authorization": f"Bearer {token}"})
    address = f"/api/v1/calibration/robots/{lab.unit.serial}/certificates/current"
    assert client.get(address, params={"procedure": "KNEE-ZERO"}).status_code == 404


def test_the_copy_of_a_customers_data_names_their_certificates(session: Session, lab: Lab) -> None:
    customer = a_customer(session, lab.manager)
    session.add(Ownership(unit_id=lab.unit.id, customer_id=customer.id, since=clock.now()))
    session.flush()
    made = a_certificate(session, lab)

    told = customerchapter.chapter(session, lab.manager, customer)

    assert isinstance(told, list)
    assert [(one["number"], one["customer_name"]) for one in told] == [(made.number, customer.name)]
