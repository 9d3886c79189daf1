"""Claims on authorities: papers that they wait for, what is not accepted, and how old it all is."""

from datetime import UTC, datetime, time, timedelta

import pytest
from sqlalchemy.orm import Session

from app.kernel import clock
from app.kernel.errors import Conflict, Invalid, NotFound, Refused
from app.kernel.uploads import PDF, Upload
from app.payments import (
    arrivals,
    credit,
    dunning,
    journal,
    refunds,
    schemes,
    standing,
    voucherclaims,
    voucherdesk,
    voucherpapers,
    voucherrest,
    vouchers,
)
from app.payments.models import Account, Bill
from app.payments.voucher_models import Rest, Voucher, VoucherScheme
from app.sales import voucherpay
from app.stores import desk
from tests.makers.books import breaches_of
from tests.makers.sales import Counter, a_counter
from tests.makers.vouchers import WORTH, a_sale, a_scheme, eur, used

PHOTO = Upload(b"%PDF-1.7 a photo %%EOF", PDF)


def a_paper(session: Session, counter: Counter, voucher: Voucher, position: int = 1) -> None:
    paper = schemes.papers_of(session, [voucher.scheme_id])[voucher.scheme_id][position - 1]
    voucherpapers.attach(session, counter.seller, voucher, paper.id, PHOTO, name="photo.pdf")


def answered(session: Session, counter: Counter, scheme: VoucherScheme, minor: int) -> Voucher:
    """A voucher that was used and claimed, and of which the authority paid so much."""
    voucher = used(session, counter, scheme)
    claim = voucherclaims.send(session, counter.manager, scheme)
    voucherclaims.settle(session, counter.manager, claim, {voucher.id: eur(minor)}, note="REF 1")
    return voucher


def came_back(session: Session, counter: Counter, voucher: Voucher) -> None:
    """The sale's part that the voucher paid is given back, and the authority gets its own."""
    bill = session.get_one(Bill, voucher.bill_id)
    payment = refunds.returnable(session, bill)[0]
    refunds.start(session, counter.manager, bill, payment.attempt, eur(WORTH), reason="back")
    voucherclaims.send_back(session, counter.manager, voucher.id)


def on(session: Session, counter: Counter, account: Account) -> int:
    return journal.balance(session, counter.store.id, account, "EUR").minor


def test_a_claim_waits_for_every_paper_that_its_scheme_asks_for(session: Session) -> None:
    counter = a_counter(session)
    scheme = a_scheme(session, counter, papers=("Photo of the serial", "Certificate", " "))
    voucher = used(session, counter, scheme)
    a_paper(session, counter, voucher)
    with pytest.raises(Invalid) as refusal:
        voucherclaims.send(session, counter.manager, scheme)
    assert "Certificate" in str(refusal.value.problems[f"voucher-{voucher.id}"])
    a_paper(session, counter, voucher, position=2)
    assert voucherclaims.send(session, counter.manager, scheme).number == 1


@pytest.mark.only_on("sqlite")
def test_a_claimed_vouchers_papers_stay_as_they_were_sent(session: Session) -> None:
    counter = a_counter(session)
    scheme = a_scheme(session, counter, papers=("Photo",))
    voucher = used(session, counter, scheme)
    a_paper(session, counter, voucher)
    a_paper(session, counter, voucher)  # the same file again is the same
    (file,) = voucherpapers.of_voucher(session, voucher)
    voucherclaims.send(session, counter.manager, scheme)
    with pytest.raises(Conflict):
        voucherpapers.take_away(session, counter.seller, voucher, file.id)
    with pytest.raises(Conflict):
        a_paper(session, counter, voucher)


@pytest.mark.only_on("sqlite")
def test_a_paper_of_another_scheme_shows_nothing(session: Session) -> None:
    counter = a_counter(session)
    voucher = used(session, counter, a_scheme(session, counter, papers=("Photo",)))
    other = a_scheme(session, counter, name="Other", papers=("Photo",))
    paper = schemes.papers_of(session, [other.id])[other.id][0]
    with pytest.raises(NotFound):
        voucherpapers.attach(session, counter.seller, voucher, paper.id, PHOTO, name="x")


def test_what_is_not_accepted_is_the_customers_to_pay_where_the_scheme_says_so(
    session: Session,
) -> None:
    counter = a_counter(session)
    voucher = answered(session, counter, a_scheme(session, counter, rest=Rest.CUSTOMER), 100_000)
    bill = voucherrest.bill_of(session, voucher)
    assert bill is not None
    assert (bill.customer_id, bill.due_on) == (counter.customer.id, _in_two_weeks(counter))
    assert standing.of(session, bill).due == eur(50_000)
    assert (on(session, counter, Account.VOUCHERS), vouchers.open_value(voucher)) == (0, eur(0))
    arrivals.receive(session, counter.manager, bill, amount=eur(50_000), note="T 1")
    assert on(session, counter, Account.RECEIVABLE) == 0
    assert breaches_of(session) == []


@pytest.mark.parametrize("paid", [0, 20_000, 50_000])
def test_when_the_sale_comes_back_so_does_what_the_customer_was_charged(
    session: Session, paid: int
) -> None:
    counter = a_counter(session)
    voucher = answered(session, counter, a_scheme(session, counter, rest=Rest.CUSTOMER), 100_000)
    bill = voucherrest.bill_of(session, voucher)
    assert bill is not None
    if paid:
        arrivals.receive(session, counter.manager, bill, amount=eur(paid), note="T 1")
    came_back(session, counter, voucher)
    assert on(session, counter, Account.RECEIVABLE) == 0
    assert credit.balance(session, counter.customer.id, "EUR") == eur(paid)
    assert breaches_of(session) == []


@pytest.mark.only_on("sqlite")
def test_what_the_customer_never_paid_is_no_credit(session: Session) -> None:
    counter = a_counter(session)
    voucher = answered(session, counter, a_scheme(session, counter, rest=Rest.CUSTOMER), 0)
    bill = voucherrest.bill_of(session, voucher)
    assert bill is not None
    dunning.write_off(session, counter.manager, bill, reason="insolvent")
    came_back(session, counter, voucher)
    assert (on(session, counter, Account.BAD_DEBT), on(session, counter, Account.VOUCHERS)) == (
        0,
        0,
    )
    assert breaches_of(session) == []


def test_the_desk_counts_what_waits_and_what_was_claimed(session: Session) -> None:
    counter = a_counter(session)
    used(session, counter, a_scheme(session, counter))
    store_id, scheme = counter.store.id, schemes.of_store(session, counter.store.id)[0]
    (waiting,) = voucherdesk.schemes_waiting(session, store_id)
    assert (waiting.count, waiting.open) == (1, eur(WORTH))
    claim = voucherclaims.send(session, counter.manager, scheme)
    (row,) = voucherdesk.claims(session, store_id, settled=False, cursor=None).items
    assert (row.claim, row.count, row.asked) == (claim, 1, eur(WORTH))
    assert voucherdesk.ageing(session, store_id)[0][1] == eur(WORTH)


@pytest.mark.only_on("sqlite")
def test_only_the_chosen_vouchers_are_claimed(session: Session) -> None:
    counter = a_counter(session)
    scheme = a_scheme(session, counter, per_buyer=0)
    first = used(session, counter, scheme)
    second = voucherpay.pay(
        session, counter.seller, a_sale(session, counter, "R-2"), scheme, code="B"
    )
    voucherclaims.send(session, counter.manager, scheme, [second.id])
    assert voucherdesk.waiting_of(session, scheme) == [first]
    with pytest.raises(Conflict):
        voucherclaims.send(session, counter.manager, scheme, [second.id])


@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize(("days", "bucket"), [(0, 0), (30, 0), (31, 1), (61, 2), (91, 3)])
def test_what_is_owed_stands_in_the_bucket_of_its_age(
    session: Session, days: int, bucket: int
) -> None:
    counter = a_counter(session)
    used(session, counter, a_scheme(session, counter))
    with clock.set_to(clock.now() + timedelta(days=days)):
        amounts = [amount.minor for _, amount in voucherdesk.ageing(session, counter.store.id)]
    assert amounts == [WORTH if index == bucket else 0 for index in range(4)]


@pytest.mark.only_on("sqlite")
def test_a_voucher_is_over_at_the_stores_midnight_and_not_before(session: Session) -> None:
    counter = a_counter(session)
    counter.store.zone, counter.store.day_starts_at = "Asia/Shanghai", time(0)
    with clock.set_to(datetime(2031, 6, 1, 12, tzinfo=UTC)):
        scheme = a_scheme(session, counter, per_buyer=0)
        order = a_sale(session, counter)
    last = datetime.combine(scheme.valid_until, time(15, 59, 59), UTC)  # 23:59:59 in Shanghai
    with clock.set_to(last):
        voucherpay.pay(session, counter.seller, order, scheme, code="A")
    with clock.set_to(last + timedelta(seconds=1)), pytest.raises(Refused) as refusal:
        voucherpay.pay(session, counter.seller, order, scheme, code="B")
    assert refusal.value.field == "scheme"


@pytest.mark.only_on("sqlite")
def test_a_voucher_never_pays_more_than_is_due(session: Session) -> None:
    counter = a_counter(session)
    scheme = a_scheme(session, counter, per_buyer=0, most=eur(1_000_000))
    order = a_sale(session, counter)
    first = voucherpay.pay(session, counter.seller, order, scheme, code="A")
    second = voucherpay.pay(session, counter.seller, order, scheme, code="B")
    assert (first.amount_minor, second.amount_minor) == (1_000_000, 350_000)
    with pytest.raises(Conflict):
        voucherpay.pay(session, counter.seller, order, scheme, code="C")


def _in_two_weeks(counter: Counter) -> object:
    return desk.business_day_of(counter.store) + timedelta(days=14)
