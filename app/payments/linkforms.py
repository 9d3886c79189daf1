"""What is typed to make a payment link, and the page that shows it, for whatever is paid by it."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from app.kernel.errors import StoreError
from app.kernel.money import Money, parse_money
from app.kernel.quantity import parse_quantity
from app.payments import links, linkview
from app.payments.models import Bill
from app.web.forms import Reading, StoreForm, Typed, problems_of
from app.web.qr import qr_code


class LinkForm(StoreForm):
    amount: Typed = ""
    days: Typed = ""

    def read(self, currency: str) -> tuple[Money | None, int]:
        """An amount (None: all that is due) and days; raises Invalid."""
        seen = Reading()
        amount = None
        if self.amount.strip():
            nothing = Money(0, currency)
            amount = seen.take("amount", lambda: parse_money(self.amount, currency), nothing)
        days = links.DAYS
        if self.days.strip():
            days = seen.take("days", lambda: parse_quantity(self.days, field="days"), links.DAYS)
        seen.done()
        return amount, days


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What is paid: its label (`S-12`), its page, and the list that it stands in."""

    label: str
    page: str
    crumbs: tuple[tuple[str, object], ...]

    @property
    def here(self) -> str:
        return f"{self.page}/payment-link"


def shown(
    session: Session,
    bill: Bill | None,
    about: About,
    *,
    link: str = "",
    form: LinkForm | None = None,
    refusal: StoreError | None = None,
) -> dict[str, Any]:
    """What the page of links shows; a link itself only when it was just made."""
    return {
        "about": about,
        "link": link,
        "drawing": qr_code(link) if link else None,
        "form": form.typed() if form else {},
        "problems": problems_of(refusal) if refusal else {},
        **linkview.for_staff(session, bill),
    }
