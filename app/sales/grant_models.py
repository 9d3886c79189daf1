"""What a product gives besides itself: a data voucher for each piece."""

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Integer
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db import Base
from app.payments.entitlement_models import EntitlementUnit


class ProductGrant(Base):
    """So much of `unit` for each piece sold, to be used within `days`; 0: always."""

    __tablename__ = "product_grants"
    __table_args__ = (
        CheckConstraint("amount_milli > 0", name="grants_something"),
        CheckConstraint("days >= 0", name="days_not_negative"),
    )

    product_id: Mapped[int] = mapped_column(ForeignKey("products.id"), primary_key=True)
    unit: Mapped[EntitlementUnit]
    amount_milli: Mapped[int] = mapped_column(BigInteger)
    days: Mapped[int] = mapped_column(Integer)
