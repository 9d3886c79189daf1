"""Gift cards: sold without tax, spent at any till, never below nothing, and the books agree."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.kernel import clock
from app.kernel.db import Database
from app.kernel.errors import Conflict, NotFound, Refused, TooMany
from app.kernel.money import Money
from app.payments import (
    creditrules,
    expiring,
    giftcards,
    giftcodes,
    giftguard,
    giftledger,
    giftview,
    issuing,
    journal,
    receipts,
    till_reports,
    tills,
)
from app.payments.creditrules import Rules
from app.payments.documents import DocumentKind
from app.payments.gift_card_models import CardMove, GiftCard
from app.payments.giftview import Show, State
from app.payments.models import Account, Tender
from app.sales import giftlines, giftpay, giftsale, lines, onaccount, orders, totals
from app.sales.models import Order
from tests.makers.at_once import Act, at_once
from tests.makers.books import breaches_of
from tests.makers.giftcards import a_card_basket, a_card_product, card_sold
from tests.makers.returning import by_number, taken_back
from tests.makers.sales import Counter, a_counter
from tests.makers.whole_sales import a_basket, laid_aside

BATTERY = 89_900


def eur(minor: int) -> Money:
    return Money(minor, "EUR")


def left(session: Session, card: GiftCard) -> Money:
    return giftledger.balance(session, card)


def owed(session: Session, counter: Counter) -> Money:
    return journal.balance(session, counter.store.id, Account.STORE_CREDIT, "EUR")


def years(session: Session, counter: Counter, *, card: int = 0) -> None:
    rules = Rules(eur(100_000), card * 12, 0, eur(5_000))
    creditrules.change(session, counter.manager, rules)


def spent(session: Session, counter: Counter, code: str, *, batteries: int = 1) -> Order:
    order = a_basket(session, counter, batteries=batteries)
    giftpay.pay(session, counter.seller, order, code=code)
    return order


def test_a_card_is_owed_and_no_revenue_and_bears_no_tax(session: Session) -> None:
    counter = a_counter(session)
    card, _ = card_sold(session, counter, 10_000)
    assert left(session, card) == eur(10_000)
    assert owed(session, counter) == -eur(10_000)
    for account in (Account.TAX, Account.REVENUE_SERVICES, Account.REVENUE_PARTS):
        assert not journal.balance(session, counter.store.id, account, "EUR")
    assert breaches_of(session) == []


def test_it_pays_as_far_as_it_goes_and_the_slip_says_what_is_left(session: Session) -> None:
    counter = a_counter(session)
    card, code = card_sold(session, counter, 100_000)
    attempt = giftpay.pay(
        session, counter.seller, a_basket(session, counter, batteries=1), code=code
    )
    assert attempt is not None
    assert attempt.tender is Tender.STORE_CREDIT
    assert left(session, card) == eur(100_000 - BATTERY)
    again = giftpay.pay(session, counter.seller, a_basket(session, counter, batteries=1), code=code)
    assert again is not None
    assert again.amount_minor == 100_000 - BATTERY
    assert left(session, card) == eur(0)
    assert breaches_of(session) == []


def test_more_than_is_on_it_is_refused_and_says_what_is(session: Session) -> None:
    counter = a_counter(session)
    _, code = card_sold(session, counter, 10_000)
    order = a_basket(session, counter, batteries=1)
    with pytest.raises(Refused) as refusal:
        giftpay.pay(session, counter.seller, order, code=code, amount=eur(10_001))
    assert refusal.value.field == "amount"
    assert refusal.value.facts["left"] == eur(10_000)


def test_a_purchase_that_comes_back_goes_back_onto_the_card(session: Session) -> None:
    counter = a_counter(session)
    card, code = card_sold(session, counter, 100_000)
    taken_back(session, counter, spent(session, counter, code))
    assert left(session, card) == eur(100_000)
    assert breaches_of(session) == []


def test_two_tills_cannot_spend_the_same_card(session: Session, database: Database) -> None:
    counter = a_counter(session)
    card, code = card_sold(session, counter, BATTERY)
    numbers = [laid_aside(session, a_basket(session, counter, batteries=1)) for _ in range(2)]
    session.commit()

    def pay(number: int) -> Act:
        def act(own: Session) -> None:
            order = orders.by_number(own, counter.seller, number)
            giftpay.pay(own, counter.seller, order, code=code, till_id=counter.till.id)

        return act

    told = at_once(database, *map(pay, numbers), store_id=counter.store.id)

    assert told == ["", "Conflict"]
    with database.reading() as after:
        assert left(after, after.get_one(GiftCard, card.id)) == eur(0)
        assert breaches_of(after) == []


def test_the_database_keeps_a_card_above_nothing_and_its_moves_as_they_are(
    session: Session,
) -> None:
    counter = a_counter(session)
    card, _ = card_sold(session, counter)
    with pytest.raises(DBAPIError), session.begin_nested():
        session.execute(update(CardMove).values(amount_minor=1))
    (move,) = giftledger.moves_of(session, card)
    below = CardMove(
        store_id=move.store_id,
        card_id=card.id,
        number=2,
        cause=move.cause,
        amount_minor=1,
        balance_minor=-1,
        currency="EUR",
        reference="order:1",
        at=move.at,
        by=move.by,
    )
    session.add(below)
    with pytest.raises(DBAPIError):
        session.flush()


def test_a_card_bought_with_a_card_bears_no_tax_and_moves_what_is_owed(session: Session) -> None:
    counter = a_counter(session)
    first, code = card_sold(session, counter, 10_000)
    order = a_card_basket(session, counter, 4_000)
    giftpay.pay(session, counter.seller, order, code=code)
    ((_, second),) = giftlines.cards_of(session, order)
    assert (left(session, first), left(session, second)) == (eur(6_000), eur(4_000))
    assert owed(session, counter) == -eur(10_000)
    assert totals.of_order(order).tax == eur(0)
    assert breaches_of(session) == []


def test_more_goes_onto_a_card_up_to_what_one_may_hold(session: Session) -> None:
    counter = a_counter(session)
    card, _ = card_sold(session, counter, 10_000)
    order = a_card_basket(session, counter)
    product = a_card_product(session, counter)
    with pytest.raises(Refused) as refusal:
        giftsale.add(session, counter.seller, order, product, amount=eur(90_001), card=card)
    assert refusal.value.field == "amount"
    giftsale.add(session, counter.seller, order, product, amount=eur(90_000), card=card)
    other, code = card_sold(session, counter, 90_000)
    giftpay.pay(session, counter.seller, by_number(session, counter, order), code=code)
    assert left(session, card) == eur(100_000)
    assert left(session, other) == eur(0)
    assert breaches_of(session) == []


def test_a_lost_card_is_replaced_and_its_old_code_is_dead(session: Session) -> None:
    counter = a_counter(session)
    card, code = card_sold(session, counter, 10_000)
    new = giftcards.replace(session, counter.manager, card, reason="lost")
    assert (left(session, card), left(session, new)) == (eur(0), eur(10_000))
    order = a_basket(session, counter, batteries=1)
    with pytest.raises(Conflict) as refusal:
        giftpay.pay(session, counter.seller, order, code=code)
    assert refusal.value.link == f"/gift-cards/{new.number}"
    fresh = giftcards.hand_out(session, counter.seller, new)
    giftpay.pay(session, counter.seller, order, code=fresh)
    assert left(session, new) == eur(0)
    assert breaches_of(session) == []


def test_a_refund_finds_the_card_that_stands_for_the_lost_one(session: Session) -> None:
    counter = a_counter(session)
    card, code = card_sold(session, counter, 100_000)
    order = spent(session, counter, code)
    new = giftcards.replace(session, counter.manager, card, reason="lost")
    taken_back(session, counter, order)
    assert left(session, new) == eur(100_000)
    assert breaches_of(session) == []


def test_a_blocked_card_pays_nothing_until_a_manager_opens_it(session: Session) -> None:
    counter = a_counter(session)
    card, code = card_sold(session, counter, 10_000)
    giftcards.block(session, counter.seller, card, reason="stolen")
    with pytest.raises(Conflict, match="stolen"):
        spent(session, counter, code)
    giftcards.unblock(session, counter.manager, card)
    giftpay.pay(session, counter.seller, a_basket(session, counter, batteries=1), code=code)
    assert left(session, card) == eur(0)


def test_the_sale_of_an_unspent_card_comes_back_and_ends_it(session: Session) -> None:
    counter = a_counter(session)
    order = a_card_basket(session, counter, 10_000)
    _, code = card_sold(session, counter, 10_000)
    giftpay.pay(session, counter.seller, order, code=code)
    ((_, card),) = giftlines.cards_of(session, order)
    taken_back(session, counter, order)
    assert left(session, card) == eur(0)
    assert card.blocked_at is not None
    assert breaches_of(session) == []


def test_the_sale_of_a_card_that_bought_something_stays(session: Session) -> None:
    counter = a_counter(session)
    order = a_card_basket(session, counter, 10_000)
    _, first = card_sold(session, counter, 10_000)
    giftpay.pay(session, counter.seller, order, code=first)
    ((_, card),) = giftlines.cards_of(session, order)
    code = giftcards.hand_out(session, counter.seller, card)
    shopping = a_basket(session, counter, batteries=1)
    giftpay.pay(session, counter.seller, shopping, code=code, amount=eur(1))
    with pytest.raises(Refused):
        taken_back(session, counter, order)


@pytest.mark.parametrize(("minutes", "pays"), [(-1, True), (0, False)])
def test_a_card_pays_to_the_end_of_its_last_day_in_the_store(
    session: Session, minutes: int, *, pays: bool
) -> None:
    sold_at = datetime(2026, 3, 2, 8, tzinfo=UTC)
    # four o'clock in Leipzig, when the store's next day begins
    at = datetime(2027, 3, 3, 3, tzinfo=UTC) + timedelta(minutes=minutes)
    with clock.set_to(sold_at):
        counter = a_counter(session)
        years(session, counter, card=1)
        _, code = card_sold(session, counter, 10_000)
    with clock.set_to(at):
        order = a_basket(session, counter, batteries=1)
        if pays:
            assert giftpay.pay(session, counter.seller, order, code=code) is not None
        else:
            with pytest.raises(Conflict, match="good until"):
                giftpay.pay(session, counter.seller, order, code=code)


def test_what_expired_is_booked_once_as_income_without_tax(session: Session) -> None:
    with clock.set_to(datetime(2026, 3, 2, 8, tzinfo=UTC)):
        counter = a_counter(session)
        years(session, counter, card=1)
        card, _ = card_sold(session, counter, 10_000)
    with clock.set_to(datetime(2027, 3, 3, 8, tzinfo=UTC)):
        assert expiring.run(session, counter.store.id) == eur(10_000)
        assert expiring.run(session, counter.store.id) is None
    assert left(session, card) == eur(0)
    income = journal.balance(session, counter.store.id, Account.EXPIRED_CREDIT, "EUR")
    assert income == -eur(10_000)
    assert not owed(session, counter)
    assert breaches_of(session) == []


def test_five_wrong_codes_lock_whoever_tries_them_also_before_the_right_one(
    session: Session, database: Database
) -> None:
    counter = a_counter(session)
    _, code = card_sold(session, counter)
    session.commit()
    for _ in range(5):
        with pytest.raises(giftguard.UnknownCode):
            giftcards.by_code(session, counter.seller, giftcodes.new())
        session.rollback()
        giftguard.count(database, counter.seller)
    with pytest.raises(TooMany):
        giftcards.by_code(session, counter.seller, code)
    assert giftcards.by_code(session, counter.manager, code).number


@pytest.mark.only_on("sqlite")
def test_a_slip_of_the_hand_is_told_as_one_and_never_as_another_card() -> None:
    code = giftcodes.new()
    typed = giftcodes.shown(code).lower().replace("0", "o").replace("1", "i")
    assert giftcodes.read(f" {typed} ") == code
    for place in range(2, len(code)):
        other = "A" if code[place] != "A" else "B"
        assert giftcodes.read(code[:place] + other + code[place + 1 :]) is None
        swapped = code[:place] + code[place + 1 : place + 2] + code[place] + code[place + 2 :]
        assert giftcodes.read(swapped) in (None, code)


@pytest.mark.only_on("sqlite")
def test_the_code_is_said_once_and_kept_as_a_hash(session: Session) -> None:
    counter = a_counter(session)
    card, code = card_sold(session, counter)
    assert card.code_hash == giftcodes.hashed(code)
    assert code not in str(vars(card))
    with pytest.raises(Conflict):
        giftcards.hand_out(session, counter.seller, card)


@pytest.mark.only_on("sqlite")
def test_a_card_of_another_store_is_unknown_here(session: Session) -> None:
    counter, other = a_counter(session), a_counter(session, code="DRS")
    _, code = card_sold(session, counter)
    with pytest.raises(NotFound):
        giftcards.by_code(session, other.seller, code)


@pytest.mark.only_on("sqlite")
def test_neither_discount_nor_account_nor_number_makes_a_card_cheaper(session: Session) -> None:
    counter = a_counter(session)
    order = a_card_basket(session, counter, 10_000)
    orders.set_customer(session, counter.seller, order, counter.customer.id)
    (line,) = order.lines
    with pytest.raises(Refused):
        lines.discount(session, counter.manager, order, line, percent_bp=100, reason="friend")
    with pytest.raises(Refused):
        lines.set_quantity(session, counter.seller, order, line, quantity=2, minutes=30)
    with pytest.raises(Refused):
        onaccount.put(session, counter.manager, order)
    assert order.settled_at is None


@pytest.mark.only_on("sqlite")
def test_a_balance_that_the_books_do_not_know_is_found(session: Session) -> None:
    counter = a_counter(session)
    source = giftcards.Coming("order:9", 1)
    giftcards.make(session, counter.manager, eur(500), source=source)
    assert any("and the journal says" in breach for breach in breaches_of(session))


@pytest.mark.only_on("sqlite")
def test_the_receipt_says_which_card_paid_and_what_is_left_on_it(session: Session) -> None:
    counter = a_counter(session)
    card, code = card_sold(session, counter, 100_000)
    order = spent(session, counter, code)
    reference = orders.reference(order)
    (paper,) = issuing.documents_of(session, counter.store.id, reference)
    content = issuing.content_of(paper)
    assert content.notes == (f"Gift card {giftledger.label(card)}: €101.00 left.",)
    assert content.payments[0].label == f"Gift card {giftledger.label(card)}"
    assert code not in receipts.escpos_receipt(content).decode("cp858")


@pytest.mark.only_on("sqlite")
def test_the_z_report_counts_cards_among_what_was_sold_without_tax(session: Session) -> None:
    counter = a_counter(session)
    card_sold(session, counter, 10_000)
    drawer = tills.require_open(session, counter.till.id)
    at = clock.now()
    report = till_reports.content(session, drawer, kind=DocumentKind.X_REPORT, issued_at=at)
    assert report.totals.gross == eur(10_000)
    assert [(tax.rate_bp, tax.gross) for tax in report.taxes] == [(0, eur(10_000))]


def test_the_list_says_what_is_on_each_card_and_what_it_is_good_for(session: Session) -> None:
    counter = a_counter(session)
    good, _ = card_sold(session, counter, 10_000)
    lost, _ = card_sold(session, counter, 2_000)
    giftcards.block(session, counter.seller, lost, reason="lost")

    def listed(show: Show) -> list[tuple[int, Money, State]]:
        page = giftview.page(session, counter.seller, show=show, cursor=None)
        return [(view.card.number, view.balance, view.state) for view in page.items]

    blocked = (lost.number, eur(2_000), State.BLOCKED)
    assert listed(Show.ALL) == [blocked, (good.number, eur(10_000), State.GOOD)]
    assert listed(Show.BLOCKED) == [blocked]
    assert listed(Show.GOOD) == [(good.number, eur(10_000), State.GOOD)]
    assert listed(Show.WAITING) == listed(Show.EXPIRED) == []
