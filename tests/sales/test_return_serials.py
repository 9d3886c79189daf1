"""Accessories that are kept by serial number: only those that this sale gave out come back."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel.errors import Invalid, Refused
from app.kernel.money import Money
from app.parts import homecoming, stock
from app.parts.models import Part, PlaceKind
from app.robots.slot_models import Component, Control
from app.sales import basket, catalogue, checkout, returnables
from app.sales.catalogue import ProductInput
from app.sales.models import Category, Order, Product, ProductKind
from app.sales.return_models import Condition
from app.sales.returns import Item
from tests.makers.books import breaches_of
from tests.makers.parts import a_part, stocked_serials
from tests.makers.returning import by_number, taken_back
from tests.makers.sales import Counter, a_counter
from tests.makers.whole_sales import a_basket

pytestmark = pytest.mark.only_on("sqlite")


@pytest.fixture
def counter(session: Session) -> Counter:
    return a_counter(session)


@pytest.fixture
def hand(session: Session, counter: Counter) -> Product:
    """A hand that is kept by serial number; two are here."""
    part = a_part(session, counter.manager, "HAND-5", control=Control.SERIAL)
    stocked_serials(session, counter.manager, part, "H-1", "H-2")
    wanted = ProductInput(
        code="HAND-5",
        name="Five-finger hand",
        kind=ProductKind.ITEM,
        category=Category.ACCESSORIES,
        price=Money(100_000, "EUR"),
        tax_code="standard",
        part_number="HAND-5",
    )
    return catalogue.add(session, counter.manager, wanted)


def sold(session: Session, counter: Counter, hand: Product, *, quantity: int) -> Order:
    order = a_basket(session, counter)
    basket.add_product(session, counter.seller, order, hand, quantity=quantity, minutes=30)
    checkout.pay_transfer(session, counter.seller, order, amount=None, note="statement 7")
    return by_number(session, counter, order)


def back(*serials: str) -> Item:
    return Item(1, max(len(serials), 1), Condition.AS_NEW, serials)


def place_of(session: Session, serial: str) -> PlaceKind | None:
    found = session.scalars(select(Component).where(Component.serial == serial)).one()
    place = homecoming.place_of(session, found.id)
    return place.kind if place else None


def test_the_piece_that_is_named_comes_back(
    session: Session, counter: Counter, hand: Product
) -> None:
    order = sold(session, counter, hand, quantity=2)

    taken_back(session, counter, order, back("H-2"), refund=False)

    assert (place_of(session, "H-1"), place_of(session, "H-2")) == (None, PlaceKind.BIN)
    (line,) = returnables.of_order(session, by_number(session, counter, order))
    assert (line.left, line.serials) == (1, ("H-1",))
    assert breaches_of(session) == []


def test_one_of_two_has_to_be_named(session: Session, counter: Counter, hand: Product) -> None:
    order = sold(session, counter, hand, quantity=2)

    with pytest.raises(Refused, match="by serial number"):
        taken_back(session, counter, order, back(), refund=False)


def test_a_piece_of_another_sale_does_not_come_back(
    session: Session, counter: Counter, hand: Product
) -> None:
    order = sold(session, counter, hand, quantity=1)
    sold(session, counter, hand, quantity=1)

    with pytest.raises(Refused, match="by serial number"):
        taken_back(session, counter, order, back("H-2"), refund=False)


def test_a_piece_that_another_customer_has_now_is_not_out_by_the_first_sale(
    session: Session, counter: Counter, hand: Product
) -> None:
    """It came back otherwise, and was sold again: the first sale's return is refused."""
    part = session.get_one(Part, hand.part_id)
    order = sold(session, counter, hand, quantity=1)
    came_back_otherwise(session, counter, part, "H-1")
    sold(session, counter, hand, quantity=2)

    with pytest.raises(Invalid) as refusal:
        taken_back(session, counter, order, back("H-1"), refund=False)

    assert "still with the customer" in str(refusal.value.problems["quantity-1"])


def came_back_otherwise(session: Session, counter: Counter, part: Part, serial: str) -> None:
    """Received anew, as a clerk may."""
    found = session.scalars(select(Component).where(Component.serial == serial)).one()
    stock.receive(
        session, counter.manager, part.id, quantity=1, reason="came by post", component=found
    )
