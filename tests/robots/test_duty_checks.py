"""`quatrefoil check` on bulletins, terms, contracts and files: silent when all is well."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.kernel.actor import Actor
from app.kernel.filestore import FileStore
from app.robots import (
    bodies,
    bulletins,
    checks,
    contracts,
    documents,
    duty_checks,
    publicfacts,
    termsbook,
    warrantypapers,
)
from app.robots.bulletin_models import BulletinCompletion, Outcome
from app.robots.bulletincriteria import Criterion
from app.robots.contracts import ContractInput
from app.robots.documents import DocumentInput, SentFile
from app.robots.duty_models import ContractVisit, FileKind, PaperKind
from app.robots.models import Unit
from app.stores import desk
from app.stores.models import Store
from tests.kernel.test_uploads import A_PDF
from tests.makers.bulletins import a_bulletin, a_component, sitting, taken_out
from tests.makers.robots import a_maker, a_model, a_unit
from tests.makers.slots import a_plan


@pytest.fixture
def unit(session: Session, store: Store, manager: Actor) -> Unit:
    """A robot with a settled bulletin, a contract, terms, and a component that went out since."""
    a_plan(session, a_model(session))
    unit = a_unit(session, store, "A1")
    place = bodies.slot_called(session, unit, "left_knee.actuator")
    seat = sitting(session, unit, place, a_component(session, unit, "K1", lot="24-11"))
    bulletin = a_bulletin(
        session, manager, a_maker(session), Criterion(serials="A1..A9", lot="24-11")
    )
    bulletins.settle(session, manager, bulletin, unit, outcome=Outcome.DONE)
    taken_out(session, seat)
    termsbook.put_published(session, manager, a_maker(session))
    today = desk.business_day_of(store)
    contracts.agree(session, manager, unit, ContractInput("Care", today, 12, visits=1))
    return unit


def test_nothing_is_said_while_all_is_well(session: Session, unit: Unit) -> None:
    assert unit.serial == "A1"
    assert list(checks.breaches(session)) == []


def unsort(session: Session, unit: Unit) -> None:
    unit.serial_order = "a1"
    session.flush()


def settle_elsewhere(session: Session, unit: Unit) -> None:
    settle_on(session, a_unit(session, session.get_one(Store, unit.store_id), "B1"))


def settle_without_the_part(session: Session, unit: Unit) -> None:
    settle_on(session, a_unit(session, session.get_one(Store, unit.store_id), "A2"))


def settle_on(session: Session, unit: Unit) -> None:
    known = session.scalars(select(BulletinCompletion)).one()
    session.add(
        BulletinCompletion(
            store_id=known.store_id,
            bulletin_id=known.bulletin_id,
            criterion_id=known.criterion_id,
            unit_id=unit.id,
            outcome=Outcome.DONE,
            at=known.at,
            by="nobody",
        )
    )


def visit_too_often(session: Session, unit: Unit) -> None:
    (contract,) = contracts.of_unit(session, unit.id)
    for number in range(2):
        session.add(
            ContractVisit(
                contract_id=contract.row.id,
                day=contract.row.since,
                reference=f"T-{number}",
                at=contract.row.made_at,
                by="nobody",
            )
        )


def forge_terms(session: Session, unit: Unit) -> None:
    del unit
    session.execute(text("DROP TRIGGER tr_warranty_terms_no_update"))
    session.execute(text("UPDATE warranty_terms SET sha256 = 'x'"))


@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (unsort, "('A1') does not stand in the order of serials"),
        (settle_elsewhere, "bulletin SB-25-07 was settled on B1, which it never meant"),
        (settle_without_the_part, "bulletin SB-25-07 was settled on A2, which it never meant"),
        (visit_too_often, "contract 1 paid for 2 visits of 1"),
        (forge_terms, "warranty terms unitree 1 were changed"),
    ],
)
def test_each_harm_is_named(
    session: Session, unit: Unit, harm: Callable[[Session, Unit], None], said: str
) -> None:
    harm(session, unit)
    session.flush()
    (breach,) = checks.breaches(session)
    assert said in breach


def test_a_file_that_is_gone_or_changed_is_named_by_its_place(
    session: Session, manager: Actor, unit: Unit, tmp_path: Path
) -> None:
    # given
    files = FileStore.below(tmp_path)
    typed = DocumentInput(FileKind.LABEL, "Plate", date(2025, 1, 1))
    sent = SentFile("plate.pdf", A_PDF)
    document = documents.add(session, manager, unit, typed, sent=sent, files=files)
    assert list(duty_checks.file_breaches(session, files)) == []
    # when
    path = files.path_of(document.file_sha256)
    path.write_bytes(b"forged")
    # then
    place = f"{document.file_sha256[:2]}/{document.file_sha256}"
    assert list(duty_checks.file_breaches(session, files)) == [
        f"robots: robot_documents {document.id}: file {place} is changed"
    ]
    path.unlink()
    assert list(duty_checks.file_breaches(session, files)) == [
        f"robots: robot_documents {document.id}: file {place} is missing"
    ]


def test_the_public_page_says_the_state_and_not_why(
    session: Session, manager: Actor, unit: Unit, statements: list[str]
) -> None:
    assert str(publicfacts.warranty(session, unit).said) == "No data yet"
    day = date(2024, 3, 1)
    warrantypapers.file_paper(session, manager, unit, PaperKind.RECEIPT, day, source="x")
    statements.clear()
    fact = publicfacts.warranty(session, unit)
    assert (str(fact.said), fact.tone) == ("Not covered any more", "bad")
    assert len(statements) <= 4
    assert str(publicfacts.ai_class(session, unit).said) == "No data yet"
