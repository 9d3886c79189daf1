"""A part that replaces another: found by the old number, and never in a ring."""

import random
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import pytest
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from app.kernel import clock
from app.kernel.actor import Actor
from app.kernel.db import Database
from app.kernel.errors import Conflict, Refused
from app.parts import catalogue, supersession
from app.parts.catalogue_models import Supersession
from app.parts.models import Part


@pytest.fixture
def parts(session: Session, manager: Actor) -> list[Part]:
    """A to E."""
    return [
        catalogue.add_part(session, manager, number=f"AK-{sign}", name=f"Actuator {sign}")
        for sign in "ABCDE"
    ]


def replace(session: Session, actor: Actor, *chain: Part, both_ways: bool = False) -> None:
    for old, new in pairwise(chain):
        supersession.replace(session, actor, old, new, both_ways=both_ways)


def test_the_old_number_finds_the_newest_part_first(
    session: Session, manager: Actor, parts: list[Part]
) -> None:
    a, b, c, *_ = parts
    replace(session, manager, a, b, c)

    assert catalogue.find(session, manager, "ak-a") == [c, a]
    assert supersession.newest(session, [a.id, b.id, c.id]) == {a.id: c.id, b.id: c.id}
    for one in (a, b, c):
        assert [link.part for link in supersession.chain(session, one)] == [a, b, c]


def test_a_ring_is_refused_direct_and_over_others(
    session: Session, manager: Actor, parts: list[Part]
) -> None:
    """STK-11"""
    a, b, c, d, _ = parts
    replace(session, manager, a, b, c, d)

    for old, new in ((a, a), (b, a), (d, a), (d, c)):
        with pytest.raises((Refused, Conflict)) as refusal:
            supersession.replace(session, manager, old, new, both_ways=False)
        assert refusal.value.field == "successor"
    with pytest.raises(Conflict, match="AK-A is replaced by AK-B already"):
        supersession.replace(session, manager, a, c, both_ways=False)


def test_the_database_refuses_a_ring_that_comes_in_by_another_way(
    session: Session, manager: Actor, parts: list[Part]
) -> None:
    """An import writes rows; the trigger looks at each."""
    a, b, c, *_ = parts
    replace(session, manager, a, b, c)
    session.add(a_row(c, a))

    with pytest.raises((IntegrityError, DBAPIError), match="ring"):
        session.flush()


def a_row(old: Part, new: Part) -> Supersession:
    return Supersession(
        old_part_id=old.id,
        new_part_id=new.id,
        both_ways=False,
        made_at=clock.now(),
        made_by="import",
    )


def test_of_two_that_would_close_a_ring_at_the_same_time_one_is_refused(
    database: Database, session: Session, parts: list[Part]
) -> None:
    a, b, *_ = parts
    session.commit()

    def save(pair: tuple[Part, Part]) -> bool:
        try:
            with database.transaction() as parallel:
                parallel.add(a_row(*pair))
        except DBAPIError:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        saved = list(pool.map(save, [(a, b), (b, a)]))

    assert sorted(saved) == [False, True]


def test_what_was_said_of_two_parts_is_taken_back_but_never_changed(
    session: Session, manager: Actor, parts: list[Part]
) -> None:
    a, b, c, *_ = parts
    replace(session, manager, a, b)
    session.commit()
    row = session.scalars(select(Supersession)).one()
    row.new_part_id = c.id
    with pytest.raises(DBAPIError, match="do not change"):
        session.flush()
    session.rollback()

    supersession.take_back(session, manager, a)
    replace(session, manager, b, a)

    assert supersession.newest(session, [a.id, b.id]) == {b.id: a.id}


def test_one_way_only_the_new_may_be_used_for_the_old(
    session: Session, manager: Actor, parts: list[Part]
) -> None:
    a, b, c, d, _ = parts
    replace(session, manager, a, b)
    replace(session, manager, b, c, both_ways=True)
    replace(session, manager, c, d, both_ways=True)

    usable = supersession.usable_for(session, [a.id, b.id, d.id])

    assert usable == {a.id: {b.id, c.id, d.id}, b.id: {c.id, d.id}, d.id: {c.id, b.id}}


@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize("seed", range(20))
def test_for_whom_a_part_stands_is_the_other_side_of_who_may_be_used(
    session: Session, manager: Actor, seed: int
) -> None:
    chance = random.Random(seed)
    made = [
        catalogue.add_part(session, manager, number=f"P{number}", name="x") for number in range(9)
    ]
    for place, old in enumerate(made[:-1]):
        if chance.random() < 0.8:
            new = made[chance.randrange(place + 1, len(made))]
            supersession.replace(session, manager, old, new, both_ways=chance.random() < 0.5)

    ids = [part.id for part in made]
    usable = supersession.usable_for(session, ids)

    for part_id in ids:
        stands_for = supersession.stands_for(session, part_id)
        assert stands_for == {other for other in ids if part_id in usable[other]}
