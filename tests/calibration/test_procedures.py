"""Procedures: drafts that are edited, releases that never change."""

import pytest
from sqlalchemy.orm import Session

from app.calibration import seeds
from app.calibration.procedure_models import VersionState
from app.identity.roles import Role, permissions_of
from app.kernel.actor import Actor
from tests.makers.stores import a_store


@pytest.fixture
def manager(session: Session) -> Actor:
    return Actor(
        store_id=a_store(session).id,
        name="Mei Hoffmann",
        role=Role.METROLOGIST.value,
        permissions=permissions_of(Role.METROLOGIST),
        staff_id=1,
    )


def test_the_starting_set_is_released_once(session: Session, manager: Actor) -> None:
    first = seeds.seed(session, manager.store_id, manager)
    again = seeds.seed(session, manager.store_id, manager)

    assert {version.procedure.code for version in first} == set(seeds.CODES)
    assert all(version.state is VersionState.RELEASED for version in first)
    assert again == []
