"""`quatrefoil check` finds what no verb of the catalogue would do."""

import pytest
from sqlalchemy import text, update
from sqlalchemy.orm import Session

from app.kernel.actor import Actor
from app.parts import catalogue, catalogue_checks, numbers, stock, supersession
from app.parts.catalogue_models import NumberKind, PartText
from app.parts.models import Part
from app.parts.numbers import Numbered


@pytest.fixture
def shelf(session: Session, manager: Actor, knee: Part) -> Part:
    """Seven left knees with further numbers, and a newer part."""
    new = catalogue.add_part(session, manager, number="KNEE-M", name="Knee")
    numbers.add(session, manager, knee, Numbered(NumberKind.MAKER, "UT-1", "Unitree"))
    numbers.add(session, manager, new, Numbered(NumberKind.GTIN, "036000291452"))
    supersession.replace(session, manager, knee, new, both_ways=True)
    moved = stock.receive(session, manager, knee.id, quantity=3, reason="first stock")
    stock.receive(session, manager, knee.id, quantity=7, reason="first stock")
    stock.reverse(session, manager, moved.id, reason="counted twice")
    session.flush()
    return knee


def test_what_verbs_do_is_in_order(session: Session, shelf: Part) -> None:
    assert list(catalogue_checks.breaches(session)) == []
    session.refresh(shelf)
    assert shelf.on_hand == 7


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("UPDATE parts SET on_hand = 9 WHERE number = 'KNEE-L'", "9 on hand, but 7 lie"),
        ("UPDATE parts SET bare_key = 'x' WHERE number = 'KNEE-L'", "not of this number"),
        ("UPDATE parts SET gtin = '036000291452' WHERE number = 'KNEE-L'", "another part's too"),
    ],
)
def test_what_comes_in_past_the_verbs_is_told(
    session: Session, shelf: Part, change: str, told: str
) -> None:
    session.execute(text(change))

    (line,) = catalogue_checks.breaches(session)

    assert told in line
    assert shelf.number in line


def test_a_number_that_the_search_lost_is_told(session: Session, shelf: Part) -> None:
    session.execute(update(PartText).where(PartText.part_id == shelf.id).values(key="lost"))

    assert len(list(catalogue_checks.breaches(session))) == 2


@pytest.mark.only_on("sqlite")
def test_a_ring_is_told(session: Session, shelf: Part) -> None:
    session.execute(text("DROP TRIGGER tr_supersessions_ring"))
    session.execute(
        text(
            "INSERT INTO supersessions (old_part_id, new_part_id, both_ways, note, made_at, "
            "made_by) SELECT new_part_id, old_part_id, 0, '', made_at, '' FROM supersessions"
        )
    )

    (line,) = catalogue_checks.breaches(session)

    assert "replaces itself over others" in line
    assert shelf.id
