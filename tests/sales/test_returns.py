"""Returns: only what this sale brought and is still out, credited to the cent, given back as it
came.
"""

import pytest
from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from app.customers import book
from app.customers.book import CustomerInput
from app.customers.models import CustomerKind
from app.identity.roles import Role
from app.kernel import clock
from app.kernel.errors import Conflict, Forbidden, Invalid, Refused
from app.kernel.money import Money
from app.kernel.outbox import OutboxItem
from app.parts import stock
from app.parts.models import Balance, Place, PlaceKind
from app.payments import bills, issuing, refunds, refundslips, standing, tills
from app.payments.documents import DocumentKind, imbalances
from app.payments.models import Tender
from app.payments.states import RefundState
from app.robots import contracts, ownership, transfers
from app.robots.life_models import Wipe
from app.robots.models import Unit
from app.robots.states import Custody, UnitState
from app.robots.transfers import WipeStatement
from app.sales import (
    basket,
    checkout,
    completion,
    inspections,
    moneyback,
    orders,
    orderstatus,
    returnables,
    returns,
)
from app.sales.checklists import Answer, Answered, items_of
from app.sales.models import Order
from app.sales.moneyback import Back
from app.sales.orderstatus import OrderStatus
from app.sales.return_models import Condition, Return, ReturnLine
from app.sales.returnrules import NeedsManager
from app.sales.returns import Item
from tests.makers.books import breaches_of
from tests.makers.payments import actor
from tests.makers.returning import bill_of, by_number, in_drawer, pieces, taken_back
from tests.makers.sales import Counter, a_counter, a_robot
from tests.makers.whole_sales import a_basket, sold, sold_and_handed_over
from tests.makers.whole_sales import handed_over as hand_over

SERIAL = "DEMO-G1-0001"


def eur(minor: int) -> Money:
    return Money(minor, "EUR")


def handed_over(session: Session, counter: Counter) -> tuple[Order, Unit]:
    """A robot with a battery that its owner took home; the drawer can give the money back."""
    unit = a_robot(session, counter)
    order = sold_and_handed_over(session, counter, unit)
    drawer = tills.require_open(session, counter.till.id)
    tills.move_cash(session, counter.seller, drawer, eur(100_000), "from the safe")
    return by_number(session, counter, order), unit


def robot_back(**facts: object) -> Item:
    wiped = WipeStatement(Wipe.WIPED, "Reset to factory state")
    return Item(1, 1, Condition.USED, data=wiped, **facts)  # type: ignore[arg-type]


def inspected(session: Session, counter: Counter, unit: Unit) -> None:
    """Looked over again, and for sale."""
    checklist = inspections.checklist_for(session, counter.seller, unit)
    answers = {item.key: Answered(Answer.OK) for item in items_of(checklist)}
    inspections.record(session, counter.seller, unit, checklist, answers)


def test_one_of_three_comes_back_with_its_tax(session: Session) -> None:
    """PAY-01: a part of a sale is credited and given back; the rest stands."""
    counter = a_counter(session)
    order = sold(session, counter, batteries=3)
    before = in_drawer(session, counter)

    done = taken_back(session, counter, order, pieces(quantity=1))

    stands = standing.of(session, bill_of(session, order))
    assert (done.row.credited_minor, stands.credited, stands.paid) == (
        89_900,
        eur(89_900),
        eur(2 * 89_900),
    )
    assert in_drawer(session, counter) == before - eur(89_900)
    assert orderstatus.of(session, by_number(session, counter, order)) is OrderStatus.PART_RETURNED
    assert breaches_of(session) == []


def test_the_credit_note_takes_back_what_the_invoice_said(session: Session) -> None:
    counter = a_counter(session)
    order = sold(session, counter, batteries=3)

    done = taken_back(session, counter, order, pieces(quantity=2))

    assert done.document is not None
    paper = issuing.content_of(done.document)
    issued = issuing.documents_of(session, order.store_id, orders.reference(order))
    invoice = next(one for one in issued if one.kind is DocumentKind.INVOICE)
    assert (paper.kind, paper.corrects) == (DocumentKind.CREDIT_NOTE, invoice.label)
    assert paper.totals.gross == eur(-2 * 89_900)
    assert [line.quantity for line in paper.lines] == [-2]
    assert imbalances(paper) == []


def test_what_came_back_whole_does_not_come_back_again(session: Session) -> None:
    """PAY-03."""
    counter = a_counter(session)
    order = sold(session, counter, batteries=1)
    taken_back(session, counter, order, pieces())

    with pytest.raises(Invalid) as refusal:
        taken_back(session, counter, order, pieces())

    assert list(refusal.value.problems) == ["quantity-1"]
    assert refunds.refundable(session, bill_of(session, order)) == eur(0)


@pytest.mark.parametrize("quantity", [2, 0, -3])
def test_no_more_comes_back_than_was_sold(session: Session, quantity: int) -> None:
    """PAY-05: whichever screen sends it."""
    counter = a_counter(session)
    order = sold(session, counter, batteries=1)

    with pytest.raises(Invalid):
        taken_back(session, counter, order, pieces(quantity=quantity), refund=False)


def test_change_is_not_given_back_twice(session: Session) -> None:
    """PAY-07: 899.00 paid with 1,000.00; 899.00 come back."""
    counter = a_counter(session)
    order = a_basket(session, counter, batteries=1)
    checkout.pay_cash(session, counter.seller, order, amount=None, tendered=eur(100_000))
    before = in_drawer(session, counter)

    taken_back(session, counter, order)

    assert in_drawer(session, counter) == before - eur(89_900)


def test_the_status_follows_the_journal_after_a_refund(session: Session) -> None:
    """PAY-13: paid by transfer, all of it back: returned, nothing due, nothing held."""
    counter = a_counter(session)
    order = a_basket(session, counter, batteries=1)
    checkout.pay_transfer(session, counter.seller, order, amount=None, note="statement 7")
    bill = bill_of(session, order)
    (way,) = moneyback.ways(session, bill, eur(89_900))

    returns.take_back(
        session,
        counter.manager,
        order,
        [pieces()],
        reason="does not fit",
        plan=[Back(way.attempt.id, eur(89_900), note="DE02 1203")],
    )

    stands = standing.of(session, bill)
    assert (stands.paid, stands.due, stands.held) == (eur(0), eur(0), eur(0))
    assert orderstatus.of(session, by_number(session, counter, order)) is OrderStatus.RETURNED


def test_each_tender_gets_its_part_back_the_newest_first(session: Session) -> None:
    counter = a_counter(session)
    order = a_basket(session, counter, batteries=1)
    checkout.pay_transfer(session, counter.seller, order, amount=eur(60_000), note="st. 7")
    checkout.pay_cash(session, counter.seller, order, amount=None, tendered=None)

    ways = moneyback.ways(session, bill_of(session, order), eur(50_000))

    assert [(way.tender, way.suggested) for way in ways] == [
        (Tender.CASH, eur(29_900)),
        (Tender.TRANSFER, eur(20_100)),
    ]


def test_no_more_goes_back_than_was_credited(session: Session) -> None:
    counter = a_counter(session)
    order = sold(session, counter, batteries=3)
    (way,) = moneyback.ways(session, bill_of(session, order), eur(1))

    with pytest.raises(Refused, match=r"899\.00"):
        returns.take_back(
            session,
            counter.manager,
            order,
            [pieces()],
            reason="does not fit",
            plan=[Back(way.attempt.id, eur(89_901))],
            till_id=counter.till.id,
        )


def test_a_card_payment_goes_back_by_the_card_service(session: Session) -> None:
    """The return stands at once; the money is on its way and not booked before it went."""
    counter = a_counter(session, reader_id="tmr_1")
    order = sold(session, counter, batteries=1)
    bill = bill_of(session, order)
    (cash,) = bills.attempts_of(session, bill)
    cash.tender = Tender.CARD
    session.flush()

    done = taken_back(session, counter, order)

    (refund,) = done.refunds
    assert (refund.state, refund.tender) == (RefundState.STARTED, Tender.CARD)
    assert refunds.refundable(session, bill) == eur(0)
    assert standing.of(session, bill).held == eur(89_900)


def test_pieces_go_back_by_their_condition(session: Session) -> None:
    counter = a_counter(session)
    order = sold(session, counter, batteries=3)
    part_id = counter.battery.part_id or 0
    before = stock.free(session, part_id)

    taken_back(session, counter, order, pieces(quantity=1))
    taken_back(session, counter, order, Item(1, 2, Condition.DAMAGED))

    in_quarantine = session.scalar(
        select(Balance.quantity)
        .join(Place, Place.id == Balance.place_id)
        .where(Balance.part_id == part_id, Place.kind == PlaceKind.QUARANTINE)
    )
    assert (stock.free(session, part_id), in_quarantine) == (before + 1, 2)
    assert breaches_of(session) == []


def test_goods_say_their_condition(session: Session) -> None:
    counter = a_counter(session)
    order = sold(session, counter, batteries=1)

    with pytest.raises(Invalid, match="marked"):
        taken_back(session, counter, order, Item(1, 1), refund=False)


def test_a_robot_comes_home_and_can_be_sold_again(session: Session) -> None:
    """Both sales stay on record; the second owner is the second sale's."""
    counter = a_counter(session)
    order, unit = handed_over(session, counter)
    taken_back(session, counter, order, robot_back(), refund=False)
    came_back = (unit.state, unit.custody, ownership.owner_of(session, unit.id))
    inspected(session, counter, unit)
    again = sold(session, counter, unit)

    assert came_back == (UnitState.RECEIVED, Custody.STORE, None)
    assert unit.state is UnitState.SOLD
    assert orderstatus.of(session, by_number(session, counter, order)) is OrderStatus.PART_RETURNED
    assert orderstatus.of(session, by_number(session, counter, again)) is OrderStatus.PAID
    assert breaches_of(session) == []


def test_a_robot_that_never_left_comes_back_without_an_owner(session: Session) -> None:
    counter = a_counter(session)
    unit = a_robot(session, counter)
    order = sold(session, counter, unit, batteries=1)

    taken_back(session, counter, order, Item(1, 1, Condition.AS_NEW), refund=False)

    assert unit.state is UnitState.RECEIVED
    assert orderstatus.of(session, by_number(session, counter, order)) is OrderStatus.PART_RETURNED
    assert breaches_of(session) == []


def test_the_data_in_a_returned_robot_are_accounted_for(session: Session) -> None:
    counter = a_counter(session)
    order, _ = handed_over(session, counter)
    silent = Item(1, 1, Condition.USED, data=WipeStatement(Wipe.WIPED))

    with pytest.raises(Refused, match="wiped"):
        taken_back(session, counter, order, silent, refund=False)


def test_a_robot_that_the_owner_gave_away_does_not_come_back(session: Session) -> None:
    counter = a_counter(session)
    order, unit = handed_over(session, counter)
    other = book.add(session, counter.seller, CustomerInput(CustomerKind.PERSON, "Mei Lin"))
    gone = WipeStatement(Wipe.NO_DATA)
    transfers.transfer(session, counter.seller, unit, other, data=gone)

    with pytest.raises(Invalid) as refusal:
        taken_back(session, counter, order, robot_back(), refund=False)

    assert "Mei Lin" in str(refusal.value.problems["quantity-1"])


def test_a_robot_that_was_sold_anew_is_not_this_sales_any_more(session: Session) -> None:
    counter = a_counter(session)
    order, unit = handed_over(session, counter)
    taken_back(session, counter, order, robot_back(), refund=False)
    inspected(session, counter, unit)
    sold(session, counter, unit)

    found = returnables.of_order(session, by_number(session, counter, order))

    assert [(one.left, one.can_return) for one in found] == [(0, False), (1, True)]
    assert str(found[0].obstacle) == "It was sold anew since."


def test_a_robot_in_the_workshop_is_taken_back_when_it_is_done(session: Session) -> None:
    counter = a_counter(session)
    order, unit = handed_over(session, counter)
    unit.custody = Custody.BENCH
    session.flush()

    with pytest.raises(Invalid) as refusal:
        taken_back(session, counter, order, robot_back(), refund=False)

    assert "bench" in str(refusal.value.problems["quantity-1"])


def test_a_robots_contracts_end_with_its_return(session: Session) -> None:
    counter = a_counter(session)
    unit = a_robot(session, counter)
    order = a_basket(session, counter, unit)
    basket.add_product(session, counter.seller, order, counter.plan, quantity=1, minutes=30)
    checkout.pay_cash(session, counter.seller, order, amount=None, tendered=None)
    hand_over(session, counter, order)

    taken_back(session, counter, order, robot_back(), Item(2, 1), refund=False)

    (contract,) = contracts.of_unit(session, unit.id)
    assert contract.row.ended_on is not None
    assert orderstatus.of(session, by_number(session, counter, order)) is OrderStatus.RETURNED
    assert breaches_of(session) == []


def test_a_plan_that_was_used_is_not_taken_back(session: Session) -> None:
    counter = a_counter(session)
    unit = a_robot(session, counter)
    order = a_basket(session, counter, unit)
    basket.add_product(session, counter.seller, order, counter.plan, quantity=1, minutes=30)
    checkout.pay_cash(session, counter.seller, order, amount=None, tendered=None)
    hand_over(session, counter, order)
    (contract,) = contracts.of_unit(session, unit.id)
    contracts.use_visit(session, counter.manager, contract.row, reference="T-1")

    with pytest.raises(Invalid) as refusal:
        taken_back(session, counter, order, Item(2, 1), refund=False)

    assert list(refusal.value.problems) == ["quantity-2"]


def test_a_return_after_the_till_was_closed_is_of_the_next_session(session: Session) -> None:
    counter = a_counter(session)
    order = sold(session, counter, batteries=1)
    first = tills.require_open(session, counter.till.id)
    tills.close(session, counter.seller, first, in_drawer(session, counter))
    second = tills.open_session(session, counter.seller, counter.till, eur(100_000))

    done = taken_back(session, counter, order)

    assert [refund.till_session_id for refund in done.refunds] == [second.id]
    assert in_drawer(session, counter) == eur(100_000 - 89_900)


def test_no_cash_is_given_at_a_closed_till(session: Session) -> None:
    counter = a_counter(session)
    order = sold(session, counter, batteries=1)
    drawer = tills.require_open(session, counter.till.id)
    tills.close(session, counter.seller, drawer, in_drawer(session, counter))

    with pytest.raises(Refused) as refusal:
        taken_back(session, counter, order)

    assert refusal.value.field == "till"


def test_much_cash_needs_a_manager(session: Session) -> None:
    counter = a_counter(session)
    order = sold(session, counter, batteries=1)
    plan = moneyback.suggested(session, bill_of(session, order), eur(89_900))
    facts = {"reason": "does not fit", "plan": plan, "till_id": counter.till.id}

    with pytest.raises(NeedsManager):
        returns.take_back(session, counter.seller, order, [pieces()], **facts)  # type: ignore[arg-type]
    done = returns.take_back(
        session,
        counter.seller,
        order,
        [pieces()],
        approved_by=counter.manager,
        **facts,  # type: ignore[arg-type]
    )

    assert (done.row.by, done.row.approved_by) == ("Jana Voss", "Petra Krause")


@pytest.mark.only_on("sqlite")
def test_a_refund_in_pieces_passes_no_limit(session: Session) -> None:
    counter = a_counter(session)
    order = sold(session, counter, batteries=1)
    taken_back(session, counter, order, refund=False)
    whole = by_number(session, counter, order)
    (way,) = moneyback.ways(session, bill_of(session, order), eur(89_900))
    give = {"reason": "later", "till_id": counter.till.id}

    half = [Back(way.attempt.id, eur(44_950))]
    moneyback.give_held(session, counter.seller, whole, half, **give)  # type: ignore[arg-type]

    with pytest.raises(NeedsManager, match="drawer"):
        moneyback.give_held(session, counter.seller, whole, half, **give)  # type: ignore[arg-type]


@pytest.mark.only_on("sqlite")
def test_a_sale_that_came_back_whole_is_no_part_paid_bill(session: Session) -> None:
    counter = a_counter(session)
    taken_back(session, counter, sold(session, counter, batteries=1))
    drawer = tills.require_open(session, counter.till.id)
    report = tills.x_report(session, counter.manager, drawer).till
    assert report is not None
    assert {fact.caption: fact.value for fact in report.counts}[
        "Bills part paid, carried on"
    ] == "0"


def test_money_by_another_way_needs_a_manager(session: Session) -> None:
    counter = a_counter(session)
    order = sold(session, counter, batteries=1)
    (way,) = moneyback.ways(session, bill_of(session, order), eur(10_000))
    plan = [Back(way.attempt.id, eur(10_000), Tender.TRANSFER, "DE02 1203")]

    with pytest.raises(NeedsManager, match="another way"):
        returns.take_back(session, counter.seller, order, [pieces()], reason="no", plan=plan)


def test_an_old_sale_needs_a_manager(session: Session) -> None:
    counter = a_counter(session)
    order = sold(session, counter, batteries=1)
    later = clock.now().replace(year=clock.now().year + 1)

    with clock.set_to(later), pytest.raises(NeedsManager, match="30 days"):
        returns.take_back(session, counter.seller, order, [pieces()], reason="no")


def test_nothing_comes_back_of_a_sale_that_is_not_paid(session: Session) -> None:
    counter = a_counter(session)
    order = a_basket(session, counter, batteries=1)

    with pytest.raises(Conflict, match="not paid"):
        returns.take_back(session, counter.manager, order, [pieces()], reason="no")


def test_whoever_may_not_refund_takes_nothing_back(session: Session) -> None:
    counter = a_counter(session)
    order = sold(session, counter, batteries=1)

    with pytest.raises(Forbidden):
        returns.take_back(session, actor(counter.store, Role.PARTS), order, [pieces()], reason="no")


def test_what_a_return_left_over_is_given_back_later(session: Session) -> None:
    counter = a_counter(session)
    order = sold(session, counter, batteries=1)
    taken_back(session, counter, order, refund=False)
    bill = bill_of(session, order)
    plan = moneyback.suggested(session, bill, refunds.refundable(session, bill))
    whole = by_number(session, counter, order)
    give = {"reason": "no exchange", "till_id": counter.till.id}
    counter.till.printer = "file:///dev/null"

    moneyback.give_held(session, counter.manager, whole, plan, **give)  # type: ignore[arg-type]

    assert session.scalar(select(OutboxItem.kind).where(OutboxItem.kind == refundslips.SLIP))
    with pytest.raises(Conflict, match="Nothing"):
        moneyback.give_held(session, counter.manager, whole, plan, **give)  # type: ignore[arg-type]
    assert breaches_of(session) == []


def test_a_robot_that_came_back_is_not_handed_over(session: Session) -> None:
    """The other one of the sale is, with what is left of its accessories."""
    counter = a_counter(session)
    units = [a_robot(session, counter, serial) for serial in ("G1-A", "G1-B")]
    order = a_basket(session, counter, *units, batteries=2)
    basket.add_product(session, counter.seller, order, counter.plan, quantity=2, minutes=30)
    checkout.pay_cash(session, counter.seller, order, amount=None, tendered=None)
    items = [Item(1, 1, Condition.AS_NEW), pieces(3, 1), Item(4, 1)]
    taken_back(session, counter, order, *items, refund=False)

    hand_over(session, counter, by_number(session, counter, order))

    assert [unit.state for unit in units] == [UnitState.RECEIVED, UnitState.HANDED_OVER]
    assert len(contracts.of_unit(session, units[1].id)) == 1
    issued = issuing.documents_of(session, order.store_id, orders.reference(order))
    protocol = issuing.content_of(issued[-1]).handover
    assert protocol is not None
    assert [(one.name, one.quantity) for one in protocol.accessories] == [
        ("Battery G1", 1),
        ("Care, 24 months", 1),
    ]
    assert breaches_of(session) == []


def test_what_was_bought_on_account_is_owed_no_more(session: Session) -> None:
    """Credited off what is owed: nothing is held, nothing goes back."""
    counter = a_counter(session)
    order = a_basket(session, counter, batteries=2)
    placed = checkout.place(session, counter.seller, order)
    completion.complete(session, counter.seller, order, placed.bill)

    taken_back(session, counter, order, pieces(quantity=1), refund=False)

    stands = standing.of(session, placed.bill)
    assert (stands.on_terms, stands.due, stands.held) == (eur(89_900), eur(89_900), eur(0))
    assert breaches_of(session) == []


def test_the_database_refuses_more_than_was_sold(session: Session) -> None:
    counter = a_counter(session)
    order = sold(session, counter, batteries=1)
    done = taken_back(session, counter, order, refund=False)
    line = by_number(session, counter, order).lines[0]
    facts = {"order_line_id": line.id, "sold": 1, "quantity": 1, "amount_minor": 0, "note": ""}

    for earlier in (0, 1):
        with pytest.raises(IntegrityError), session.begin_nested():
            session.execute(
                insert(ReturnLine).values(return_id=done.row.id, earlier=earlier, **facts)
            )


def test_what_came_back_stays_on_record(session: Session) -> None:
    counter = a_counter(session)
    order = sold(session, counter, batteries=1)
    taken_back(session, counter, order, refund=False)

    for change in (update(Return).values(credited_minor=0), delete(ReturnLine)):
        with pytest.raises(DBAPIError, match="append-only"), session.begin_nested():
            session.execute(change)
