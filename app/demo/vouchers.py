"""An authority pays a part of a robot at home, and a laboratory has hours of training data."""

from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.customers.models import Customer
from app.demo import assortment, people
from app.demo.opening import CURRENCY, Crew
from app.kernel.money import Money
from app.payments import entitlements, schemes
from app.payments.entitlement_models import EntitlementUnit
from app.payments.entitlements import Issued
from app.payments.measured import Measured
from app.payments.schemes import SchemeInput
from app.payments.voucher_models import Buyers, VoucherScheme
from app.sales import catalogue, grants, voucherpay
from app.sales.models import Order
from app.stores import desk

_HOURS = EntitlementUnit.HOURS


def open_scheme(session: Session, crew: Crew) -> VoucherScheme:
    """A tenth of the price for private persons, until the end of next year."""
    today = desk.business_day_of(desk.store_of(session, crew.petra.store_id))
    return schemes.create(
        session,
        crew.petra,
        SchemeInput(
            name="Robots at home",
            authority="Elster development bank",
            most=Money(300_00, CURRENCY),
            valid_from=today,
            valid_until=date(today.year + 1, 12, 31),
            share_bp=1_000,
            buyers=Buyers.PERSON,
            evidence="Number of the grant",
            papers=("Photo of the serial number", "Grant letter"),
        ),
    )


def use_one(session: Session, crew: Crew, order: Order) -> None:
    """The buyer of a robot brings a voucher along."""
    scheme = open_scheme(session, crew)
    voucherpay.pay(session, crew.jana, order, scheme, code="EDB-7731-K", evidence="RH 2026-00412")


def give_hours(session: Session, crew: Crew) -> None:
    """The laboratory got 20 hours with its robot, and has used some."""
    set_up = catalogue.by_code(session, crew.petra, assortment.SETUP.code)
    if set_up is not None:
        grants.set_grant(session, crew.petra, set_up, Measured(2_000, _HOURS), days=365)
    laboratory = session.scalars(
        select(Customer).where(Customer.name == people.UNIVERSITY.name)
    ).one()
    made = entitlements.give(
        session,
        crew.petra,
        Issued(
            customer_id=laboratory.id,
            name="Training data: grasping",
            amount=Measured(20_000, _HOURS),
            reason="Welcome to a new laboratory",
        ),
    )
    entitlements.draw(
        session,
        crew.jana,
        made,
        Measured(3_500, _HOURS),
        reference="Session 2026-031",
        note="Two grippers, cups",
    )
