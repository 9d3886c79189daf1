"""What is on the list to order, how many, and why."""

import pytest
from sqlalchemy.orm import Session

from app.kernel.actor import Actor
from app.parts import buying, purchasing, stock, suggestions
from app.parts.purchasing import Wanted
from tests.makers.buying import a_part, a_price, a_sent_order, a_supplier


def listed(session: Session, actor: Actor) -> dict[str, int]:
    return {each.part.number: each.quantity for each in suggestions.suggestions(session, actor)}


def test_below_the_minimum_it_is_filled_up_to_the_maximum(session: Session, manager: Actor) -> None:
    low = a_part(session, manager, "LOW", minimum=4, maximum=10)
    enough = a_part(session, manager, "ENOUGH", minimum=4, maximum=10)
    stock.receive(session, manager, low.id, quantity=3, reason="first")
    stock.receive(session, manager, enough.id, quantity=4, reason="first")

    assert listed(session, manager) == {"LOW": 7}


def test_what_is_on_its_way_counts_and_what_is_promised_does_not(
    session: Session, manager: Actor
) -> None:
    part = a_part(session, manager, "LOW", minimum=4, maximum=10)
    a_sent_order(session, manager, a_supplier(session, manager), {part: 8})
    buying.reserve_incoming(session, manager, part.id, quantity=6, owner="order:1", holder="Jana")

    assert listed(session, manager) == {"LOW": 8}


def test_whole_packs_are_ordered_and_at_least_the_suppliers_minimum(
    session: Session, manager: Actor
) -> None:
    supplier = a_supplier(session, manager)
    part = a_part(session, manager, "PACKED", minimum=1, maximum=3)
    a_price(session, manager, supplier, part, minimum=10, pack=4)

    assert listed(session, manager) == {"PACKED": 12}


def test_a_shortage_is_listed_first_with_its_owner(session: Session, manager: Actor) -> None:
    a_part(session, manager, "LOW", minimum=1, maximum=2)
    lacking = a_part(session, manager, "LACKING")
    buying.suggest(session, manager, lacking.id, quantity=2, owner="ticket:T-1001", why="estimate")

    first, second = suggestions.suggestions(session, manager)

    assert (first.part.number, first.quantity) == ("LACKING", 2)
    assert str(first.reasons[0]) == "2 lacking for ticket T-1001."
    assert second.part.number == "LOW"


def test_a_shortage_that_the_shelf_can_serve_is_not_ordered(
    session: Session, manager: Actor
) -> None:
    part = a_part(session, manager, "THERE")
    stock.receive(session, manager, part.id, quantity=2, reason="first")
    buying.suggest(session, manager, part.id, quantity=2, owner="ticket:T-1001", why="")

    assert listed(session, manager) == {}


def test_who_takes_the_last_one_is_believed_more_than_the_figures(
    session: Session, manager: Actor
) -> None:
    supplier = a_supplier(session, manager)
    part = a_part(session, manager, "CABLE-1")
    a_price(session, manager, supplier, part)
    stock.receive(session, manager, part.id, quantity=5, reason="first")

    buying.took_last(session, manager, part)

    (one,) = suggestions.suggestions(session, manager)
    assert [str(reason) for reason in one.reasons] == [
        "Petra Krause took the last one.",
        "The figures still say 5 free: count it.",
    ]
    purchasing.order_wanted(session, manager, [Wanted(part, one.quantity, supplier)])
    assert listed(session, manager) == {}


@pytest.mark.only_on("sqlite")
def test_the_cheapest_in_the_stores_currency_is_asked_first(
    session: Session, manager: Actor
) -> None:
    part = a_part(session, manager, "LOW", minimum=1, maximum=2)
    for name, currency, minor in (
        ("Dear", "EUR", 900),
        ("Foreign", "CNY", 100),
        ("Cheap", "EUR", 800),
    ):
        supplier = a_supplier(session, manager, name, currency=currency)
        a_price(session, manager, supplier, part, minor)

    (one,) = suggestions.suggestions(session, manager)

    assert [offer.supplier.name for offer in one.offers] == ["Cheap", "Dear", "Foreign"]
