"""The demo store is whole, honest, and leaves books in order."""

import re
from collections import Counter
from collections.abc import Iterator

import pytest
from sqlalchemy import func, select

from app import checking, demo
from app.demo import assortment
from app.identity import signing
from app.identity.models import Staff, Terminal
from app.identity.roles import FOR_PROGRAMS_ALONE, Role
from app.kernel import clock
from app.kernel.audit import AuditEntry
from app.kernel.db import Database
from app.kernel.errors import Conflict
from app.parts.buying_models import CoreReturn
from app.payments.models import IssuedDocument, TillSession
from app.robots import receiving, registry
from app.robots.models import Unit
from app.robots.states import UnitState
from app.sales.models import Handover, UnitSale
from app.service.claim_models import Claim, ClaimState, ClaimStep
from app.service.payers import Payer
from app.stores.models import Store
from tests.conftest import SUPPLY, engines
from tests.house.documents import ROOT

DELIVERY_NOTE = ROOT / "docs" / "examples" / "delivery-note.csv"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Once on each engine, and loaded once for the whole file: no test here keeps a change."""
    if "furnished" in metafunc.fixturenames:
        metafunc.parametrize("furnished", engines(metafunc.config), indirect=True, scope="module")


@pytest.fixture(scope="module")
def furnished(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Database]:
    """A database with the demo store in it."""
    supply = request.config.stash[SUPPLY]
    folder = tmp_path_factory.mktemp("demo")
    with supply.fresh(request.param, folder, with_demo=True) as url:
        database = Database(url)
        yield database
        database.close()


def test_its_books_are_in_order(furnished: Database) -> None:
    findings = checking.prove(furnished)

    assert findings.breaches == []
    assert all(findings.counted.values())


def test_robots_stand_in_every_early_state_and_one_has_gone_to_its_owner(
    furnished: Database,
) -> None:
    with furnished.reading() as session:
        states = Counter(session.scalars(select(Unit.state)))
        handed_over = session.scalars(
            select(UnitSale.unit_id).join(Handover, Handover.order_id == UnitSale.order_id)
        ).all()

    assert set(states) == {
        UnitState.EXPECTED,
        UnitState.RECEIVED,
        UnitState.AVAILABLE,
        UnitState.SOLD,
        UnitState.HANDED_OVER,
    }
    assert len(handed_over) == 1


def test_no_serial_of_it_could_be_a_real_one(furnished: Database) -> None:
    with furnished.reading() as session:
        serials = session.scalars(select(Unit.serial)).all()

    assert all(serial.startswith("DEMO-") for serial in serials)


def test_each_figure_of_a_robot_has_a_source_and_each_price_is_called_invented() -> None:
    for offer in assortment.ROBOTS:
        assert re.search(r"\([^()]*\.\w+|\(hypefresh", offer.model.source), offer.model.code
        if offer.price_minor is not None:
            assert "price in euros is invented" in offer.model.source


def test_there_is_a_login_for_every_role(furnished: Database) -> None:
    with furnished.reading() as session:
        roles = session.scalars(select(Staff.role)).all()

    people = set(Role) - FOR_PROGRAMS_ALONE
    assert sorted(roles) == sorted(people)
    assert {login.role for login in demo.LOGINS} == people


def test_no_device_is_enrolled_before_somebody_does_it(furnished: Database) -> None:
    with furnished.reading() as session:
        assert session.scalar(select(func.count()).select_from(Terminal)) == 0
        assert (
            session.scalar(
                select(func.count()).select_from(TillSession).where(TillSession.closed_at.is_(None))
            )
            == 0
        )


def test_makers_owe_for_repairs_in_several_states_and_wait_for_an_old_part(
    furnished: Database,
) -> None:
    with furnished.reading() as session:
        claims = {claim.number: claim for claim in session.scalars(select(Claim))}
        steps = session.execute(
            select(ClaimStep.claim_id, ClaimStep.state).order_by(ClaimStep.id)
        ).all()
        old = session.scalars(select(CoreReturn).where(CoreReturn.ended_at.is_(None))).all()

    assert [(claims[number].state, claims[number].payer) for number in sorted(claims)] == [
        (ClaimState.RESUBMITTED, Payer.WARRANTY),
        (ClaimState.SETTLED, Payer.WARRANTY),
        (ClaimState.SHORT_PAID, Payer.GOODWILL),
        (ClaimState.SUBMITTED, Payer.WARRANTY),
    ]
    first = [state for claim_id, state in steps if claim_id == claims[1].id]
    assert first == ["draft", "submitted", "short_paid", "resubmitted"]
    assert [one.owner for one in old] == ["ticket:T-1"]
    assert old[0].due_on > clock.now().date()


def test_its_history_is_of_the_last_days_and_in_order(furnished: Database) -> None:
    with furnished.reading() as session:
        times = session.scalars(select(AuditEntry.at).order_by(AuditEntry.position)).all()
        documents = session.scalars(select(IssuedDocument.kind)).all()

    assert list(times) == sorted(times)
    assert len({moment.date() for moment in times}) > 4
    assert set(documents) == {"invoice", "handover", "z_report", "quote"}


def test_the_example_delivery_note_can_be_received_in_it(furnished: Database) -> None:
    with furnished.writing() as session:
        person = session.scalars(select(Staff).where(Staff.login == "mei")).one()
        mei = signing.actor_for(person, terminal=None)

        note = receiving.receive_file(
            session, mei, file_name=DELIVERY_NOTE.name, data=DELIVERY_NOTE.read_bytes()
        )

        assert note.units == len(DELIVERY_NOTE.read_text().splitlines()) - 1
        assert registry.by_serial(session, mei, "DEMO-G1-0001").state is UnitState.RECEIVED


def test_it_is_refused_where_there_is_a_store_and_leaves_that_alone(furnished: Database) -> None:
    with furnished.reading() as session:
        before = session.scalar(select(func.count()).select_from(AuditEntry))

    with pytest.raises(Conflict, match="already holds a store"):
        demo.load(furnished)

    with furnished.reading() as session:
        assert session.scalar(select(func.count()).select_from(Store)) == 1
        assert session.scalar(select(func.count()).select_from(AuditEntry)) == before
