"""What may lie in a basket, and what the counter says to the rest."""

import pytest
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.identity.roles import Role, permissions_of
from app.kernel.actor import Actor
from app.kernel.errors import Conflict, Forbidden, NotFound, Refused
from app.kernel.money import MOST_MINOR, Money
from app.kernel.quantity import MOST
from app.parts import stock
from app.parts.errors import NotEnoughStock
from app.robots import claims, registry
from app.robots.states import UnitState
from app.sales import basket, catalogue, lines, orders, parking, scanning
from app.sales.catalogue import ProductInput
from app.sales.errors import AlreadyOnOrder, DiscountTooBig, NotSellable
from app.sales.models import Category, Order, OrderLine, Product, ProductKind
from tests.makers.robots import a_maker, a_model, a_unit
from tests.makers.sales import Counter, a_robot
from tests.makers.whole_sales import a_basket, sold

SERIAL = "DEMO-G1-0001"


@pytest.fixture
def order(session: Session, counter: Counter) -> Order:
    return a_basket(session, counter)


def scanned(session: Session, counter: Counter, order: Order, code: str) -> OrderLine:
    """What the counter does with the one robot that a code means."""
    (hit,) = scanning.resolve(session, counter.seller, scanning.read(code)).hits
    unit = registry.by_serial(session, counter.seller, hit.value)
    return basket.add_unit(session, counter.seller, order, unit, minutes=30)


def a_service(session: Session, counter: Counter, price_minor: int, code: str = "HOUR") -> Product:
    wanted = ProductInput(
        code=code,
        name="An hour",
        kind=ProductKind.SERVICE,
        category=Category.SERVICES,
        price=Money(price_minor, "EUR"),
        tax_code="standard",
    )
    return catalogue.add(session, counter.manager, wanted)


def test_one_serial_is_one_line(session: Session, counter: Counter, order: Order) -> None:
    """SER-03, SER-05: again by scan, by another writing, or by reloading."""
    scanned(session, counter, order, SERIAL)
    for again in (SERIAL, " demo-g1-0001\x1d", "https://shop.example/robots/DEMO-G1-0001"):
        with pytest.raises(AlreadyOnOrder, match="already on this sale"):
            scanned(session, counter, order, again)

    assert len(orders.by_number(session, counter.seller, order.number).lines) == 1


def test_the_database_itself_refuses_a_serial_twice_in_a_basket(
    session: Session, counter: Counter, order: Order
) -> None:
    line = scanned(session, counter, order, SERIAL)
    twin = OrderLine(
        order_id=order.id,
        position=2,
        product_id=line.product_id,
        unit_id=line.unit_id,
        description=line.description,
        unit_price_minor=line.unit_price_minor,
        tax_code=line.tax_code,
        tax_rate_bp=line.tax_rate_bp,
    )
    session.add(twin)
    with pytest.raises(IntegrityError):
        session.flush()


def test_leading_zeros_make_two_robots(session: Session, counter: Counter, order: Order) -> None:
    """SER-13: shown exactly as entered."""
    for serial in ("007", "7"):
        a_robot(session, counter, serial)
    for serial in ("007", "7"):
        scanned(session, counter, order, serial)

    ids = [line.unit_id for line in order.lines]
    assert [registry.by_id(session, counter.seller, each or 0).serial for each in ids] == [
        "007",
        "7",
    ]


def test_an_empty_code_means_nothing(session: Session, counter: Counter) -> None:
    """SER-15."""
    for code in ("", " ", "\t\n", "\x1d\x04", "\u200b", "%", "*"):
        assert scanning.resolve(session, counter.seller, scanning.read(code)).exact in {True, False}
    for code in ("", " \t", "\x1d\x1e\x04"):
        assert scanning.read(code).text == ""
        assert registry.find_by_code(session, counter.seller, code) == []


def test_a_number_is_looked_up_in_its_own_kind(session: Session, counter: Counter) -> None:
    """STK-15: `1` is not the row whose id is 1."""
    for code in ("1", str(counter.robot.id), str(counter.customer.id)):
        meaning = scanning.resolve(session, counter.seller, scanning.read(code))

        assert [hit for hit in meaning.hits if meaning.exact] == []


def test_an_unknown_serial_is_not_found(session: Session, counter: Counter) -> None:
    with pytest.raises(NotFound, match="no robot NOBODY"):
        registry.by_serial(session, counter.seller, "NOBODY")
    assert scanning.resolve(session, counter.seller, scanning.read("NOBODY")).hits == []


def test_a_robot_that_another_till_holds_is_refused_with_its_holder(
    session: Session, counter: Counter, order: Order
) -> None:
    scanned(session, counter, order, SERIAL)
    other = orders.open_order(session, counter.manager, till_id=None)

    with pytest.raises(Conflict, match=r"kept for Jana Voss, S-1 until") as refused:
        scanned(session, counter, other, SERIAL)

    assert refused.value.link == f"/sales/{order.number}"
    assert refused.value.field == "code"


def test_a_sold_robot_is_refused_with_its_sale(session: Session, counter: Counter) -> None:
    """SER-01: before any money is taken."""
    unit = registry.by_serial(session, counter.seller, SERIAL)
    first = sold(session, counter, unit)
    second = a_basket(session, counter)

    with pytest.raises(NotSellable, match=f"was sold with sale {first.number}") as refused:
        scanned(session, counter, second, SERIAL)

    assert refused.value.link == f"/sales/{first.number}"


@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        (UnitState.EXPECTED, "has not been received yet"),
        (UnitState.RECEIVED, "has not passed its pre-delivery inspection"),
        (UnitState.INSPECTED, "has not passed its pre-delivery inspection"),
        (UnitState.RETURNED, "is not for sale: Returned"),
        (UnitState.RETIRED, "is not for sale: Retired"),
    ],
)
def test_a_robot_that_is_not_for_sale_says_why_and_leads_there(
    session: Session, counter: Counter, order: Order, state: UnitState, sentence: str
) -> None:
    """SVC-09: never before its inspection."""
    a_unit(session, counter.store, "NOT-YET", model=counter.model, state=state)

    with pytest.raises(NotSellable, match=sentence) as refused:
        scanned(session, counter, order, "NOT-YET")

    assert refused.value.link
    assert order.lines == []


def test_a_robot_without_a_price_is_refused(
    session: Session, counter: Counter, order: Order
) -> None:
    a_unit(session, counter.store, "H2-1", model=a_model(session, "H2"))

    with pytest.raises(NotSellable, match="has no price"):
        scanned(session, counter, order, "H2-1")


def test_a_serial_of_two_makers_is_asked_about(session: Session, counter: Counter) -> None:
    other = a_model(session, "T1", maker=a_maker(session, "Booster"))
    a_unit(session, counter.store, SERIAL, model=other)

    meaning = scanning.resolve(session, counter.seller, scanning.read(SERIAL))

    assert len(meaning.hits) == 2
    assert meaning.exact


def test_more_pieces_than_are_free_are_refused_with_both_numbers(
    session: Session, counter: Counter, order: Order
) -> None:
    line = basket.add_product(
        session, counter.seller, order, counter.battery, quantity=4, minutes=30
    )
    for quantity in (11, 15):
        with pytest.raises(NotEnoughStock, match=r"wanted, 6 free"):
            lines.set_quantity(session, counter.seller, order, line, quantity=quantity, minutes=30)

    lines.set_quantity(session, counter.seller, order, line, quantity=10, minutes=30)
    assert stock.free(session, counter.battery.part_id or 0) == 0


def test_fewer_pieces_and_none_at_all_give_back_what_was_promised(
    session: Session, counter: Counter, order: Order
) -> None:
    part_id = counter.battery.part_id or 0
    line = basket.add_product(
        session, counter.seller, order, counter.battery, quantity=8, minutes=30
    )
    lines.set_quantity(session, counter.seller, order, line, quantity=3, minutes=30)
    assert stock.free(session, part_id) == 7
    lines.remove(session, counter.seller, order, line)
    assert stock.free(session, part_id) == 10


@pytest.mark.parametrize("quantity", [0, -1, MOST + 1, 10**30])
def test_a_quantity_is_of_at_least_one_and_of_what_a_line_holds(
    session: Session, counter: Counter, order: Order, quantity: int
) -> None:
    line = basket.add_product(session, counter.seller, order, counter.plan, quantity=1, minutes=30)
    with pytest.raises(Refused) as refused:
        lines.set_quantity(session, counter.seller, order, line, quantity=quantity, minutes=30)

    assert refused.value.field == "quantity"
    assert line.quantity == 1


def test_no_line_outgrows_its_column(session: Session, counter: Counter, order: Order) -> None:
    """The dearest price a million times would be no number of any database."""
    dear = a_service(session, counter, MOST_MINOR)
    with pytest.raises(Refused, match="more than one line can hold"):
        basket.add_product(session, counter.seller, order, dear, quantity=2, minutes=30)
    line = basket.add_product(session, counter.seller, order, dear, quantity=1, minutes=30)
    with pytest.raises(Refused, match="more than one line can hold"):
        basket.add_product(session, counter.seller, order, dear, quantity=MOST, minutes=30)

    assert line.amount_minor == MOST_MINOR


def test_a_robot_is_one_of_its_kind(session: Session, counter: Counter, order: Order) -> None:
    line = scanned(session, counter, order, SERIAL)
    with pytest.raises(Refused, match="scan the next serial"):
        lines.set_quantity(session, counter.seller, order, line, quantity=2, minutes=30)
    with pytest.raises(Refused, match="sold by serial number"):
        basket.add_product(session, counter.seller, order, counter.robot, quantity=1, minutes=30)


def test_the_price_is_the_products_whatever_a_form_says(
    session: Session, counter: Counter, order: Order
) -> None:
    line = scanned(session, counter, order, SERIAL)

    assert line.unit_price_minor == counter.robot.price_minor


def test_a_discount_beyond_the_role_needs_a_second_person_and_a_reason(
    session: Session, counter: Counter, order: Order
) -> None:
    line = scanned(session, counter, order, SERIAL)

    def give(percent_bp: int, *, reason: str = "scratch", by: Actor | None = None) -> None:
        lines.discount(
            session,
            counter.seller,
            order,
            line,
            percent_bp=percent_bp,
            reason=reason,
            approved_by=by,
        )

    with pytest.raises(DiscountTooBig, match="Jana Voss may give up to 5 %"):
        give(501)
    with pytest.raises(DiscountTooBig, match="Petra Krause may give up to 25 %"):
        give(2501, by=counter.manager)
    for percent_bp, reason in ((500, " "), (-1, "scratch"), (10_001, "scratch")):
        with pytest.raises(Refused):
            give(percent_bp, reason=reason)
    assert line.discount_minor == 0

    give(2500, by=counter.manager)
    assert line.amount_minor == counter.robot.price_minor * 3 // 4
    assert line.discount_by == "Petra Krause"


@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize("role", [Role.TECHNICIAN, Role.PARTS, Role.METROLOGIST, Role.AUDITOR])
def test_who_does_not_sell_changes_no_basket(
    session: Session, counter: Counter, order: Order, role: Role
) -> None:
    line = scanned(session, counter, order, SERIAL)
    unit = a_robot(session, counter, "OTHER")
    visitor = Actor(
        store_id=counter.store.id,
        name="Visitor",
        role=role.value,
        permissions=permissions_of(role),
        staff_id=99,
    )
    acts = (
        lambda: basket.add_unit(session, visitor, order, unit, minutes=30),
        lambda: basket.add_product(session, visitor, order, counter.plan, quantity=1, minutes=30),
        lambda: lines.set_quantity(session, visitor, order, line, quantity=1, minutes=30),
        lambda: lines.discount(
            session,
            visitor,
            order,
            line,
            percent_bp=100,
            reason="x",
            approved_by=counter.manager,
        ),
        lambda: lines.remove(session, visitor, order, line),
        lambda: parking.park(session, visitor, order),
        lambda: orders.cancel(session, visitor, order, reason="x"),
        lambda: orders.set_customer(session, visitor, order, counter.customer.id),
        lambda: orders.open_order(session, visitor, till_id=counter.till.id),
    )
    for act in acts:
        with pytest.raises(Forbidden):
            act()


def test_a_removed_robot_is_free_for_the_next_till(
    session: Session, counter: Counter, order: Order
) -> None:
    line = scanned(session, counter, order, SERIAL)
    lines.remove(session, counter.seller, order, line)
    other = orders.open_order(session, counter.manager, till_id=None)

    assert scanned(session, counter, other, SERIAL).unit_id


def test_a_sale_that_is_parked_takes_nothing(
    session: Session, counter: Counter, order: Order
) -> None:
    scanned(session, counter, order, SERIAL)
    parking.park(session, counter.seller, order, label="comes back")
    with pytest.raises(Refused, match="is parked"):
        basket.add_product(session, counter.seller, order, counter.plan, quantity=1, minutes=30)
    unit = registry.by_serial(session, counter.seller, SERIAL)
    assert claims.live_claim(session, unit.id) is not None
