"""The sale under attack: whatever two tills, the shelf, the clock and the card service may do.

The machine knows what happened outside (which money changed hands, what the card service decided)
and asks after each step whether the books say the same. Refusals are fine; anything else is not.
"""

import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import (
    Select,
    SQLColumnExpression,
    String,
    bindparam,
    cast,
    func,
    literal,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import Session

from app import wiring
from app.kernel import clock, queueing
from app.kernel.actor import Actor
from app.kernel.db import Database
from app.kernel.errors import StoreError
from app.kernel.money import Money
from app.kernel.signatures import Signed
from app.kernel.tax import PriceMode
from app.kernel.text import msg
from app.parts import stock
from app.parts.models import Balance, Reservation
from app.payments import bills, booking, failures, journal, settling, standing, tills
from app.payments.intents import CANCELED, PROCESSING, SUCCEEDED, IntentReport
from app.payments.models import (
    Bill,
    JournalEntry,
    PaymentAttempt,
    Posting,
    Tender,
    TillSession,
)
from app.payments.states import LIVE, AttemptState
from app.robots import registry
from app.robots.models import Unit, UnitClaim
from app.robots.states import UnitState
from app.sales import (
    basket,
    checklists,
    checkout,
    counterquotes,
    handovers,
    inspections,
    lines,
    orders,
    parking,
)
from app.sales.models import Order, OrderLine, Product, UnitSale
from app.sales.return_models import ReturnLine
from app.stores.models import Till
from tests.databases import EngineName, Recurring
from tests.makers.books import breaches_of
from tests.makers.robots import a_unit
from tests.makers.sales import a_counter, a_robot

MORNING = datetime(2026, 3, 2, 8, tzinfo=UTC)
CLAIM_MINUTES = 30
BATTERIES = 8
# in a run of 100 steps once on the way; its evening asks again
CHECK_EVERY = 60

# Mostly what lies at hand, now and then anything of the past.
at_hand = st.sampled_from([0, 0, 0, 1, 1, 1, 2, 2, 3, 4, 5, 8])
which = st.integers(min_value=0, max_value=99)
till_index = st.integers(min_value=0, max_value=1)
part_of_it = st.sampled_from([None, None, None, None, None, 0, 1, 5_000, 20_000, 10**9])
thing = st.sampled_from(["robot", "robot", "battery", "battery", "plan", "customer"])
change = st.sampled_from(["count", "discount", "remove"])
behind = st.sampled_from(["open", "open", "close", "put in", "take out", "delivery", "delivery"])
news = st.sampled_from(["decided", "decided", "decided", "asking", "told", "old", "amount", "mode"])
MEANWHILE = (
    *("lapse", "lapse", "rival", "rival", "cancel", "more", "plan", "cash", "close", "foreign"),
)
tender = st.sampled_from([Tender.CASH, Tender.CARD, Tender.CARD, Tender.TRANSFER])


def _sum(amount: SQLColumnExpression[int]) -> Select[tuple[int]]:
    return select(func.coalesce(func.sum(amount), 0))


_OVER = select(literal("order:").concat(cast(Order.number, String))).where(
    or_(Order.cancelled_at.is_not(None), Order.settled_at.is_not(None))
)
_BATTERY = OrderLine.product_id == bindparam("product_id")
# Asked after each step, so in one statement: the money that customers have in the books; pieces
# here, brought back and sold; and how many robots and parts something over still keeps.
SUMS = select(
    _sum(-Posting.amount_minor)
    .join(JournalEntry, JournalEntry.id == Posting.entry_id)
    .where(JournalEntry.kind.in_(standing.MONEY_KINDS), Posting.account.in_(standing.OWED_ACCOUNTS))
    .scalar_subquery(),
    _sum(Balance.quantity)
    .where(Balance.part_id == bindparam("part_id"), Balance.bounded.is_(True))
    .scalar_subquery(),
    _sum(ReturnLine.quantity)
    .join(OrderLine, OrderLine.id == ReturnLine.order_line_id)
    .where(_BATTERY)
    .scalar_subquery(),
    _sum(OrderLine.quantity)
    .join(Order, Order.id == OrderLine.order_id)
    .where(Order.settled_at.is_not(None), _BATTERY)
    .scalar_subquery(),
    select(func.count())
    .select_from(
        union_all(
            *(
                select(kept.owner).where(kept.ended_at.is_(None), kept.owner.in_(_OVER))
                for kept in (Reservation, UnitClaim)
            )
        ).subquery()
    )
    .scalar_subquery(),
)


@dataclass(slots=True)
class Intent:
    """A payment as the card service has it; once it has ended it stays so."""

    id: str
    attempt_id: int
    amount: Money
    status: str = "requires_payment_method"

    @property
    def is_open(self) -> bool:
        return self.status not in {SUCCEEDED, CANCELED}


class Trade(RuleBasedStateMachine):
    """Two tills of one store. A subclass says on which engine, and counts what happened."""

    supply: ClassVar[Recurring]
    engine: ClassVar[EngineName]
    happened: ClassVar[Counter[str]]

    def __init__(self) -> None:
        super().__init__()
        wiring.connect()
        self.opened = ExitStack()
        folder = self.opened.enter_context(tempfile.TemporaryDirectory())
        url = self.opened.enter_context(self.supply.fresh(self.engine, Path(folder)))
        self.database = Database(url, pool_size=2)
        self.opened.callback(self.database.close)
        self.now = MORNING
        self.steps = 0
        self.intents: list[Intent] = []
        # money that customers gave and kept nothing back of, by the way it came
        self.handed_in = 0
        # what they got back, by whichever way
        self.handed_back = 0
        # robots that came back in trade, by the sale that they had left with
        self.bought_back: set[tuple[int, int]] = set()
        self.delivered = 0
        self.last_refusal = ""
        self.last_step = ""
        # whether anything was kept that was not looked at yet
        self.is_news = True

    # The store, and what a step is

    @initialize(mode=st.sampled_from(PriceMode))
    def open_the_store(self, mode: PriceMode) -> None:
        with clock.set_to(self.now), self.database.transaction() as session:
            self.shop = a_counter(session, price_mode=mode, reader_id="tmr_1")
            second = Till(store_id=self.shop.store.id, name="Till 2", reader_id="tmr_2")
            session.add(second)
            session.flush()
            tills.open_session(session, self.shop.seller, second, Money(0, "EUR"))
            self.till_ids = [self.shop.till.id, second.id]
            ready = [a_robot(session, self.shop, f"G1-{index}") for index in range(8)]
            raw = [
                a_unit(session, self.shop.store, f"G1-{state}", model=self.shop.model, state=state)
                for state in (UnitState.RECEIVED, UnitState.EXPECTED)
            ]
            shelf = self.shop.battery.part_id or 0
            self.delivered = stock.free(session, shelf)
            self.unit_ids = [unit.id for unit in ready + raw]

    @contextmanager
    def step(self, name: str) -> Iterator[Session]:
        """One transaction of somebody; a refusal takes it back whole."""
        self.now += timedelta(seconds=1)
        self.last_step = ""
        with clock.set_to(self.now):
            try:
                with self.database.transaction() as session:
                    queueing.enter(session, self.shop.store.id)
                    yield session
            except StoreError as refusal:
                self.happened[f"refused {name}"] += 1
                # whatever its facts, a person can read it
                self.last_refusal = str(refusal)
            else:
                self.last_step, self.is_news = name, True
                self.happened[name] += 1

    @property
    def seller(self) -> Actor:
        return self.shop.seller

    @property
    def owner(self) -> Actor:
        """Who may do more than the seller."""
        return self.shop.manager

    def basket_at(self, session: Session, till: int) -> Order:
        lying = orders.current_at(session, self.seller, self.till_ids[till])
        return lying or orders.open_order(session, self.seller, till_id=self.till_ids[till])

    def some_order(self, session: Session, index: int) -> Order:
        """What lies at a till, or an older order: pages stay open, and their forms name it."""
        last = session.scalar(select(func.max(Order.number)))
        if last is None or index < len(self.till_ids):
            return self.basket_at(session, till=index % len(self.till_ids))
        return orders.by_number(session, self.seller, max(last - index + 2, 1))

    def some_line(self, order: Order, index: int) -> OrderLine:
        return lines.line_at(order, 1 + index % max(len(order.lines), 1))

    def some_intent(self, index: int) -> Intent:
        return self.intents[-1 - index % len(self.intents)]

    def some_unit(self, session: Session, index: int) -> Unit:
        return registry.by_id(session, self.seller, self.unit_ids[index % len(self.unit_ids)])

    # The basket

    @rule(till=till_index, things=st.lists(thing, min_size=1, max_size=3), unit=which)
    def scan(self, till: int, things: list[str], unit: int) -> None:
        for index, scanned in enumerate(things):
            with self.step(f"scan {scanned}") as session:
                order = self.basket_at(session, till)
                self._scan(session, order, scanned, unit=unit + index)

    def _scan(self, session: Session, order: Order, scanned: str, *, unit: int) -> None:
        match scanned:
            case "robot":
                found = self.some_unit(session, unit)
                basket.add_unit(session, self.seller, order, found, minutes=CLAIM_MINUTES)
            case "customer":
                orders.set_customer(session, self.seller, order, self.shop.customer.id)
            case _:
                product = self.shop.plan if scanned == "plan" else self.shop.battery
                wanted = session.get_one(Product, product.id)
                quantity = 1 + unit % 4
                basket.add_product(
                    session, self.seller, order, wanted, quantity=quantity, minutes=CLAIM_MINUTES
                )

    @rule(order=at_hand, line=which, how=change, number=st.integers(-1, BATTERIES + 1))
    def change_a_line(self, order: int, line: int, how: str, number: int) -> None:
        with self.step(how) as session:
            found = self.some_order(session, order)
            chosen = self.some_line(found, line)
            match how:
                case "count":
                    lines.set_quantity(
                        session,
                        self.seller,
                        found,
                        chosen,
                        quantity=number,
                        minutes=CLAIM_MINUTES,
                    )
                case "discount":
                    lines.discount(
                        session,
                        self.seller,
                        found,
                        chosen,
                        percent_bp=number * 400,
                        reason="regular customer",
                        approved_by=self.owner if number < BATTERIES else None,
                    )
                case _:
                    lines.remove(session, self.seller, found, chosen)

    @rule(order=at_hand, how=st.sampled_from(["park", "resume", "quote", "cancel", "hand over"]))
    def do_with_an_order(self, order: int, how: str) -> None:
        with self.step(how) as session:
            found = self.some_order(session, order)
            match how:
                case "park":
                    parking.park(session, self.seller, found, label="later")
                case "resume":
                    till_id = self.till_ids[order % 2]
                    parking.resume(session, self.seller, found, till_id=till_id)
                case "quote":
                    counterquotes.quote_basket(session, self.seller, found)
                case "cancel":
                    orders.cancel(session, self.seller, found, reason="changed their mind")
                case _:
                    self._hand_over(session, found)

    def _hand_over(self, session: Session, order: Order) -> None:
        checklist = handovers.checklist_for(session, self.seller, order)
        typed = {f"item-{item.key}": "ok" for item in checklists.items_of(checklist)}
        signed = Signed("A. Lindner")
        handovers.hand_over(session, self.seller, order, typed=typed, signed=signed)

    @rule(minutes=st.sampled_from([1, CLAIM_MINUTES + 1, CLAIM_MINUTES + 1, 24 * 60]))
    def wait(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    # The money

    @rule(order=at_hand, by=tender, amount=part_of_it, tendered=part_of_it)
    def pay(self, order: int, by: Tender, amount: int | None, tendered: int | None) -> None:
        self._pay(lambda session: self.some_order(session, order), by, amount, tendered)

    @rule(
        till=till_index,
        by=tender,
        amount=part_of_it,
        unit=which,
        first=thing,
        fewer=st.booleans(),
    )
    def a_customer_buys(
        self, till: int, by: Tender, amount: int | None, unit: int, first: str, *, fewer: bool
    ) -> None:
        self.a_basket_is_filled(till, [first, "customer"], unit)
        if fewer:
            with self.step("fewer") as session:
                order = self.basket_at(session, till)
                line = self.some_line(order, unit)
                lines.set_quantity(
                    session, self.seller, order, line, quantity=1, minutes=CLAIM_MINUTES
                )
        self._pay(lambda session: self.basket_at(session, till), by, amount, None)

    def a_basket_is_filled(self, till: int, things: list[str], unit: int) -> None:
        self._make_room(till)
        for scanned in things:
            with self.step(f"scan {scanned}") as session:
                self._scan(session, self.basket_at(session, till), scanned, unit=unit)

    def _make_room(self, till: int) -> None:
        """What a seller does with a sale whose payment nobody can explain just now."""
        with self.step("make room") as session:
            lying = self.basket_at(session, till)
            bill = bills.by_reference(session, lying.store_id, orders.reference(lying))
            if bill and (bills.live_attempt(session, bill) or bills.paid(session, bill)):
                parking.park(session, self.seller, lying)

    def _pay(
        self,
        find: Callable[[Session], Order],
        by: Tender,
        amount: int | None,
        tendered: int | None,
    ) -> None:
        made: PaymentAttempt | None = None
        settles = None if amount is None else Money(amount, "EUR")
        given = None if tendered is None else Money(tendered, "EUR")
        with self.step(by.value) as session:
            order = find(session)
            match by:
                case Tender.CASH:
                    made = checkout.pay_cash(
                        session, self.seller, order, amount=settles, tendered=given
                    )
                    assert made is None or given in {None, Money(made.tendered_minor, "EUR")}
                case Tender.TRANSFER:
                    made = checkout.pay_transfer(
                        session, self.seller, order, amount=settles, note="statement 7"
                    )
                case Tender.CARD:
                    made = checkout.start_card(session, self.seller, order, amount=settles)
            if made is not None:
                bill = session.get_one(Bill, made.bill_id)
                # whoever takes money knows what is due; only a late card may bring too much
                assert made.amount_minor <= bill.total_minor
                assert by is Tender.CARD or not bills.paid(session, bill) > bills.total_of(bill)
        if made is None:
            return
        assert settles in {None, booking.amount_of(made)}, "another amount than was said"
        if by is Tender.CARD:
            self.intents.append(Intent(f"pi_{made.id}", made.id, booking.amount_of(made)))
        else:
            self.handed_in += made.tendered_minor - made.change_minor

    # The card service: it decides once; what it says arrives late, twice, or not at all

    @precondition(lambda self: self.intents)
    @rule(intent=at_hand, news=news, taken=st.booleans())
    def news_arrives(self, intent: int, news: str, *, taken: bool) -> None:
        about = self.some_intent(intent)
        if news == "decided" and about.is_open:
            about.status = SUCCEEDED if taken else CANCELED
        match news:
            case "asking":
                self._at_reader(about)
            case "old":
                self._tell(about, "old news", status=PROCESSING)
            case "amount":
                other = about.amount + Money(1, "EUR")
                self._tell(about, "foreign news", status=SUCCEEDED, received=other)
            case "mode":
                self._tell(about, "foreign news", status=SUCCEEDED, livemode=True)
            case _:
                self._tell(about, "news")

    def _at_reader(self, intent: Intent) -> None:
        with self.step("reader asks") as session:
            attempt = settling.locked(session, intent.attempt_id)
            attempt.intent_id = intent.id
            if attempt.state in LIVE:
                settling.move(session, attempt, AttemptState.PROCESSING)

    def _tell(
        self,
        intent: Intent,
        name: str,
        *,
        status: str | None = None,
        received: Money | None = None,
        livemode: bool = False,
    ) -> None:
        said = status or intent.status
        taken = received or (intent.amount if said == SUCCEEDED else Money(0, "EUR"))
        report = IntentReport(id=intent.id, status=said, received=taken, livemode=livemode)
        with self.step(name) as session:
            attempt = settling.locked(session, intent.attempt_id)
            before = attempt.state
            settling.apply(session, attempt, report, livemode=False)
            if before is not attempt.state:
                self.happened[f"{before} → {attempt.state}"] += 1
                if attempt.state is AttemptState.CAPTURED and attempt.entry_id is None:
                    self.happened["captured, not booked"] += 1

    @rule(
        till=till_index,
        first=thing,
        unit=which,
        meanwhile=st.lists(st.sampled_from(MEANWHILE), max_size=3),
        taken=st.sampled_from([True, True, True, False]),
    )
    def a_payment_is_given_up(
        self, till: int, first: str, unit: int, meanwhile: list[str], *, taken: bool
    ) -> None:
        """Silence; a manager sets the payment aside; trade goes on; then the truth comes."""
        known = len(self.intents)
        self.a_basket_is_filled(till, [first, "customer"], unit)
        self._pay(lambda session: self.basket_at(session, till), Tender.CARD, None, None)
        if len(self.intents) == known:
            return
        about = self.intents[-1]
        with self.step("silence") as session:
            attempt = settling.locked(session, about.attempt_id)
            settling.doubt(session, attempt, failures.SERVICE_SILENT)
        with self.step("set aside") as session:
            attempt = settling.locked(session, about.attempt_id)
            to = AttemptState.CANCELLED
            settling.move(session, attempt, to, failure=failures.SET_ASIDE, actor=self.owner)
        for what in meanwhile:
            self._meanwhile(what, till=till, first=first, unit=unit)
        if taken:
            about.status = SUCCEEDED
        self._tell(about, "late news")

    def _meanwhile(self, what: str, *, till: int, first: str, unit: int) -> None:
        match what:
            case "foreign":
                asked = self.intents[-1]
                self._tell(asked, "foreign news", status=SUCCEEDED, received=asked.amount * 2)
            case "lapse":
                self.now += timedelta(minutes=CLAIM_MINUTES + 1)
            case "rival":
                self.a_basket_is_filled(1 - till, [first, "customer"], unit)
                self._pay(
                    lambda session: self.basket_at(session, 1 - till), Tender.CASH, None, None
                )
            case "cash":
                self._pay(lambda session: self.basket_at(session, till), Tender.CASH, None, None)
            case "close":
                with self.step("close") as session:
                    drawer = tills.require_open(session, self.till_ids[till])
                    self._close(session, drawer, off_by=0)
            case "cancel":
                with self.step("cancel") as session:
                    order = self.basket_at(session, till)
                    orders.cancel(session, self.seller, order, reason="went home")
            case _:
                with self.step(what) as session:
                    order = self.basket_at(session, till)
                    self._scan(session, order, "battery" if what == "more" else "plan", unit=unit)

    @precondition(lambda self: self.intents)
    @rule(intent=at_hand)
    def reconcile(self, intent: int) -> None:
        about = self.some_intent(intent)
        self._tell(about, "news")
        with self.step("reconcile") as session:
            attempt = settling.locked(session, about.attempt_id)
            if attempt.state is AttemptState.CAPTURED and attempt.entry_id is None:
                booking.book_if_possible(session, self.owner, attempt)

    # Behind the counter

    @rule(till=till_index, how=behind)
    def behind_the_counter(self, till: int, how: str) -> None:
        if how == "delivery":
            self._delivery()
            return
        with self.step(how) as session:
            if how == "open":
                place = session.get_one(Till, self.till_ids[till])
                tills.open_session(session, self.seller, place, Money(20_000, "EUR"))
                return
            drawer = tills.require_open(session, self.till_ids[till])
            if how == "close":
                self._close(session, drawer, off_by=7 * till)
                return
            amount = Money(5_000 if how == "put in" else -15_000, "EUR")
            tills.move_cash(session, self.seller, drawer, amount, "change money")

    def _delivery(self) -> None:
        with self.step("delivery") as session:
            part_id = self.shop.battery.part_id or 0
            stock.receive(session, self.owner, part_id, quantity=BATTERIES, reason="delivery")
            self.delivered += BATTERIES

    def _close(self, session: Session, drawer: TillSession, *, off_by: int) -> None:
        counted = journal.cash_in_drawer(session, drawer.id, "EUR") + Money(off_by, "EUR")
        reason = "miscounted" if off_by else ""
        tills.close(session, self.seller, drawer, counted, reason=reason)

    @rule(unit=which, how=st.sampled_from(["pass", "pass", "pass", "fail", "look again"]))
    def look_at_a_robot(self, unit: int, how: str) -> None:
        """What came is inspected; what was for sale goes back to be looked at again."""
        with self.step(how) as session:
            found = self.some_unit(session, unit)
            if how == "look again":
                why = msg("Looked at again")
                registry.move(session, self.seller, found, UnitState.RECEIVED, why=why)
                return
            items = checklists.items_of(inspections.checklist_for(session, self.seller, found))
            answer = "ok" if how == "pass" else "fail"
            typed = {f"item-{item.key}": answer for item in items}
            typed |= {f"note-{item.key}": "limps" for item in items}
            inspections.inspect(session, self.seller, found, typed)

    # What must hold after each step

    @invariant()
    def books_agree_with_the_world(self) -> None:
        if not hasattr(self, "shop"):
            return
        self.steps += 1
        self.happened["steps"] += 1
        is_checked = self.steps % CHECK_EVERY == 0
        if not (self.is_news or is_checked):
            return  # all was refused, or time went by: the books are the same
        self.is_news = False
        with clock.set_to(self.now), self.database.reading() as session:
            self._sums_are_right(session)
            self._no_robot_is_sold_twice(session)
            if is_checked:
                assert breaches_of(session) == []

    def _sums_are_right(self, session: Session) -> None:
        """No money is lost or made, pieces add up, and what is over keeps nothing."""
        part_id, product_id = self.shop.battery.part_id or 0, self.shop.battery.id
        booked, here, back, sold, kept = session.execute(
            SUMS, {"part_id": part_id, "product_id": product_id}
        ).one()
        assert int(booked) == self.handed_in + self._by_card(session) - self.handed_back
        assert int(here) == self.delivered - int(sold) + int(back)
        assert stock.free(session, part_id) >= 0
        assert kept == 0

    def _by_card(self, session: Session) -> int:
        """What the card service took and the journal has; what was not taken is not captured."""
        if not self.intents:
            return 0
        states = {
            row.id: (row.state, row.entry_id)
            for row in session.execute(
                select(PaymentAttempt.id, PaymentAttempt.state, PaymentAttempt.entry_id).where(
                    PaymentAttempt.tender == Tender.CARD
                )
            )
        }
        by_card = 0
        for intent in self.intents:
            state, entry_id = states[intent.attempt_id]
            captured = state is AttemptState.CAPTURED
            assert not captured or intent.status == SUCCEEDED, f"{intent} was never taken"
            by_card += intent.amount.minor if captured and entry_id is not None else 0
        return by_card

    def _no_robot_is_sold_twice(self, session: Session) -> None:
        active = session.scalars(select(UnitSale.unit_id).where(UnitSale.returned_at.is_(None)))
        sold = sorted(active)
        assert len(sold) == len(set(sold))
        in_paid_orders = session.execute(
            select(OrderLine.unit_id, Order.number)
            .join(Order, Order.id == OrderLine.order_id)
            .where(
                Order.settled_at.is_not(None),
                OrderLine.unit_id.is_not(None),
                OrderLine.id.not_in(select(ReturnLine.order_line_id)),
            )
        )
        still_out = [
            unit_id
            for unit_id, number in in_paid_orders
            if unit_id and (number, unit_id) not in self.bought_back
        ]
        assert sorted(still_out) == sold

    # The end of the day

    def teardown(self) -> None:
        try:
            if hasattr(self, "shop"):
                self._evening()
        finally:
            self.opened.close()

    def _evening(self) -> None:
        """The card service decides what is open and says all of it; every till can be closed."""

        for intent in self.intents:
            if intent.is_open:
                intent.status = CANCELED
            self._tell(intent, "evening news")
        with self.step("evening") as session:
            for till_id in self.till_ids:
                drawer = tills.open_session_of(session, till_id)
                if drawer is None:
                    place = session.get_one(Till, till_id)
                    drawer = tills.open_session(session, self.seller, place, Money(0, "EUR"))
                self._close(session, drawer, off_by=0)
        with clock.set_to(self.now), self.database.reading() as session:
            undecided = session.scalars(
                select(PaymentAttempt.id).where(PaymentAttempt.state.in_(LIVE))
            ).all()
            assert not undecided
            assert not session.scalars(
                select(TillSession.id).where(TillSession.closed_at.is_(None))
            ).all()
            for waiting in booking.unbooked_of(session, self.shop.store.id):
                assert waiting.failure, "money waits, and nobody says why"
            assert breaches_of(session) == []
