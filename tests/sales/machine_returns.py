"""What customers bring back: returns, refunds by any way, exchanges, the card service's word."""

from hypothesis import strategies as st
from hypothesis.stateful import rule
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel.money import Money
from app.payments import refunds
from app.payments.models import Bill, Tender
from app.payments.refund_models import Refund
from app.payments.states import REFUND_OPEN, RefundState
from app.robots.life_models import Wipe
from app.robots.transfers import WipeStatement
from app.sales import exchanges, moneyback, orders, returns
from app.sales.models import Order
from app.sales.moneyback import Back
from app.sales.return_models import Condition
from app.sales.returns import Item
from tests.sales.machine import Trade, at_hand, part_of_it, thing, till_index, which

condition = st.sampled_from([Condition.AS_NEW, Condition.AS_NEW, Condition.DAMAGED])
MONEY = (
    "back",
    "back",
    "keep",
    "keep",
    "as credit",
    "as credit",
    "by bank",
    "too much",
    "by robot",
)
money = st.sampled_from(MONEY)
count = st.sampled_from([1, 1, 1, 2, 4, 0, -3, 9])
outcome = st.sampled_from([RefundState.PAID_OUT, RefundState.PAID_OUT, RefundState.FAILED])


class Returning(Trade):
    """The same store, to which things come back."""

    def out_by(self, made: list[Refund]) -> None:
        """Money that left the house; what went to another sale did not."""
        self.handed_back += sum(
            refund.amount_minor
            for refund in made
            if refund.state is RefundState.PAID_OUT and refund.tender is not Tender.EXCHANGE
        )

    @rule(order=at_hand, line=which, pieces=count, how=condition, then=money, till=till_index)
    def take_something_back(
        self, *, order: int, line: int, pieces: int, how: Condition, then: str, till: int
    ) -> None:
        made: list[Refund] = []
        with self.step("return") as session:
            found = self.some_order(session, order)
            made = self._take_back(session, found, line, pieces, how=how, then=then, till=till)
        if self.last_step == "return":
            self.out_by(made)

    @rule(till=till_index, first=thing, unit=which, then=money, hands=st.booleans())
    def a_customer_changes_their_mind(
        self, till: int, first: str, unit: int, then: str, *, hands: bool
    ) -> None:
        """Bought, perhaps taken home, and all of it brought back."""
        self.a_basket_is_filled(till, [first, "customer"], unit)
        number = 0
        with self.step("bought") as session:
            number = self.basket_at(session, till).number
        self._pay(lambda session: self.basket_at(session, till), Tender.CASH, None, None)
        if hands:
            with self.step("hand over") as session:
                self._hand_over(session, orders.by_number(session, self.seller, number))
        made: list[Refund] = []
        with self.step("return at once") as session:
            found = orders.by_number(session, self.seller, number)
            quantity = found.lines[0].quantity if found.lines else 1
            made = self._take_back(
                session, found, 0, quantity, how=Condition.AS_NEW, then=then, till=till
            )
        if self.last_step != "return at once":
            return
        self.out_by(made)
        if then == "keep":
            self._exchange(number, till, [first], unit=unit + 1, part=None)

    def _take_back(
        self,
        session: Session,
        order: Order,
        line: int,
        pieces: int,
        *,
        how: Condition,
        then: str,
        till: int,
    ) -> list[Refund]:
        chosen = self.some_line(order, line)
        data = WipeStatement(Wipe.NO_DATA)
        item = Item(chosen.position, pieces, how, data=data)
        bill = orders.bill_of(session, order)
        plan: list[Back] = []
        if bill is not None and order.settled_at is not None and then != "keep":
            credited = returns.quote(session, order, [item])
            plan = self._plan(session, bill, moneyback.after_credit(session, bill, credited), then)
        done = returns.take_back(
            session,
            self.owner,
            order,
            [item],
            reason="does not fit",
            plan=plan,
            till_id=self.till_ids[till],
        )
        return list(done.refunds)

    def _plan(self, session: Session, bill: Bill, amount: Money, then: str) -> list[Back]:
        plan = moneyback.suggested(session, bill, amount)
        match then:
            case "by bank":
                return [Back(one.attempt_id, one.amount, Tender.TRANSFER, "DE02") for one in plan]
            case "as credit":
                return [Back(one.attempt_id, one.amount, Tender.STORE_CREDIT) for one in plan]
            case "too much":
                return [Back(one.attempt_id, one.amount + Money(1, "EUR")) for one in plan]
            case "by robot":
                return [Back(one.attempt_id, one.amount, Tender.TRADE_IN) for one in plan]
            case _:
                return [Back(one.attempt_id, one.amount, one.tender, "DE02 1203") for one in plan]

    @rule(order=at_hand, part=part_of_it, till=till_index)
    def give_what_is_held(self, order: int, part: int | None, till: int) -> None:
        made: list[Refund] = []
        with self.step("give held") as session:
            found = self.some_order(session, order)
            bill = orders.bill_of(session, found)
            if bill is None:
                return
            held = refunds.refundable(session, bill)
            wanted = held if part is None else Money(part, "EUR")
            plan = self._plan(session, bill, wanted, "back")
            made = moneyback.give_held(
                session,
                self.owner,
                found,
                plan,
                reason="no exchange",
                till_id=self.till_ids[till],
            )
        if self.last_step == "give held":
            self.out_by(made)

    @rule(order=at_hand, till=till_index, first=thing, unit=which, part=part_of_it)
    def exchange(self, order: int, till: int, first: str, unit: int, part: int | None) -> None:
        number = 0
        with self.step("look for it") as session:
            number = self.some_order(session, order).number
        self._exchange(number, till, [first], unit=unit, part=part)

    def _exchange(
        self, old: int, till: int, things: list[str], *, unit: int, part: int | None
    ) -> None:
        """The value of what came back pays for something else; the rest in cash, if they stay."""
        self._make_room(till)
        number = 0
        with self.step("exchange") as session:
            found = orders.by_number(session, self.seller, old)
            till_id = self.till_ids[till]
            number = exchanges.begin(session, self.owner, found, till_id=till_id).number
        if self.last_step != "exchange":
            return
        for thing_wanted in things:
            with self.step(f"scan {thing_wanted}") as session:
                new = orders.by_number(session, self.seller, number)
                self._scan(session, new, thing_wanted, unit=unit)
        with self.step("pay by exchange") as session:
            new = orders.by_number(session, self.seller, number)
            amount = None if part is None else Money(part, "EUR")
            exchanges.pay(session, self.owner, new, amount=amount)
        if unit % 2:
            self._pay(
                lambda session: orders.by_number(session, self.seller, number),
                Tender.CASH,
                None,
                None,
            )

    @rule(refund=at_hand, to=outcome)
    def the_card_service_gives_back(self, refund: int, to: RefundState) -> None:
        gone = 0
        with self.step(f"refund {to}") as session:
            waiting = self._open_refunds(session)
            if not waiting:
                return
            about = waiting[refund % len(waiting)]
            gone = self._settle(session, about, to)
        self.handed_back += gone

    def _open_refunds(self, session: Session) -> list[Refund]:
        return list(
            session.scalars(select(Refund).where(Refund.state.in_(REFUND_OPEN)).order_by(Refund.id))
        )

    def _settle(self, session: Session, about: Refund, to: RefundState) -> int:
        """What left the house by it."""
        if to is RefundState.PAID_OUT:
            refunds.pay_out(session, self.owner, about)
            return about.amount_minor
        refunds.move(session, self.owner, about, to, failure="the card is closed")
        return 0

    def _evening(self) -> None:
        with self.step("refunds of the evening") as session:
            self.handed_back += sum(
                self._settle(session, one, RefundState.PAID_OUT)
                for one in self._open_refunds(session)
            )
        super()._evening()
