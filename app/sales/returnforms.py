"""What the page of a return sends: which pieces, how they are, and how money goes back."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from functools import partial

from app.kernel.money import Money, parse_money
from app.kernel.quantity import parse_quantity
from app.kernel.searchkeys import clean
from app.kernel.text import Text, msg
from app.payments.models import Tender
from app.robots.life_models import Wipe
from app.robots.transfers import WipeStatement
from app.sales.moneyback import Back, Way
from app.sales.return_models import Condition
from app.sales.returnables import Returnable
from app.sales.returns import Item
from app.web.forms import Reading, StoreForm, Typed


class Then(StrEnum):
    """What becomes of the money."""

    BACK = "back"
    EXCHANGE = "exchange"
    KEEP = "keep"


THEN_LABELS: dict[Then, Text] = {
    Then.BACK: msg("Give it back now"),
    Then.EXCHANGE: msg("Exchange: choose something else at the counter"),
    Then.KEEP: msg("Keep it for the customer"),
}


def read_items(typed: Mapping[str, str], lines: Sequence[Returnable], seen: Reading) -> list[Item]:
    """The lines of which something comes back; what is left empty stays out."""
    found = []
    for one in lines:
        position = one.line.position
        said = clean(typed.get(f"quantity-{position}", ""))
        if said in {"", "0"}:
            continue
        field = f"quantity-{position}"
        quantity = seen.take(field, partial(parse_quantity, said, field=field), 0)
        if quantity:
            found.append(_item(typed, one, quantity, seen))
    return found


def _item(typed: Mapping[str, str], one: Returnable, quantity: int, seen: Reading) -> Item:
    position = one.line.position
    condition = typed.get(f"condition-{position}", "")
    note = seen.text(f"note-{position}", typed.get(f"note-{position}", ""))
    wipe = typed.get(f"wipe-{position}", "")
    if one.is_goods and condition not in set(Condition):
        seen.refuse(f"condition-{position}", msg("Say in which condition it comes back."))
    if one.asks_for_data and wipe not in set(Wipe):
        seen.refuse(f"wipe-{position}", msg("Say what became of the data in it."))
    return Item(
        position,
        quantity,
        Condition(condition) if condition in set(Condition) else None,
        tuple(clean(typed.get(f"serials-{position}", "")).replace(",", " ").split()),
        note,
        WipeStatement(
            Wipe(wipe) if wipe in set(Wipe) else Wipe.NO_DATA,
            typed.get(f"statement-{position}", ""),
        ),
    )


def read_plan(typed: Mapping[str, str], ways: Sequence[Way], seen: Reading) -> list[Back]:
    """How much of each payment goes back, and by which way."""
    plan = []
    for way in ways:
        key = way.attempt.id
        field, said = f"back-{key}", clean(typed.get(f"back-{key}", ""))
        if not said:
            continue
        nothing = Money(0, way.left.currency)
        amount = seen.take(
            field, partial(parse_money, said, way.left.currency, field=field), nothing
        )
        if not amount:
            continue
        if amount.minor < 0 or amount > way.left:
            seen.refuse(
                field, msg("Of this payment only {left} is left to give back.", left=way.left)
            )
        tender = typed.get(f"way-{key}", "") or way.tender.value
        if tender not in set(Tender):
            seen.refuse(f"way-{key}", msg("Choose one of these."))
            continue
        note = seen.text(f"account-{key}", typed.get(f"account-{key}", ""))
        if tender == Tender.TRANSFER and not note:
            seen.refuse(f"account-{key}", msg("Say to which account it is sent."))
        plan.append(Back(way.attempt.id, amount, Tender(tender), note))
    return plan


def read_then(typed: Mapping[str, str]) -> Then:
    said = typed.get("then", "")
    return Then(said) if said in set(Then) else Then.BACK


class RulesForm(StoreForm):
    """What salespeople may give back alone."""

    cash: Typed = ""
    total: Typed = ""
    days: Typed = ""

    def read(self, currency: str) -> tuple[Money, Money, int]:
        seen = Reading()
        nothing = Money(0, currency)
        cash = seen.take("cash", lambda: parse_money(self.cash, currency, field="cash"), nothing)
        total = seen.take(
            "total", lambda: parse_money(self.total, currency, field="total"), nothing
        )
        days = 0
        if clean(self.days) != "0":
            days = seen.take("days", lambda: parse_quantity(self.days, field="days"), 0)
        seen.done()
        return cash, total, days
