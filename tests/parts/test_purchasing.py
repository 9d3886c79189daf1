"""Purchase orders from draft to the end, and who is promised what of them."""

import pytest
from sqlalchemy.orm import Session

from app.kernel.actor import Actor
from app.kernel.errors import Conflict, Refused
from app.kernel.money import Money
from app.kernel.states import WrongState
from app.parts import buying, covering, purchasing
from app.parts.errors import NotEnoughStock
from app.parts.models import Part
from app.parts.purchase_states import OrderState, state_of
from app.parts.purchasing import Wanted
from app.stores.models import Store
from tests.makers.buying import a_part, a_price, a_sent_order, a_supplier


def test_the_price_of_a_line_is_the_one_for_its_whole_quantity(
    session: Session, manager: Actor, knee: Part
) -> None:
    supplier = a_supplier(session, manager)
    a_price(session, manager, supplier, knee, 1_000)
    a_price(session, manager, supplier, knee, 800, minimum=10)
    order = purchasing.draft(session, manager, supplier)

    purchasing.add_line(session, manager, order, knee, quantity=6)
    line = purchasing.add_line(session, manager, order, knee, quantity=6)

    assert (line.quantity, line.price_minor) == (12, 800)


def test_suggestions_of_one_supplier_go_on_one_draft(
    session: Session, manager: Actor, knee: Part
) -> None:
    one, other = a_supplier(session, manager), a_supplier(session, manager, "Gear House")
    cable = a_part(session, manager, "CABLE-1")
    for supplier in (one, other):
        a_price(session, manager, supplier, knee)
        a_price(session, manager, supplier, cable)

    first = purchasing.order_wanted(
        session, manager, [Wanted(knee, 2, one), Wanted(cable, 3, other), Wanted(cable, 1, one)]
    )
    again = purchasing.order_wanted(session, manager, [Wanted(knee, 1, one)])

    assert [order.number for order in first] == [1, 2]
    assert again[0] is first[0]
    assert [line.quantity for line in purchasing.lines_of(session, first[0])] == [3, 1]


def test_a_sent_order_no_longer_changes(session: Session, manager: Actor, knee: Part) -> None:
    order = a_sent_order(session, manager, a_supplier(session, manager), {knee: 2})

    with pytest.raises(Conflict, match="no longer changes"):
        purchasing.add_line(session, manager, order, knee, quantity=1, price=Money(1_000, "EUR"))


def test_a_foreign_order_needs_its_rate(session: Session, manager: Actor, knee: Part) -> None:
    supplier = a_supplier(session, manager, currency="CNY")
    order = purchasing.draft(session, manager, supplier)
    purchasing.add_line(session, manager, order, knee, quantity=1, price=Money(78_000, "CNY"))

    with pytest.raises(Refused, match="what one CNY costs in EUR"):
        purchasing.send(session, manager, order)
    purchasing.send(session, manager, order, rate_micro=128_205)

    assert purchasing.cost_of(order, 78_000, 1, "EUR") == Money(10_000, "EUR")


def test_who_lacks_a_part_is_promised_what_is_ordered_and_lacks_it_again_when_that_is_cancelled(
    session: Session, manager: Actor, store: Store, knee: Part
) -> None:
    supplier = a_supplier(session, manager)
    a_price(session, manager, supplier, knee)
    buying.suggest(session, manager, knee.id, quantity=2, owner="ticket:T-1001", why="noisy")
    (order,) = purchasing.order_wanted(session, manager, [Wanted(knee, 3, supplier)])

    assert not covering.open_demands(session, store.id, [knee.id])
    purchasing.send(session, manager, order)
    assert buying.incoming(session, [knee.id])[knee.id].free == 1

    purchasing.cancel(session, manager, order, reason="too late")

    (demand,) = covering.open_demands(session, store.id, [knee.id])
    assert (demand.owner, demand.quantity) == ("ticket:T-1001", 2)
    assert buying.incoming(session, [knee.id]) == {}


def test_awaited_pieces_are_promised_once(session: Session, manager: Actor, knee: Part) -> None:
    a_sent_order(session, manager, a_supplier(session, manager), {knee: 3})
    buying.reserve_incoming(session, manager, knee.id, quantity=2, owner="order:1", holder="Jana")

    with pytest.raises(NotEnoughStock):
        buying.reserve_incoming(
            session, manager, knee.id, quantity=2, owner="order:2", holder="Emre"
        )
    buying.withdraw(session, "order:1", store_id=manager.store_id)

    assert buying.incoming(session, [knee.id])[knee.id].free == 3


def test_closing_the_rest_ends_an_order(session: Session, manager: Actor, knee: Part) -> None:
    order = a_sent_order(session, manager, a_supplier(session, manager), {knee: 3})

    purchasing.close_rest(session, manager, order, 1)

    lines = purchasing.lines_of(session, order)
    assert state_of(order, lines) is OrderState.RECEIVED
    with pytest.raises(WrongState):
        purchasing.cancel(session, manager, order, reason="no")
