"""Whatever is done at tills, each session closes to the cent and the books say the same."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from sqlalchemy.orm import Session

from app.kernel.coins import in_coins, pieces_of, step_of
from app.kernel.money import Money
from app.payments import bills, books, checks, counts, drawers, refunds, tenders, till_checks, tills
from app.payments.errors import OverTender
from app.payments.models import Account, PaymentAttempt, Tender, TillSession
from tests.makers.payments import Shop, bill, opened, shop

# In the rules alone: many, and quickly. Through the database: fewer, with all that stands in it.
_IN_RULES, _IN_DATABASE = 10_000, 60
_CURRENCIES = ("EUR", "CHF", "SEK", "HUF", "JPY", "CNY")


@dataclass(slots=True)
class Drawer:
    """A drawer of notes and coins, as a person at the counter has it in hand."""

    currency: str
    pieces: dict[int, int] = field(default_factory=dict)

    @property
    def minor(self) -> int:
        return sum(value * number for value, number in self.pieces.items())

    def put(self, minor: int) -> None:
        for value in pieces_of(self.currency, ""):
            number, minor = divmod(minor, value)
            if number:
                self.pieces[value] = self.pieces.get(value, 0) + number
        assert minor == 0, "what cannot be made of coins"

    def take(self, minor: int) -> None:
        """Change is given as it can be: another drawer's worth, the same sum."""
        rest = self.minor - minor
        assert rest >= 0
        self.pieces.clear()
        self.put(rest)


@pytest.mark.only_on("sqlite")
def test_ten_thousand_drawers_hold_what_was_settled_and_rounded() -> None:
    """10,000 sessions of bills paid in cash, with change and rounding, counted by their pieces."""
    dice = random.Random(7)
    for _ in range(_IN_RULES):
        currency = dice.choice(_CURRENCIES)
        step = step_of(currency, "")
        drawer = Drawer(currency)
        float_ = dice.randrange(0, 500) * step
        drawer.put(float_)
        settled = rounding = 0
        for _ in range(dice.randrange(1, 7)):
            due = dice.randrange(1, 300_000)
            kept = in_coins(Money(due, currency), step).minor
            tendered = kept + dice.choice((0, 0, 1, 7, 40)) * step
            assert tendered % step == kept % step == 0
            drawer.put(tendered)
            drawer.take(tendered - kept)
            settled, rounding = settled + due, rounding + kept - due
            assert abs(kept - due) * 2 <= step
        assert drawer.minor == float_ + settled + rounding


def a_session(session: Session, place: Shop, dice: random.Random, number: int) -> TillSession:
    """A till's day: sales in any split, refunds, cash in and out, a bag, and a count."""
    currency = place.store.currency
    step = step_of(currency, place.store.country)
    drawer = opened(session, place, float_minor=dice.randrange(100, 400) * step)
    in_hand = drawer.float_minor
    for index in range(dice.randrange(1, 6)):
        total = dice.randrange(2, 90_000)
        owed = bill(session, place, total_minor=total, reference=f"repair:{number}-{index}")
        card = dice.choice((0, 0, total // 2, total))
        if card:
            tenders.take_transfer(
                session, place.cashier, owed, drawer, amount=Money(card, currency), note="t"
            )
        due = bills.due(session, owed)
        if not due:
            continue
        kept = in_coins(due, step)
        paid = tenders.take_cash(
            session, place.cashier, owed, drawer, amount=due, tendered=kept + Money(step, currency)
        )
        in_hand += paid.amount_minor + paid.rounding_minor
        if dice.random() < 0.3 and in_hand > total:
            part = Money(dice.randrange(1, paid.amount_minor + 1), currency)
            back = refunds.start(
                session, place.cashier, owed, paid, part, reason="back", till_session=drawer
            )
            in_hand -= back.amount_minor + back.rounding_minor
    out = dice.randrange(0, in_hand // step + 1) * step // 2 // step * step
    if out:
        drawers.drop_to_safe(session, place.cashier, drawer, Money(out, currency), bag=f"B{number}")
        in_hand -= out
    off = dice.choice((0, 0, 0, -step, step))
    lies = max(in_hand + off, 0)
    counted = Drawer(currency)
    counted.put(lies)
    tills.close(
        session,
        place.cashier,
        drawer,
        counts.by_pieces(session, place.store.id, counted.pieces),
        "lost or found" if lies != in_hand else "",
    )
    assert drawer.expected_minor == in_hand
    assert drawer.difference_minor == lies - in_hand
    return drawer


@pytest.mark.parametrize("currency", ["EUR", "CHF", "JPY"])
def test_random_sessions_close_to_the_cent_in_the_books(session: Session, currency: str) -> None:
    place, dice = shop(session, currency=currency), random.Random(currency)

    for number in range(_IN_DATABASE // 3):
        a_session(session, place, dice, number)

    session.expire_all()
    assert [*checks.breaches(session), *till_checks.breaches(session)] == []
    balance = books.trial_balance(session, place.manager, books.this_month(session, place.store.id))
    assert sum(row.closing.minor for row in balance) == 0
    by_account = {row.account: row.closing.minor for row in balance}
    assert by_account.get(Account.CASH, 0) == 0, "each drawer was emptied into the safe"


@pytest.mark.only_on("sqlite")
def test_yen_have_no_decimals_at_the_till(session: Session) -> None:
    """JPY: 1,234 yen are 1234, counted in notes and coins that there are."""
    place = shop(session, currency="JPY")
    owed, drawer = bill(session, place, total_minor=1_234), opened(session, place, float_minor=0)
    paid = tenders.take_cash(
        session,
        place.cashier,
        owed,
        drawer,
        amount=Money(1_234, "JPY"),
        tendered=Money(2_000, "JPY"),
    )
    assert (paid.change_minor, paid.rounding_minor) == (766, 0)
    counted = counts.by_pieces(session, place.store.id, {1_000: 1, 100: 2, 10: 3, 1: 4})
    assert (counted.total, counted.total.plain) == (Money(1_234, "JPY"), "1234")
    tills.close(session, place.cashier, drawer, counted)
    assert drawer.difference_minor == 0


@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize("tender", [Tender.TRANSFER, Tender.STORE_CREDIT, Tender.CARD])
def test_nothing_but_cash_takes_more_than_is_due_or_gives_change(
    session: Session, tender: Tender
) -> None:
    place = shop(session)
    owed, drawer = bill(session, place, total_minor=1_000), opened(session, place)
    take: dict[Tender, Callable[[Money], PaymentAttempt]] = {
        Tender.TRANSFER: lambda much: tenders.take_transfer(
            session, place.cashier, owed, drawer, amount=much, note="t"
        ),
        Tender.STORE_CREDIT: lambda much: tenders.take_value(
            session, place.cashier, owed, drawer, tender=tender, amount=much, source="credit:1"
        ),
        Tender.CARD: lambda much: tenders.start_card(
            session, place.cashier, owed, drawer, amount=much, reader_id="r"
        ),
    }

    with pytest.raises(OverTender, match="is due"):
        take[tender](Money(1_001, "EUR"))

    assert take[tender](Money(1_000, "EUR")).change_minor == 0
