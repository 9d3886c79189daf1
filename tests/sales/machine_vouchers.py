"""Vouchers of two schemes: used at the counter, claimed, answered in part, sent back; and the bills
over what an authority did not accept.
"""

from hypothesis import strategies as st
from hypothesis.stateful import rule
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel.money import Money
from app.payments import arrivals, schemes, voucherclaims, voucherdesk, voucherrest, vouchers
from app.payments.voucher_models import Rest, Voucher, VoucherClaim, VoucherScheme
from app.sales import voucherpay
from tests.makers.vouchers import a_scheme
from tests.sales.machine import till_index, which
from tests.sales.machine_gifts import Gifting

code = st.sampled_from("AABCDEFGH")
share = st.sampled_from([0, 1, 50, 100, 100, 101])
rest = st.sampled_from(Rest)


class Vouching(Gifting):
    """The same store, to which authorities owe a part of what it sells."""

    @rule(till=till_index, unit=which, code=code, rest=rest)
    def a_customer_brings_a_voucher(self, till: int, unit: int, code: str, rest: Rest) -> None:
        """Two tills may have the same code; one of them is refused."""
        self.a_basket_is_filled(till, ["robot", "customer"], unit)
        paid = 0
        with self.step("pay with voucher") as session:
            scheme = self._scheme(session, rest)
            order = self.basket_at(session, till)
            used = voucherpay.pay(session, self.seller, order, scheme, code=f"{code}{unit}")
            paid = used.amount_minor
        if self.last_step == "pay with voucher":
            self.handed_in += paid

    @rule(rest=rest, share=share)
    def an_authority_answers(self, rest: Rest, share: int) -> None:
        """What waits is claimed; every open claim of the scheme is answered with a share of it."""
        with self.step("claim vouchers") as session:
            voucherclaims.send(session, self.owner, self._scheme(session, rest))
        with self.step("answer a claim") as session:
            scheme = self._scheme(session, rest)
            for claim in session.scalars(
                select(VoucherClaim).where(
                    VoucherClaim.scheme_id == scheme.id, VoucherClaim.settled_at.is_(None)
                )
            ).all():
                batch = voucherclaims.of_claim(session, claim.id)
                paid = {
                    one.id: Money(vouchers.open_value(one).minor * share // 100, "EUR")
                    for one in batch
                }
                voucherclaims.settle(session, self.owner, claim, paid, note="REF")

    @rule(half=st.booleans())
    def rests_are_paid_and_vouchers_sent_back(self, *, half: bool) -> None:
        """Who was charged pays, and what an authority paid too much goes back to it."""
        for voucher_id in self._vouchers():
            came = 0
            with self.step("pay a rest") as session:
                bill = voucherrest.bill_of(session, session.get_one(Voucher, voucher_id))
                if bill is None:
                    continue
                amount = Money(bill.total_minor // (2 if half else 1), "EUR")
                arrivals.receive(session, self.owner, bill, amount=amount, note="T")
                came = amount.minor
            if self.last_step == "pay a rest":
                self.handed_in += came
        with self.step("send vouchers back") as session:
            store_id = self.shop.store.id
            for row in voucherdesk.owed_back(session, store_id, cursor=None).items:
                voucherclaims.send_back(session, self.owner, row.voucher.id)

    def _scheme(self, session: Session, rest: Rest) -> VoucherScheme:
        store_id = self.shop.store.id
        named = {one.name: one for one in schemes.of_store(session, store_id)}
        return named.get(rest.value) or a_scheme(
            session, self.shop, name=rest.value, per_buyer=0, rest=rest
        )

    def _vouchers(self) -> list[int]:
        with self.database.reading() as session:
            return list(session.scalars(select(Voucher.id).order_by(Voucher.id)))
