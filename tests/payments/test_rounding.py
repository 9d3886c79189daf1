"""Cash is paid in the coins there are; what that rounds stands in the books by itself."""

import pytest
from sqlalchemy.orm import Session

from app.kernel.coins import PIECES, in_coins, pieces_of, step_of
from app.kernel.errors import Refused
from app.kernel.money import Money
from app.payments import bills, checks, invoiceparts, journal, refunds, tenders, tills
from app.payments.documents import Totals
from app.payments.errors import NotEnoughTendered, OverTender
from app.payments.models import Account, Bill, Tender, TillSession
from app.payments.rounding import said
from tests.makers.payments import Shop, bill, opened, shop


@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize(
    ("minor", "currency", "country", "cash"),
    [
        (17_499, "CHF", "CH", 17_500),
        (17_497, "CHF", "CH", 17_495),
        (10_049, "SEK", "SE", 10_000),
        (10_050, "SEK", "SE", 10_100),
        (10_024, "DKK", "DK", 10_000),
        (10_025, "DKK", "DK", 10_050),
        (99_800, "HUF", "HU", 100_000),
        (99_700, "HUF", "HU", 99_500),
        (17_499, "EUR", "DE", 17_499),
        (17_499, "EUR", "NL", 17_500),
        (1_234, "JPY", "JP", 1_234),
    ],
)
def test_each_currency_is_rounded_to_its_own_step(
    minor: int, currency: str, country: str, cash: int
) -> None:
    assert in_coins(Money(minor, currency), step_of(currency, country)).minor == cash


@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize("currency", sorted(PIECES))
def test_pieces_fall_and_the_smallest_step_can_be_made_of_them(currency: str) -> None:
    pieces = pieces_of(currency, "")
    assert list(pieces) == sorted(set(pieces), reverse=True)
    assert pieces[-1] == step_of(currency, "")


def swiss(session: Session, *, total_minor: int) -> tuple[Shop, Bill, TillSession]:
    place = shop(session, currency="CHF")
    return place, bill(session, place, total_minor=total_minor), opened(session, place)


def chf(minor: int) -> Money:
    return Money(minor, "CHF")


def test_the_last_of_a_bill_is_rounded_and_the_rounding_is_booked_by_itself(
    session: Session,
) -> None:
    """CASH-01: 174.99, of which 75.00 came by card and the rest in cash."""
    place, owed, drawer = swiss(session, total_minor=17_499)
    tenders.take_value(
        session,
        place.cashier,
        owed,
        drawer,
        tender=Tender.STORE_CREDIT,
        amount=chf(7_500),
        source="credit:1",
    )

    paid = tenders.take_cash(
        session, place.cashier, owed, drawer, amount=chf(9_999), tendered=chf(10_000)
    )

    assert (paid.amount_minor, paid.rounding_minor, paid.change_minor) == (9_999, 1, 0)
    assert not bills.due(session, owed)
    assert journal.balance(session, place.store.id, Account.ROUNDING, "CHF") == chf(-1)
    assert journal.cash_in_drawer(session, drawer.id, "CHF") == chf(30_000)


@pytest.mark.only_on("sqlite")
def test_an_invoice_after_closing_says_what_was_rounded(session: Session) -> None:
    """CASH-01: the invoice is made late, and adds up."""
    place, owed, drawer = swiss(session, total_minor=9_998)
    tenders.take_cash(session, place.cashier, owed, drawer, amount=chf(9_998), tendered=chf(10_000))
    tills.close(session, place.cashier, drawer, chf(30_000))

    sums = invoiceparts.rounded(
        Totals(net=chf(9_998), tax=chf(0), gross=chf(9_998)), bills.attempts_of(session, owed)
    )

    assert (sums.rounding, sums.due) == (chf(2), chf(10_000))
    assert list(checks.breaches(session)) == []


@pytest.mark.only_on("sqlite")
def test_a_part_that_coins_cannot_make_is_refused(session: Session) -> None:
    place, owed, drawer = swiss(session, total_minor=10_000)
    with pytest.raises(Refused, match="steps of"):
        tenders.take_cash(session, place.cashier, owed, drawer, amount=chf(33), tendered=chf(50))
    with pytest.raises(NotEnoughTendered):
        tenders.take_cash(session, place.cashier, owed, drawer, amount=chf(50), tendered=chf(45))


@pytest.mark.only_on("sqlite")
def test_a_card_is_charged_to_the_cent_and_never_more_than_is_due(session: Session) -> None:
    place, owed, drawer = swiss(session, total_minor=9_998)
    with pytest.raises(OverTender):
        tenders.start_card(
            session, place.cashier, owed, drawer, amount=chf(10_000), reader_id="tmr_1"
        )
    attempt = tenders.start_card(
        session, place.cashier, owed, drawer, amount=chf(9_998), reader_id="tmr_1"
    )
    assert (attempt.tendered_minor, attempt.rounding_minor, attempt.change_minor) == (9_998, 0, 0)


def test_cash_back_is_rounded_too(session: Session) -> None:
    place, owed, drawer = swiss(session, total_minor=9_998)
    paid = tenders.take_cash(
        session, place.cashier, owed, drawer, amount=chf(9_998), tendered=chf(10_000)
    )

    back = refunds.start(
        session, place.cashier, owed, paid, chf(9_998), reason="cancelled", till_session=drawer
    )

    assert (back.amount_minor, back.rounding_minor) == (9_998, 2)
    assert journal.cash_in_drawer(session, drawer.id, "CHF") == chf(20_000)
    assert not journal.balance(session, place.store.id, Account.ROUNDING, "CHF")
    assert list(checks.breaches(session)) == []


@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize(
    ("tendered", "settles"), [(None, 9_997), (9_995, 9_997), (9_990, 9_990), (20_000, 9_997)]
)
def test_what_is_handed_over_settles_the_rest_as_soon_as_coins_can(
    session: Session, tendered: int | None, settles: int
) -> None:
    place, owed, _ = swiss(session, total_minor=9_997)
    given = None if tendered is None else chf(tendered)
    cash = said(session, place.store.id, due=bills.due(session, owed), amount=None, tendered=given)
    assert (cash.settles, cash.tendered) == (chf(settles), given or chf(9_995))
