"""What JSON looks like on the wire, in both directions."""

from typing import Annotated, Generic, Self, TypeVar

from fastapi import Path, Query
from pydantic import BaseModel, ConfigDict, Field

from app.kernel.money import MOST_MINOR, Money

Item = TypeVar("Item")

# Our row numbers: 64 bits for ids, 32 for the numbers of documents, orders, customers.
RowId = Annotated[int, Path(ge=1, le=2**63 - 1)]
Number = Annotated[int, Path(ge=1, le=2**31 - 1)]
Cursor = Annotated[str, Query(max_length=2_000, description="`next` of the page before.")]
Words = Annotated[str, Field(max_length=200)]


class Sent(BaseModel):
    """What programs send is read strictly: a misspelt field is told, and `"2"` is not 2."""

    model_config = ConfigDict(extra="forbid", strict=True)


class MoneyIn(Sent):
    """Whole minor units of a currency: 1234 EUR is 12.34 euro."""

    amount: int = Field(ge=-MOST_MINOR, le=MOST_MINOR)
    currency: str = Field(pattern=r"^[A-Z]{3}$")

    def money(self) -> Money:
        return Money(self.amount, self.currency)


class PriceIn(MoneyIn):
    """As money, and not less than nothing."""

    amount: int = Field(ge=0, le=MOST_MINOR)


class MoneyOut(BaseModel):
    """Whole minor units of a currency: 1234 EUR is 12.34 euro."""

    amount: int
    currency: str

    @classmethod
    def of(cls, money: Money) -> Self:
        return cls(amount=money.minor, currency=money.currency)

    @classmethod
    def minor(cls, minor: int, currency: str) -> Self:
        return cls(amount=minor, currency=currency)


class TaxOut(BaseModel):
    """One rate in basis points: 1900 is 19 %."""

    rate_bp: int
    net: MoneyOut
    tax: MoneyOut
    gross: MoneyOut


class PageOut(BaseModel, Generic[Item]):
    """One page of a list; `next` is the cursor of the following one, null at the end."""

    items: list[Item]
    next: str | None
