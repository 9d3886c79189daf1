"""Vouchers of schemes: used once, in their days and caps; the books say what authorities owe."""

from datetime import date, timedelta

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel.db import Database
from app.kernel.errors import Conflict, Invalid, Refused
from app.kernel.money import Money
from app.payments import journal, refunds, schemes, voucherclaims, voucherdesk, vouchers
from app.payments.models import Account, Tender
from app.payments.voucher_models import Buyers
from app.sales import (
    basket,
    checkout,
    deposits,
    exchanges,
    moneyback,
    orders,
    parking,
    returnview,
    voucherpay,
)
from app.sales.models import Order
from app.sales.moneyback import Back
from app.stores import desk
from tests.makers.at_once import Act, at_once
from tests.makers.books import breaches_of
from tests.makers.browsing import a_browser
from tests.makers.programs import Program, a_token
from tests.makers.returning import bill_of, by_number, pieces, taken_back
from tests.makers.sales import Counter, a_counter, a_robot
from tests.makers.vouchers import WORTH, a_sale, a_scheme, eur, used
from tests.makers.whole_sales import a_basket, laid_aside


def went_back(session: Session, counter: Counter, minor: int = WORTH) -> None:
    """The order is cancelled, and the voucher's part goes back."""
    order = session.scalars(select(Order)).one()
    bill = bill_of(session, order)
    payment = refunds.returnable(session, bill)[0]
    refunds.start(session, counter.manager, bill, payment.attempt, eur(minor), reason="cancelled")


def owed(session: Session, counter: Counter) -> Money:
    return journal.balance(session, counter.store.id, Account.VOUCHERS, "EUR")


def test_a_voucher_pays_its_part_and_the_authority_owes_it(session: Session) -> None:
    counter = a_counter(session)
    voucher = used(session, counter, a_scheme(session, counter))
    assert (voucher.code, voucher.amount_minor) == ("ABC1", WORTH)
    assert owed(session, counter) == eur(WORTH)
    assert breaches_of(session) == []


@pytest.mark.only_on("sqlite")
def test_a_share_stays_below_its_most_and_never_above_the_price(session: Session) -> None:
    scheme = a_scheme(session, a_counter(session), share_bp=1_000)
    assert vouchers.worth(scheme, eur(100_005)) == eur(10_001)
    assert vouchers.worth(scheme, eur(9_000_000)) == eur(WORTH)
    scheme.share_bp = 0
    assert vouchers.worth(scheme, eur(99_00)) == eur(99_00)


def test_a_voucher_is_used_once(session: Session) -> None:
    counter = a_counter(session)
    scheme = a_scheme(session, counter, per_buyer=0)
    order = a_sale(session, counter)
    voucherpay.pay(session, counter.seller, order, scheme, code="A1")
    with pytest.raises(Conflict):
        voucherpay.pay(session, counter.seller, order, scheme, code="a 1")


@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"valid_until": date(2020, 1, 2), "valid_from": date(2020, 1, 1)}, "scheme"),
        ({"valid_from": date(2090, 1, 1), "valid_until": date(2090, 1, 2)}, "scheme"),
        ({"buyers": Buyers.COMPANY}, "customer"),
        ({"buyers": Buyers.PERSON}, "customer"),
        ({"evidence": "Number of the grant"}, "evidence"),
    ],
)
def test_outside_its_rules_a_voucher_is_refused(
    session: Session, facts: dict[str, object], field: str
) -> None:
    counter = a_counter(session)
    kind = facts.get("buyers")
    if kind is not None and str(kind) == counter.customer.kind.value:
        kinds = {Buyers.COMPANY: Buyers.PERSON, Buyers.PERSON: Buyers.COMPANY}
        facts = {"buyers": kinds[Buyers(str(kind))]}
    scheme = a_scheme(session, counter, **facts)
    with pytest.raises(Refused) as refusal:
        used(session, counter, scheme)
    assert refusal.value.field == field


@pytest.mark.only_on("sqlite")
def test_a_scheme_ends_with_its_last_day_at_the_store(session: Session) -> None:
    counter = a_counter(session)
    today = desk.business_day_of(counter.store)
    scheme = a_scheme(session, counter, valid_until=today)
    assert schemes.open_today(session, counter.store.id) == [scheme]
    assert not schemes.is_open(scheme, today + timedelta(days=1))


@pytest.mark.only_on("sqlite")
def test_a_sale_without_a_robot_of_the_scheme_gets_nothing(session: Session) -> None:
    counter = a_counter(session)
    order = a_basket(session, counter, batteries=1)
    with pytest.raises(Refused):
        voucherpay.pay(session, counter.seller, order, a_scheme(session, counter), code="A1")


@pytest.mark.only_on("sqlite")
def test_one_buyer_has_no_more_than_the_scheme_allows(session: Session) -> None:
    counter = a_counter(session)
    scheme = a_scheme(session, counter, per_buyer=1)
    order = a_sale(session, counter)
    voucherpay.pay(session, counter.seller, order, scheme, code="A1")
    with pytest.raises(Conflict):
        voucherpay.pay(session, counter.seller, order, scheme, code="A2")


@pytest.mark.parametrize(
    ("per_buyer", "in_all", "codes"),
    [(0, 1, "AB"), (1, 0, "AB"), (0, 0, "AA")],
    ids=["last of the scheme", "last of the buyer", "same code"],
)
def test_of_two_tills_at_once_one_has_the_voucher(
    session: Session, database: Database, per_buyer: int, in_all: int, codes: str
) -> None:
    counter = a_counter(session)
    scheme_id = a_scheme(session, counter, per_buyer=per_buyer, in_all=in_all).id
    numbers = [laid_aside(session, a_sale(session, counter, serial)) for serial in ("R-1", "R-2")]
    session.commit()

    def pay(number: int, code: str) -> Act:
        def act(own: Session) -> None:
            order = orders.by_number(own, counter.seller, number)
            scheme = schemes.by_id(own, counter.seller, scheme_id)
            till_id = counter.till.id
            voucherpay.pay(own, counter.seller, order, scheme, code=code, till_id=till_id)

        return act

    told = at_once(database, *map(pay, numbers, codes), store_id=counter.store.id)

    assert told == ["", "Conflict"]
    with database.reading() as after:
        assert owed(after, counter) == eur(WORTH)
        assert breaches_of(after) == []


def test_what_an_authority_does_not_accept_is_a_loss(session: Session) -> None:
    counter = a_counter(session)
    scheme = a_scheme(session, counter)
    voucher = used(session, counter, scheme)
    claim = voucherclaims.send(session, counter.manager, scheme)
    paid = {voucher.id: eur(100_000)}
    voucherclaims.settle(session, counter.manager, claim, paid, note="REF 77")
    assert owed(session, counter) == eur(0)
    assert journal.balance(session, counter.store.id, Account.CLAIM_LOSS, "EUR") == eur(50_000)
    with pytest.raises(Conflict):
        voucherclaims.settle(session, counter.manager, claim, paid, note="REF 77")
    assert breaches_of(session) == []


@pytest.mark.only_on("sqlite")
def test_no_claim_brings_more_than_it_asks_for(session: Session) -> None:
    counter = a_counter(session)
    scheme = a_scheme(session, counter)
    voucher = used(session, counter, scheme)
    claim = voucherclaims.send(session, counter.manager, scheme)
    too_much = {voucher.id: eur(WORTH + 1)}
    with pytest.raises(Invalid) as refusal:
        voucherclaims.settle(session, counter.manager, claim, too_much, note="REF")
    assert f"paid-{voucher.id}" in refusal.value.problems


def test_a_claim_shrinks_with_its_sale(session: Session) -> None:
    counter = a_counter(session)
    scheme = a_scheme(session, counter)
    voucher = used(session, counter, scheme)
    went_back(session, counter, 50_000)
    assert vouchers.open_value(voucher) == eur(100_000)
    assert owed(session, counter) == eur(100_000)
    went_back(session, counter, 100_000)
    with pytest.raises(Conflict):
        voucherclaims.send(session, counter.manager, scheme)
    assert breaches_of(session) == []


def test_what_was_paid_for_a_sale_that_came_back_goes_back_to_the_authority(
    session: Session,
) -> None:
    counter = a_counter(session)
    scheme = a_scheme(session, counter)
    voucher = used(session, counter, scheme)
    claim = voucherclaims.send(session, counter.manager, scheme)
    voucherclaims.settle(session, counter.manager, claim, {voucher.id: eur(100_000)}, note="REF 77")
    went_back(session, counter)
    (back,) = voucherdesk.owed_back(session, counter.store.id, cursor=None).items
    assert back.voucher == voucher
    voucherclaims.send_back(session, counter.manager, voucher.id)
    for account in (Account.VOUCHERS, Account.BANK_CLEARING, Account.CLAIM_LOSS):
        assert journal.balance(session, counter.store.id, account, "EUR") == eur(0)
    assert breaches_of(session) == []


@pytest.mark.only_on("sqlite")
def test_a_vouchers_value_is_never_handed_to_the_buyer(session: Session) -> None:
    counter = a_counter(session)
    used(session, counter, a_scheme(session, counter))
    order = session.scalars(select(Order)).one()
    bill = bill_of(session, order)
    payment = refunds.returnable(session, bill)[0]
    plan = [Back(payment.attempt.id, eur(WORTH), Tender.CASH)]
    way = {"reason": "no", "till_id": counter.till.id}
    with pytest.raises(Refused) as refusal:
        moneyback.give(session, counter.manager, order, bill, plan, **way)  # type: ignore[arg-type]
    assert refusal.value.field == "tender"


@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize(
    ("comes_back", "tenders"), [("robot", {Tender.VOUCHER: WORTH}), ("battery", {})]
)
def test_a_voucher_goes_back_with_its_robot_and_with_nothing_else(
    session: Session, comes_back: str, tenders: dict[Tender, int]
) -> None:
    counter = a_counter(session)
    order = a_basket(session, counter, a_robot(session, counter, "R-1"), batteries=1)
    voucherpay.pay(session, counter.seller, order, a_scheme(session, counter), code="A1")
    checkout.pay_cash(session, counter.seller, order, amount=None, tendered=None)
    whole = by_number(session, counter, order)
    is_robot = comes_back == "robot"
    (line,) = [line for line in whole.lines if (line.unit_id is not None) == is_robot]

    done = taken_back(session, counter, order, pieces(line.position), refund=False)

    assert {one.tender: one.amount_minor for one in done.refunds} == tenders
    suggested = returnview.money(session, counter.manager, by_number(session, counter, order), None)
    assert {way.attempt.tender for way in suggested.ways if way.suggested} == {Tender.CASH}
    assert breaches_of(session) == []


@pytest.mark.only_on("sqlite")
def test_no_fee_is_kept_of_what_an_authority_paid(session: Session) -> None:
    counter = a_counter(session)
    order = a_sale(session, counter)
    rule = deposits.rule_from(deposits.today_of(session, order), keep_bp=10_000)
    deposits.ask(session, counter.seller, order, eur(500_000), rule=rule)
    voucherpay.pay(session, counter.seller, order, a_scheme(session, counter), code="A1")
    checkout.pay_cash(session, counter.seller, order, amount=eur(7), tendered=eur(7))

    deposits.cancel(session, counter.manager, by_number(session, counter, order), reason="no")

    (back,) = refunds.of_bill(session, bill_of(session, order))
    assert (back.tender, back.amount_minor) == (Tender.VOUCHER, WORTH)
    assert breaches_of(session) == []


@pytest.mark.only_on("sqlite")
def test_from_the_settings_over_the_counter_to_the_claim(app: FastAPI, session: Session) -> None:
    counter = a_counter(session)
    scheme = a_scheme(session, counter)
    order = a_sale(session, counter)
    session.commit()
    till = a_browser(app, counter.session_cookie)
    assert scheme.name in till.get("/settings/schemes").text
    assert scheme.name in till.get("/counter/voucher", htmx=True).text
    form = {"order": str(order.number), "scheme": str(scheme.id), "token": "v1"}
    refused = till.send("/counter/voucher", form, htmx=True)
    assert (refused.status_code, refused.headers["HX-Retarget"]) == (422, "#dialog")
    paid = till.send("/counter/voucher", {**form, "code": "A1", "token": "v2"}, htmx=True)
    assert "Left to pay" in paid.text
    session.expire_all()
    assert owed(session, counter) == eur(WORTH)
    assert by_number(session, counter, order).number == order.number


@pytest.mark.only_on("sqlite")
def test_a_program_uses_a_voucher_and_is_told_what_is_wrong(app: FastAPI, session: Session) -> None:
    counter = a_counter(session)
    scheme = a_scheme(session, counter)
    order = a_sale(session, counter)
    program = Program(TestClient(app), a_token(session, counter.manager))
    session.commit()
    path = f"/orders/{order.number}/payments"
    assert program.post(path, {"tender": "trade_in"}, key="a").status_code == 422
    assert program.post(path, {"tender": "cash", "scheme": scheme.id}, key="b").status_code == 422
    voucher = {"tender": "voucher", "scheme": scheme.id, "code": "A1"}
    made = program.post(path, voucher, key="c")
    assert (made.status_code, made.json()["payment"]["amount"]["amount"]) == (201, WORTH)


@pytest.mark.only_on("sqlite")
def test_a_vouchers_value_pays_for_no_other_sale(session: Session) -> None:
    counter = a_counter(session)
    used(session, counter, a_scheme(session, counter))
    order = session.scalars(select(Order)).one()
    parking.park(session, counter.seller, order, label="later")
    other = exchanges.begin(session, counter.manager, order, till_id=counter.till.id)
    basket.add_product(session, counter.seller, other, counter.battery, quantity=1, minutes=30)
    with pytest.raises(Refused) as refusal:
        exchanges.pay(session, counter.manager, other)
    assert refusal.value.field == "amount"
