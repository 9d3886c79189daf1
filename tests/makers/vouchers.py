"""Schemes of an authority, and vouchers that paid for a robot."""

from dataclasses import replace
from datetime import timedelta

from sqlalchemy.orm import Session

from app.kernel.money import Money
from app.payments import schemes
from app.payments.schemes import SchemeInput
from app.payments.voucher_models import Voucher, VoucherScheme
from app.sales import voucherpay
from app.sales.models import Order
from app.stores import desk
from tests.makers.sales import Counter, a_robot
from tests.makers.whole_sales import a_basket

WORTH = 150_000


def eur(minor: int) -> Money:
    return Money(minor, "EUR")


def said(counter: Counter, **facts: object) -> SchemeInput:
    """A fixed amount, once a buyer, from today on for 30 days."""
    today = desk.business_day_of(counter.store)
    plain = SchemeInput("Robots 2026", "Ministry", eur(WORTH), today, today + timedelta(days=30))
    return replace(plain, **facts)  # type: ignore[arg-type]


def a_scheme(session: Session, counter: Counter, **facts: object) -> VoucherScheme:
    return schemes.create(session, counter.manager, said(counter, **facts))


def a_sale(session: Session, counter: Counter, serial: str = "R-1") -> Order:
    """A robot in a basket, not paid yet."""
    return a_basket(session, counter, a_robot(session, counter, serial))


def used(session: Session, counter: Counter, scheme: VoucherScheme, code: str = "abc 1") -> Voucher:
    """A voucher that paid a part of a sale of one robot."""
    order = a_sale(session, counter)
    return voucherpay.pay(session, counter.seller, order, scheme, code=code)
