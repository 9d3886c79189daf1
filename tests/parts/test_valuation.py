"""What the stock is worth: what each serial cost, the moving average of the rest, at any moment."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel import clock
from app.kernel.actor import Actor
from app.kernel.errors import Refused
from app.kernel.money import Money
from app.parts import issuing, moving, places, stock, valuation
from app.parts.models import Movement, Part, PlaceKind
from app.robots.slot_models import Control
from app.stores import desk
from tests.makers.books import breaches_of
from tests.makers.parts import a_bin, a_part, stocked, stocked_serials


def worth(session: Session, actor: Actor, part: Part) -> tuple[int, int]:
    found = valuation.of_part(session, actor, part, before=clock.now() + timedelta(seconds=1))
    return found.quantity, found.value.minor


def scrap(session: Session, actor: Actor, part: Part, quantity: int = 1) -> Movement:
    to = places.standard(session, actor.store_id, PlaceKind.SCRAP)
    return moving.move(session, actor, part.id, quantity=quantity, to=to, reason="broken")


def test_pieces_without_serial_cost_their_moving_average(
    session: Session, manager: Actor, knee: Part
) -> None:
    # given
    stocked(session, manager, knee, quantity=10, cost_minor=100)
    stocked(session, manager, knee, quantity=10, cost_minor=200)
    # when
    line = scrap(session, manager, knee, 3)
    # then
    assert (line.value_minor, line.value_change, line.stock_change) == (450, -450, -3)
    assert worth(session, manager, knee) == (17, 2550)
    assert breaches_of(session) == []


def test_the_last_piece_takes_the_rest_of_a_cost_that_does_not_divide(
    session: Session, manager: Actor, knee: Part
) -> None:
    # given: three for a euro
    stocked(session, manager, knee, quantity=2, cost_minor=33)
    stocked(session, manager, knee, quantity=1, cost_minor=34)
    # when
    costs = [scrap(session, manager, knee).value_minor for _ in range(3)]
    # then
    assert sum(costs) == 100
    assert worth(session, manager, knee) == (0, 0)


def test_each_serial_costs_what_it_cost(session: Session, manager: Actor) -> None:
    # given
    drive = a_part(session, manager, "AK-80", control=Control.SERIAL)
    (dear,) = stocked_serials(session, manager, drive, "AK-1", cost_minor=90_000)
    stocked_serials(session, manager, drive, "AK-2", cost_minor=70_000)
    # when
    to = places.standard(session, manager.store_id, PlaceKind.SCRAP)
    line = moving.move(session, manager, drive.id, component_id=dear.id, to=to, reason="broken")
    # then
    assert line.value_change == -90_000
    assert worth(session, manager, drive) == (1, 70_000)
    assert (drive.valued_quantity, drive.valued_minor) == (0, 0)
    assert breaches_of(session) == []


def test_moves_within_the_store_change_no_value(
    session: Session, manager: Actor, knee: Part
) -> None:
    stocked(session, manager, knee, quantity=4, cost_minor=100)
    moving.move(session, manager, knee.id, quantity=1, to=a_bin(session, manager))
    issuing.issue(session, manager, "ticket:T-1001", knee.id)
    assert worth(session, manager, knee) == (4, 400)


def test_a_receipt_is_undone_at_its_own_cost(session: Session, manager: Actor, knee: Part) -> None:
    # given
    stocked(session, manager, knee, quantity=1, cost_minor=100)
    wrong = stocked(session, manager, knee, quantity=1, cost_minor=900)
    # when
    stock.reverse(session, manager, wrong.id, reason="typed a digit too many")
    # then
    assert worth(session, manager, knee) == (1, 100)


def test_undoing_a_dear_receipt_takes_no_more_than_there_is(
    session: Session, manager: Actor, knee: Part
) -> None:
    stocked(session, manager, knee, quantity=1, cost_minor=100)
    wrong = stocked(session, manager, knee, quantity=1, cost_minor=900)
    scrap(session, manager, knee)
    stock.reverse(session, manager, wrong.id, reason="typed a digit too many")
    assert worth(session, manager, knee) == (0, 0)
    assert breaches_of(session) == []


def test_what_is_found_costs_what_the_others_cost(
    session: Session, manager: Actor, knee: Part
) -> None:
    stocked(session, manager, knee, quantity=2, cost_minor=150)
    stocked(session, manager, knee, quantity=2)
    assert worth(session, manager, knee) == (4, 600)


@pytest.mark.parametrize("cost", [Money(100, "USD"), Money(-1, "EUR")])
def test_a_cost_is_of_the_stores_currency_and_not_negative(
    session: Session, manager: Actor, knee: Part, cost: Money
) -> None:
    with pytest.raises(Refused) as refused:
        stock.receive(session, manager, knee.id, quantity=1, reason="d", cost=cost)
    assert refused.value.field == "cost"


def test_the_value_of_a_past_day_is_what_it_was_then(
    session: Session, manager: Actor, knee: Part
) -> None:
    # given
    today = clock.now()
    bolt = a_part(session, manager, "BOLT")
    with clock.set_to(today - timedelta(days=2)):
        stocked(session, manager, knee, quantity=10, cost_minor=100)
        stocked(session, manager, bolt, quantity=1, cost_minor=5)
    with clock.set_to(today - timedelta(days=1)):
        scrap(session, manager, knee, 4)
        scrap(session, manager, bolt)
    store = desk.store_of(session, manager.store_id)
    two_days_ago, yesterday = (
        valuation.end_of(
            session, manager, desk.business_day_of(store, today - timedelta(days=days))
        )
        for days in (2, 1)
    )
    # then
    for before, quantity, value, numbers in (
        (today - timedelta(days=9), 0, 0, []),
        (two_days_ago, 11, 1005, ["BOLT", "KNEE-L"]),
        (yesterday, 6, 600, ["KNEE-L"]),
    ):
        assert valuation.total(session, manager, before=before) == valuation.Total(
            quantity, Money(value, "EUR")
        )
        listed = valuation.listed(session, manager, before=before)
        assert [one.part.number for one in listed.items] == numbers
        assert sum(one.value.minor for one in listed.items) == value
        everything = valuation.every(session, manager, before=before)
        assert [one.part.number for one in everything] == numbers


def test_the_list_of_values_goes_on_where_it_stopped(session: Session, manager: Actor) -> None:
    # given: every second one is gone again
    for index in range(110):
        part = a_part(session, manager, f"P-{index:03}")
        stocked(session, manager, part, cost_minor=1)
        if index % 2:
            scrap(session, manager, part)
    before = clock.now() + timedelta(seconds=1)
    # when
    first = valuation.listed(session, manager, before=before)
    rest = valuation.listed(session, manager, before=before, cursor=first.next)
    # then
    numbers = [one.part.number for one in [*first.items, *rest.items]]
    assert len(first.items) == 50
    assert numbers == [f"P-{index:03}" for index in range(0, 110, 2)]
    assert rest.next is None


def test_opening_balances_are_movements(session: Session, manager: Actor, knee: Part) -> None:
    stock.enter_opening(
        session, manager, knee.id, quantity=7, reason="first day", cost=Money(100, "EUR")
    )
    (line,) = session.scalars(select(Movement))
    opening = places.standard(session, manager.store_id, PlaceKind.OPENING)
    assert line.from_place_id == opening.id
    assert worth(session, manager, knee) == (7, 700)
    assert breaches_of(session) == []
