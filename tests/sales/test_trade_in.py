"""A customer's robot is looked over, offered for, and helps to pay for another."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.kernel import clock
from app.kernel.errors import Conflict, Refused
from app.kernel.money import Money
from app.kernel.tax import TaxCategory
from app.payments import bills, issuing, journal, refunds
from app.payments.models import Account, Tender
from app.robots import ownership, transfers
from app.robots.life_models import Wipe
from app.robots.models import Unit
from app.robots.states import Custody, UnitState
from app.robots.transfers import WipeStatement
from app.sales import (
    basket,
    checklists,
    checkout,
    deposits,
    inspections,
    moneyback,
    orders,
    totals,
    tradein,
    tradeintaking,
    tradeinvalues,
    usedrobots,
)
from app.sales.checklists import Answer, Answered
from app.sales.tradein import Mark, MarkKind, Offer, TradeInState
from app.sales.tradein_models import Grade, Payout, TradeIn
from app.sales.tradeintaking import Rest
from app.sales.tradeinvalues import Shares, Wear
from tests.makers.books import breaches_of
from tests.makers.sales import Counter, a_counter, a_robot
from tests.makers.whole_sales import a_basket, sold_and_handed_over

WIPED = WipeStatement(Wipe.WIPED, "Factory reset, checked twice")
AS_SUGGESTED = Offer()
TO_BANK = Rest(Payout.TRANSFER, "DE02 1203 0000 0000 2020 51")


def eur(minor: int) -> Money:
    return Money(minor, "EUR")


@pytest.fixture
def counter(session: Session) -> Counter:
    made = a_counter(session)
    made.store.margin_scheme = True
    for grade, start in ((Grade.A, 7_000), (Grade.B, 5_000)):
        tradeinvalues.set_rule(
            session, made.manager, model_id=None, grade=grade, shares=Shares(start, 100, 200, 1_000)
        )
    return made


@pytest.fixture
def used(session: Session, counter: Counter) -> Unit:
    """The customer's robot, handed over some time ago."""
    unit = a_robot(session, counter, "OLD-1")
    sold_and_handed_over(session, counter, unit)
    return unit


def looked_over(
    session: Session,
    counter: Counter,
    unit: Unit,
    *,
    grade: Grade = Grade.A,
    offer: Offer = AS_SUGGESTED,
    marks: tuple[Mark, ...] = (),
) -> TradeIn:
    checklist = tradein.checklist_for(session, counter.seller, unit)
    answers = {item.key: Answered(Answer.OK) for item in checklists.items_of(checklist)}
    return tradein.inspect(
        session,
        counter.seller,
        unit,
        answers=answers,
        checklist=checklist,
        marks=marks,
        grade=grade,
        offer=offer,
    )


def for_sale_again(session: Session, counter: Counter, unit: Unit) -> None:
    checklist = inspections.checklist_for(session, counter.seller, unit)
    answers = {item.key: Answered(Answer.OK) for item in checklists.items_of(checklist)}
    inspections.record(session, counter.seller, unit, checklist, answers)


def test_the_offer_is_the_share_of_the_new_price_that_the_rule_says(
    session: Session, counter: Counter, used: Unit
) -> None:
    with clock.set_to(clock.now() + timedelta(days=95)):
        trade_in = looked_over(session, counter, used)
    # 70 % less 1 % for each of three months, of 13,500.00
    assert tradein.offered(trade_in) == eur(904_500)


@pytest.mark.parametrize(
    ("wear", "share"),
    [
        (Wear(0, None), 7_000),
        (Wear(12, None), 5_800),
        (Wear(12, 2_500), 5_300),
        (Wear(120, 9_000), 1_000),
    ],
)
def test_age_and_hours_take_shares_off_and_something_is_left(
    session: Session, counter: Counter, wear: Wear, share: int
) -> None:
    rule = tradeinvalues.rule_for(session, counter.store.id, counter.model.id, Grade.A)
    assert rule is not None
    assert tradeinvalues.share_of(rule, wear) == share


def test_a_robot_pays_for_a_part_of_another_and_is_the_stores_again(
    session: Session, counter: Counter, used: Unit
) -> None:
    trade_in = looked_over(session, counter, used)
    order = a_basket(session, counter, a_robot(session, counter, "NEW-1"))
    tradeintaking.take(session, counter.seller, trade_in, data=WIPED, order=order)

    bill = orders.bill_of(session, order)
    assert bill is not None
    assert bills.due(session, bill) == eur(1_350_000 - 945_000)
    assert (used.state, used.custody) == (UnitState.RECEIVED, Custody.STORE)
    assert ownership.owner_of(session, used.id) is None
    checkout.pay_cash(session, counter.seller, order, amount=None, tendered=None)
    assert order.settled_at is not None
    assert journal.balance(session, counter.store.id, Account.TRADE_INS, "EUR") == eur(945_000)
    assert breaches_of(session) == []


def test_what_it_is_worth_beyond_the_sale_goes_to_the_customers_bank(
    session: Session, counter: Counter, used: Unit
) -> None:
    trade_in = looked_over(session, counter, used)
    order = a_basket(session, counter, batteries=1)
    tradeintaking.take(session, counter.seller, trade_in, data=WIPED, order=order, rest=TO_BANK)

    assert order.settled_at is not None
    assert (trade_in.settled_minor, trade_in.payout_minor) == (89_900, 945_000 - 89_900)
    bank = journal.balance(session, counter.store.id, Account.BANK_CLEARING, "EUR")
    assert bank == eur(89_900 - 945_000)
    assert breaches_of(session) == []


def test_a_remainder_needs_a_way_to_the_customer(
    session: Session, counter: Counter, used: Unit
) -> None:
    trade_in = looked_over(session, counter, used)
    with pytest.raises(Refused, match="Say how the customer gets"):
        tradeintaking.take(session, counter.seller, trade_in, data=WIPED)


def test_the_purchase_note_names_the_robot_its_price_and_what_it_paid_for(
    session: Session, counter: Counter, used: Unit
) -> None:
    trade_in = looked_over(session, counter, used)
    tradeintaking.take(session, counter.seller, trade_in, data=WIPED, rest=TO_BANK)
    (paper,) = issuing.documents_of(session, counter.store.id, tradein.reference(trade_in))
    content = issuing.content_of(paper)
    assert content.lines[0].serials == ("OLD-1",)
    assert content.totals.gross == eur(945_000)
    assert content.open == eur(0)


def test_the_resale_is_taxed_on_the_margin_at_its_own_price(
    session: Session, counter: Counter, used: Unit
) -> None:
    trade_in = looked_over(session, counter, used)
    tradeintaking.take(session, counter.seller, trade_in, data=WIPED, rest=TO_BANK)
    for_sale_again(session, counter, used)
    usedrobots.set_price(session, counter.manager, used, eur(1_064_000))
    before = journal.balance(session, counter.store.id, Account.TAX, "EUR")
    order = a_basket(session, counter, used)
    (line,) = order.lines
    assert (line.tax_category, line.margin_cost_minor) == (TaxCategory.MARGIN, 945_000)
    assert totals.of_order(order).tax == eur(0)
    checkout.pay_cash(session, counter.seller, order, amount=None, tendered=None)
    # 19/119 of 1,190.00
    tax = journal.balance(session, counter.store.id, Account.TAX, "EUR") - before
    assert tax == eur(-19_000)
    assert breaches_of(session) == []


def test_a_robot_bought_with_tax_is_sold_with_tax(
    session: Session, counter: Counter, used: Unit
) -> None:
    trade_in = looked_over(session, counter, used, offer=Offer(is_tax_free=False))
    tradeintaking.take(session, counter.seller, trade_in, data=WIPED, rest=TO_BANK)
    for_sale_again(session, counter, used)
    (line,) = a_basket(session, counter, used).lines
    assert line.tax_category is TaxCategory.STANDARD


@pytest.mark.only_on("sqlite")
def test_a_robot_bought_back_since_is_not_taxed_on_an_older_margin(
    session: Session, counter: Counter, used: Unit
) -> None:
    trade_in = looked_over(session, counter, used)
    tradeintaking.take(session, counter.seller, trade_in, data=WIPED, rest=TO_BANK)
    for_sale_again(session, counter, used)
    sold_and_handed_over(session, counter, used)
    transfers.buy_back(session, counter.manager, used, price=eur(990_000), data=WIPED)
    assert usedrobots.margin_cost(session, used) is None


def test_a_robot_comes_back_a_second_time(session: Session, counter: Counter, used: Unit) -> None:
    for _ in range(2):
        trade_in = looked_over(session, counter, used, grade=Grade.B)
        tradeintaking.take(session, counter.seller, trade_in, data=WIPED, rest=TO_BANK)
        for_sale_again(session, counter, used)
        sold_and_handed_over(session, counter, used)
    assert breaches_of(session) == []


def test_more_than_the_rules_suggest_needs_a_manager(
    session: Session, counter: Counter, used: Unit
) -> None:
    dear = Offer(amount=eur(1_000_000), reason="Rare colour")
    with pytest.raises(Refused, match="manager"):
        looked_over(session, counter, used, offer=dear)
    trade_in = looked_over(session, counter, used)
    tradein.reprice(
        session,
        counter.seller,
        trade_in,
        amount=eur(1_000_000),
        reason="Rare colour",
        approved_by=counter.manager,
    )
    assert (trade_in.offer_minor, trade_in.offer_by) == (1_000_000, counter.manager.name)


def test_an_offer_ends_with_its_last_day_in_the_stores_zone(
    session: Session, counter: Counter, used: Unit
) -> None:
    trade_in = looked_over(session, counter, used, offer=Offer(days=3))
    with clock.set_to(clock.now() + timedelta(days=5)):
        assert tradein.state_of(session, trade_in) is TradeInState.EXPIRED
        with pytest.raises(Conflict, match="Expired"):
            tradeintaking.take(session, counter.seller, trade_in, data=WIPED, rest=TO_BANK)
        fresh = looked_over(session, counter, used)
    assert fresh.number != trade_in.number


def test_a_robot_has_one_open_offer(session: Session, counter: Counter, used: Unit) -> None:
    looked_over(session, counter, used)
    with pytest.raises(Conflict, match="already"):
        looked_over(session, counter, used)


def test_only_a_customers_robot_out_of_the_workshop_is_taken(
    session: Session, counter: Counter, used: Unit
) -> None:
    with pytest.raises(Conflict, match="no customer"):
        looked_over(session, counter, a_robot(session, counter, "SHELF-1"))
    used.custody = Custody.BENCH
    with pytest.raises(Conflict, match="workshop"):
        looked_over(session, counter, used)


def test_it_pays_for_nobody_elses_sale(session: Session, counter: Counter, used: Unit) -> None:
    trade_in = looked_over(session, counter, used)
    order = a_basket(session, counter, batteries=1)
    order.customer_id = None
    with pytest.raises(Refused, match="Lindenhof"):
        tradeintaking.take(session, counter.seller, trade_in, data=WIPED, order=order)


def test_data_do_not_stay_in_a_robot_taken_in_trade(
    session: Session, counter: Counter, used: Unit
) -> None:
    trade_in = looked_over(session, counter, used)
    kept = WipeStatement(Wipe.KEPT, "They agreed")
    with pytest.raises(Refused, match="without its owner"):
        tradeintaking.take(session, counter.seller, trade_in, data=kept, rest=TO_BANK)


def test_a_mark_names_a_place_that_the_robot_has(
    session: Session, counter: Counter, used: Unit
) -> None:
    with pytest.raises(Refused) as refusal:
        looked_over(session, counter, used, marks=(Mark("tail.tip", MarkKind.DENT),))
    assert "slot-0" in refusal.value.problems  # type: ignore[attr-defined]


def test_its_value_goes_back_by_bank_never_as_the_robot(
    session: Session, counter: Counter, used: Unit
) -> None:
    trade_in = looked_over(session, counter, used)
    order = a_basket(session, counter, a_robot(session, counter, "NEW-2"))
    tradeintaking.take(session, counter.seller, trade_in, data=WIPED, order=order)
    bill = orders.bill_of(session, order)
    assert bill is not None
    (paid,) = bills.attempts_of(session, bill)
    with pytest.raises(Refused, match="paid with a robot"), session.begin_nested():
        refunds.start(session, counter.seller, bill, paid, eur(100), reason="cancelled")
    refunds.start(
        session,
        counter.seller,
        bill,
        paid,
        eur(945_000),
        reason="cancelled",
        tender=Tender.TRANSFER,
        note="DE02",
    )
    assert breaches_of(session) == []


def test_a_sale_cancelled_after_a_trade_in_holds_the_robots_value_for_its_owner(
    session: Session, counter: Counter, used: Unit
) -> None:
    trade_in = looked_over(session, counter, used)
    order = a_basket(session, counter, a_robot(session, counter, "NEW-3"))
    tradeintaking.take(session, counter.seller, trade_in, data=WIPED, order=order)

    deposits.cancel(session, counter.manager, order, reason="changed their mind")

    bill = orders.bill_of(session, order)
    assert bill is not None
    plan = moneyback.suggested(session, bill, refunds.refundable(session, bill))
    assert [(one.amount, one.tender) for one in plan] == [(eur(945_000), Tender.TRANSFER)]
    by_bank = [replace(one, note="DE02") for one in plan]
    moneyback.give_held(session, counter.manager, order, by_bank, reason="cancelled")
    assert not refunds.refundable(session, bill)
    assert breaches_of(session) == []


def test_what_was_taken_never_changes(session: Session, counter: Counter, used: Unit) -> None:
    trade_in = looked_over(session, counter, used)
    tradeintaking.take(session, counter.seller, trade_in, data=WIPED, rest=TO_BANK)
    with (
        pytest.raises(DBAPIError, match=r"stays as it was taken|append-only"),
        session.begin_nested(),
    ):
        session.execute(update(TradeIn).where(TradeIn.id == trade_in.id).values(payout_note="x"))


def test_a_buy_back_without_a_sale_stands_in_the_books(
    session: Session, counter: Counter, used: Unit
) -> None:
    transfers.buy_back(session, counter.manager, used, price=eur(500_000), data=WIPED)
    bank = journal.balance(session, counter.store.id, Account.BANK_CLEARING, "EUR")
    assert bank == eur(-500_000)


def test_a_used_robot_costs_its_own_price(session: Session, counter: Counter) -> None:
    unit = a_robot(session, counter, "USED-9")
    usedrobots.set_price(session, counter.manager, unit, eur(800_000))
    order = orders.open_order(session, counter.seller, till_id=counter.till.id)
    line = basket.add_unit(session, counter.seller, order, unit, minutes=30)
    assert line.unit_price_minor == 800_000
