"""A robot is kept for one buyer at a time, whoever reaches for it."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel import clock
from app.kernel.actor import Actor
from app.kernel.db import Database
from app.kernel.errors import Conflict, NotFound
from app.robots import checks, claims
from app.robots.models import Unit, UnitClaim
from app.robots.states import UnitState
from app.stores.models import Store
from tests.makers.robots import a_unit
from tests.robots.conftest import a_store, an_actor


def test_a_claimed_robot_is_refused_to_others_naming_the_holder(
    session: Session, store: Store, manager: Actor
) -> None:
    # given
    unit = a_unit(session, store)
    claims.claim(session, manager, unit, owner="order:1042", holder="Jana, sale 1042", minutes=30)
    # when
    with pytest.raises(Conflict, match="Jana, sale 1042") as refusal:
        claims.claim(session, manager, unit, owner="order:1043", holder="Ben", minutes=30)
    # then
    assert refusal.value.link == "/sales/1042"
    assert refusal.value.field == "code"


def test_the_same_owner_again_prolongs_and_never_shortens(
    session: Session, store: Store, manager: Actor
) -> None:
    unit = a_unit(session, store)
    first = claims.claim(session, manager, unit, owner="order:1", holder="Jana", minutes=30)
    until = first.expires_at
    again = claims.claim(session, manager, unit, owner="order:1", holder="Jana", minutes=1)
    assert again is first
    assert again.expires_at == until
    longer = claims.claim(session, manager, unit, owner="order:1", holder="Jana", minutes=60)
    assert until is not None
    assert longer.expires_at is not None
    assert longer.expires_at > until


def test_a_claim_ends_by_time_and_the_next_buyer_gets_it(
    session: Session, store: Store, manager: Actor
) -> None:
    # given
    unit = a_unit(session, store)
    began = clock.now()
    with clock.set_to(began - timedelta(minutes=31)):
        claims.claim(session, manager, unit, owner="order:1", holder="Jana", minutes=30)
    assert claims.live_claim(session, unit.id) is None
    # when
    claims.claim(session, manager, unit, owner="order:2", holder="Ben", minutes=30)
    # then
    live = claims.live_claim(session, unit.id)
    assert live is not None
    assert live.owner == "order:2"
    with pytest.raises(Conflict, match="kept for Ben"):
        claims.end_as_sold(session, unit.id, "order:1")
    assert list(checks.breaches(session)) == []


def test_once_money_was_taken_time_frees_nothing_until_it_went_back(
    session: Session, store: Store, manager: Actor
) -> None:
    # given
    unit, now = a_unit(session, store), clock.now()
    claims.claim(session, manager, unit, owner="order:1", holder="Jana", minutes=30)
    claims.make_permanent(session, "order:1", store_id=store.id)
    # then
    with clock.set_to(now + timedelta(days=300)):
        with pytest.raises(Conflict, match="kept for Jana"):
            claims.claim(session, manager, unit, owner="order:2", holder="Ben", minutes=30)
        assert claims.live_claim(session, unit.id) is not None
    # when
    claims.make_temporary(session, "order:1", store_id=store.id, minutes=30)
    # then
    with clock.set_to(now + timedelta(days=1)):
        assert claims.live_claim(session, unit.id) is None


def test_an_order_of_the_same_number_in_another_store_keeps_its_own(
    session: Session, store: Store, manager: Actor
) -> None:
    # given: each store has an order 5
    other = a_store(session, "BER")
    ours, theirs = a_unit(session, store, "G1-1"), a_unit(session, other, "G1-2")
    claims.claim(session, manager, ours, owner="order:5", holder="Jana", minutes=30)
    claims.claim(session, an_actor(other), theirs, owner="order:5", holder="Ben", minutes=30)
    # then
    assert claims.make_permanent(session, "order:5", store_id=store.id) == {ours.id}
    claims.make_temporary(session, "order:5", store_id=other.id, minutes=5)
    with clock.set_to(clock.now() + timedelta(days=1)):
        assert claims.live_claim(session, ours.id) is not None
        assert claims.live_claim(session, theirs.id) is None


def test_only_the_owner_lets_go(session: Session, store: Store, manager: Actor) -> None:
    unit = a_unit(session, store)
    claims.claim(session, manager, unit, owner="order:1", holder="Jana", minutes=30)
    claims.release(session, unit.id, owner="order:2")
    assert claims.live_claim(session, unit.id) is not None
    claims.release(session, unit.id, owner="order:1")
    assert claims.live_claim(session, unit.id) is None
    claims.claim(session, manager, unit, owner="order:2", holder="Ben", minutes=30)


def test_a_sold_robot_is_no_longer_claimed_and_not_sold_again(
    session: Session, store: Store, manager: Actor
) -> None:
    unit = a_unit(session, store)
    claims.claim(session, manager, unit, owner="order:1", holder="Jana", minutes=30)
    claims.end_as_sold(session, unit.id, "order:1")
    assert claims.live_claim(session, unit.id) is None
    with pytest.raises(Conflict, match="no longer kept for this sale"):
        claims.end_as_sold(session, unit.id, "order:1")


def test_a_robot_of_another_store_cannot_be_claimed(session: Session, store: Store) -> None:
    stranger = an_actor(a_store(session, "BER"))
    with pytest.raises(NotFound):
        claims.claim(
            session, stranger, a_unit(session, store), owner="order:1", holder="Cyd", minutes=30
        )


def test_a_very_long_name_of_a_holder_fits(session: Session, store: Store, manager: Actor) -> None:
    made = claims.claim(
        session, manager, a_unit(session, store), owner="order:1", holder="x" * 300, minutes=1
    )
    assert len(made.holder) == 200


def test_of_two_hundred_buyers_one_gets_it(
    session: Session, database: Database, store: Store, manager: Actor
) -> None:
    # given: an expired claim that every buyer wants to end first
    unit = a_unit(session, store)
    with clock.set_to(clock.now() - timedelta(hours=1)):
        claims.claim(session, manager, unit, owner="order:0", holder="Yesterday", minutes=30)
    session.commit()

    def buy(number: int) -> str:
        try:
            # no queue of writers here: the rule and the index have to do
            with database.transaction() as buyer:
                wanted = buyer.get_one(Unit, unit.id)
                claims.claim(
                    buyer, manager, wanted, owner=f"order:{number}", holder="x", minutes=30
                )
        except Conflict as refusal:
            return str(refusal)
        return "kept"

    # when
    with ThreadPoolExecutor(12) as buyers:
        outcomes = list(buyers.map(buy, range(1, 201)))
    # then
    assert outcomes.count("kept") == 1
    assert all("is kept for x until" in outcome for outcome in outcomes if outcome != "kept")
    live = session.scalars(select(UnitClaim).where(UnitClaim.ended_at.is_(None))).all()
    assert len(live) == 1
    assert unit.state is UnitState.AVAILABLE
