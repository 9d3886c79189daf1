"""The hardware revision on a type plate: recorded once, corrected with a reason."""

from dataclasses import replace

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel.actor import Actor
from app.kernel.errors import Forbidden, Refused
from app.robots import revisions
from app.robots.models import Unit, UnitEvent
from app.stores.models import Store
from tests.makers.programs import Program, a_token
from tests.makers.robots import a_unit


@pytest.fixture
def plain(session: Session, store: Store) -> Unit:
    unit = a_unit(session, store)
    unit.hardware_revision = ""
    session.flush()
    return unit


def test_it_is_written_down_once_and_stands_in_the_timeline(
    session: Session, manager: Actor, plain: Unit
) -> None:
    revisions.record(session, manager, plain, " B2 ")
    revisions.record(session, manager, plain, "b2")

    assert plain.hardware_revision == "B2"
    lines = session.scalars(select(UnitEvent).where(UnitEvent.unit_id == plain.id)).all()
    assert [line.kind for line in lines].count("version") == 1


def test_another_one_is_a_correction_by_who_may_with_a_reason(
    session: Session, manager: Actor, plain: Unit
) -> None:
    revisions.record(session, manager, plain, "B2")

    with pytest.raises(Refused, match="say why"):
        revisions.record(session, manager, plain, "B3")
    hand = replace(manager, permissions=frozenset({"robots.record"}))
    with pytest.raises(Forbidden):
        revisions.record(session, hand, plain, "B3", reason="Misread")
    revisions.record(session, manager, plain, "B3", reason="Misread")
    assert plain.hardware_revision == "B3"


@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize("typed", ["", "  ", "x" * 65, "B\n2"])
def test_what_is_no_revision_is_refused(
    session: Session, manager: Actor, plain: Unit, typed: str
) -> None:
    with pytest.raises(Refused, match="characters"):
        revisions.record(session, manager, plain, typed)


def test_a_program_records_it(
    session: Session, manager: Actor, plain: Unit, client: TestClient
) -> None:
    program = Program(client, a_token(session, manager))
    session.commit()

    said = program.post(f"/robots/{plain.serial}/revision", {"revision": "B2"})
    assert said.json() == {"hardware_revision": "B2"}
    assert program.post(f"/robots/{plain.serial}/revision", {"revision": ""}).status_code == 422
