"""Deposits that are asked, paid and kept by rule, and robots that are given in trade."""

from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import rule
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel.money import Money
from app.payments import refunds, tills
from app.payments.models import PaymentAttempt, Tender
from app.payments.refund_models import Refund
from app.robots.life_models import Wipe
from app.robots.models import Ownership, Unit
from app.robots.states import UnitState
from app.robots.transfers import WipeStatement
from app.sales import (
    checklists,
    creditpay,
    deposits,
    orders,
    parking,
    totals,
    tradein,
    tradeintaking,
)
from app.sales.checklists import Answer, Answered
from app.sales.deposits import Rule
from app.sales.models import Order, UnitSale
from app.sales.tradein import Offer
from app.sales.tradein_models import Grade, Payout, TradeIn
from app.sales.tradeintaking import Rest
from tests.sales.machine import MORNING, at_hand, part_of_it, thing, till_index, which
from tests.sales.machine_returns import Returning

share = st.sampled_from([0, 1, 10, 25, 50, 100, 101])
worth = st.sampled_from([1, 50_000, 200_000, 5_000_000])


class Valuing(Returning):
    """The same store, which takes deposits and used robots."""

    @rule(till=till_index, first=thing, unit=which, asked=share, keep=share, by_card=st.booleans())
    def a_deposit_is_asked(
        self, *, till: int, first: str, unit: int, asked: int, keep: int, by_card: bool
    ) -> None:
        """Asked and paid; the customer goes away, and the sale waits parked."""
        self.a_basket_is_filled(till, [first, "customer"], unit)
        number, amount = 0, 0
        with self.step("ask deposit") as session:
            order = self.basket_at(session, till)
            number, amount = order.number, totals.of_order(order).gross.minor * asked // 100
            until = MORNING.date() + timedelta(days=keep % 2)
            terms = Rule(until, free_until=until if keep == 1 else None, keep_bp=keep * 100)
            deposits.ask(session, self.seller, order, Money(amount, "EUR"), rule=terms)
        if self.last_step != "ask deposit":
            return
        self._pay(
            lambda session: orders.by_number(session, self.seller, number),
            Tender.CARD if by_card else Tender.CASH,
            amount,
            None,
        )
        with self.step("park") as session:
            parking.park(session, self.seller, orders.by_number(session, self.seller, number))

    @rule(order=at_hand, till=till_index)
    def a_deposit_is_given_back(self, order: int, till: int) -> None:
        """The order is cancelled: by its rule a part is kept, the rest goes back."""
        made: list[Refund] = []
        with self.step("cancel with deposit") as session:
            found = self.some_order(session, order)
            drawer = tills.open_session_of(session, self.till_ids[till])
            deposits.cancel(
                session, self.owner, found, reason="changed their mind", till_session=drawer
            )
            bill = orders.bill_of(session, found)
            made = refunds.of_bill(session, bill) if bill else []
        if self.last_step == "cancel with deposit":
            self.out_by(made)

    @rule(till=till_index, first=thing, unit=which, amount=part_of_it)
    def a_customer_pays_with_credit(
        self, till: int, first: str, unit: int, amount: int | None
    ) -> None:
        """Two tills reach for the same credit; it is never below nothing."""
        self.a_basket_is_filled(till, [first, "customer"], unit)
        paid = 0
        with self.step("pay with credit") as session:
            said = None if amount is None else Money(amount, "EUR")
            made = creditpay.pay(session, self.seller, self.basket_at(session, till), amount=said)
            paid = made.amount_minor if made else 0
        if self.last_step == "pay with credit":
            self.handed_in += paid

    @rule(till=till_index, first=thing, unit=which, value=worth)
    def a_robot_is_given_in_trade(self, till: int, first: str, unit: int, value: int) -> None:
        """A customer's robot helps to pay for what lies in the basket; the rest goes by bank."""
        self._a_robot_goes_out(till, unit)
        self.a_basket_is_filled(till, [first, "customer"], unit)
        gone: set[tuple[int, int]] = set()
        attempt: PaymentAttempt | None = None
        with self.step("trade in") as session:
            used = self._a_customers_robot(session, unit)
            if used is None:
                return
            gone = self._sale_of(session, used)
            taken = self._take_in(session, used, self.basket_at(session, till), value)
            if taken.attempt_id is not None:
                attempt = session.get_one(PaymentAttempt, taken.attempt_id)
        if self.last_step != "trade in":
            return
        self.happened["traded in"] += len(gone)
        self.bought_back |= gone
        self.handed_in += attempt.amount_minor if attempt else 0

    def _a_robot_goes_out(self, till: int, unit: int) -> None:
        """Somebody has a robot at home, or buys one now."""
        number = 0
        with self.step("who has one?") as session:
            if self._a_customers_robot(session, unit) is not None:
                return
        self.a_basket_is_filled(till, ["robot", "customer"], unit)
        with self.step("bought") as session:
            number = self.basket_at(session, till).number
        self._pay(lambda session: self.basket_at(session, till), Tender.CASH, None, None)
        with self.step("hand over") as session:
            self._hand_over(session, orders.by_number(session, self.seller, number))

    def _a_customers_robot(self, session: Session, index: int) -> Unit | None:
        owned = session.scalars(
            select(Unit)
            .join(Ownership, (Ownership.unit_id == Unit.id) & Ownership.until.is_(None))
            .where(Unit.state == UnitState.HANDED_OVER)
            .order_by(Unit.id)
        ).all()
        return owned[index % len(owned)] if owned else None

    def _sale_of(self, session: Session, unit: Unit) -> set[tuple[int, int]]:
        rows = session.execute(
            select(Order.number, UnitSale.unit_id)
            .join(UnitSale, UnitSale.order_id == Order.id)
            .where(UnitSale.unit_id == unit.id, UnitSale.returned_at.is_(None))
        )
        return {(number, unit_id) for number, unit_id in rows}

    def _take_in(self, session: Session, used: Unit, order: Order, value: int) -> TradeIn:
        checklist = tradein.checklist_for(session, self.owner, used)
        answers = {item.key: Answered(Answer.OK) for item in checklists.items_of(checklist)}
        offer = Offer(amount=Money(value, "EUR"), reason="regular customer")
        offered = tradein.inspect(
            session,
            self.owner,
            used,
            answers=answers,
            checklist=checklist,
            marks=(),
            grade=Grade.B,
            offer=offer,
        )
        return tradeintaking.take(
            session,
            self.owner,
            offered,
            data=WipeStatement(Wipe.NO_DATA),
            order=order,
            rest=Rest(Payout.TRANSFER, "DE02 1203"),
        )
