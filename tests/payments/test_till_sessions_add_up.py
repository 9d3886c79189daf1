"""Whatever is done at tills, each session closes to the cent and the books say the same."""

import random
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import pytest
from sqlalchemy.orm import Session

from app.kernel.coins import in_coins, pieces_of, step_of
from app.kernel.money import Money
from app.payments import (
    bills,
    booking,
    books,
    checks,
    counts,
    drawers,
    journal,
    refunds,
    rounding,
    tenders,
    till_checks,
    tills,
)
from app.payments.errors import OverTender
from app.payments.models import Account, PaymentAttempt, Tender, TillSession
from tests.makers.payments import Shop, bill, opened, shop

# In the rules alone: many, and quickly. Through the database: fewer, with all that stands in it.
_IN_RULES, _IN_DATABASE = 10_000, 36
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


@dataclass(slots=True)
class Ledger:
    """Postings as the journal takes them: each entry balanced, sums by account."""

    sums: Counter[Account] = field(default_factory=Counter)

    def post(self, sides: Mapping[Account, Money], *, times: int = 1) -> None:
        journal.check_balanced(list(sides.values()))
        for account, side in sides.items():
            self.sums[account] += times * side.minor


def pay(dice: random.Random, due: Money, step: int, drawer: Drawer, ledger: Ledger) -> int:
    """A bill in as many parts as come about: what of it was cash, in minor units."""
    in_cash, nothing = 0, Money(0, due.currency)
    while due:
        part = Money(dice.randrange(1, due.minor + 1), due.currency)
        if dice.random() < 0.4:
            ledger.post(booking.sides_of(Tender.CARD, part, nothing, on_terms=nothing))
            due -= part
            continue
        part = due if dice.random() < 0.6 else Money(part.minor // step * step, due.currency)
        if not part:
            continue
        needed = rounding.meant(due, part, None, step=step).tendered
        tendered = needed + Money(dice.choice((0, 0, 1, 7, 40)) * step, due.currency)
        stays = rounding.kept(part, due=due, tendered=tendered, step=step)
        drawer.put(tendered.minor)
        drawer.take((tendered - stays).minor)
        ledger.post(booking.sides_of(Tender.CASH, part, stays - part, on_terms=nothing))
        due, in_cash = due - part, in_cash + part.minor
    return in_cash


@pytest.mark.only_on("sqlite")
def test_ten_thousand_sessions_close_to_the_cent_by_the_rules() -> None:
    """Bills in any split of card and cash, with change, rounding and cash back: what lies in the
    drawer, counted by its pieces, is what the ledger has on cash, and no cent is anywhere else.
    """
    dice = random.Random(7)
    for _ in range(_IN_RULES):
        currency = dice.choice(_CURRENCIES)
        step, drawer, ledger = step_of(currency, ""), Drawer(currency), Ledger()
        float_, nothing = Money(dice.randrange(0, 500) * step, currency), Money(0, currency)
        drawer.put(float_.minor)
        ledger.post({Account.CASH: float_, Account.SAFE: -float_})
        owed = 0
        for _ in range(dice.randrange(1, 4)):
            due = Money(dice.randrange(1, 300_000), currency)
            in_cash, owed = pay(dice, due, step, drawer, ledger), owed + due.minor
            if in_cash and dice.random() < 0.2:
                back = Money(dice.randrange(1, in_cash + 1), currency)
                handed = in_coins(back, step)
                if handed.minor <= drawer.minor:
                    drawer.take(handed.minor)
                    sides = booking.sides_of(Tender.CASH, back, handed - back, on_terms=nothing)
                    ledger.post(sides, times=-1)
                    owed -= back.minor
        assert drawer.minor == ledger.sums[Account.CASH]
        assert -ledger.sums[Account.DEPOSITS] == owed
        assert sum(ledger.sums.values()) == 0


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


def test_random_sessions_with_rounding_close_to_the_cent_in_the_books(session: Session) -> None:
    sessions_close(session, "CHF")


@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize("currency", ["EUR", "JPY"])
def test_random_sessions_close_to_the_cent_in_the_books(session: Session, currency: str) -> None:
    sessions_close(session, currency)


def sessions_close(session: Session, currency: str) -> None:
    """Sessions one after another: the books and their checks agree with every count."""
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
