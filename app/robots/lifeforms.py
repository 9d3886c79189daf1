"""What the pages of a robot's life send: registering, changes of hands, loans."""

from app.kernel.errors import Refused
from app.kernel.money import Money, parse_money
from app.kernel.searchkeys import clean
from app.kernel.text import msg
from app.robots.daytext import read_day
from app.robots.life_models import Wipe
from app.robots.loans import KEPT_AS, Lending
from app.robots.registering import WalkIn
from app.robots.serials import read_serial
from app.robots.states import Holding
from app.robots.touches import TouchForm, read_touch
from app.robots.transfers import WipeStatement
from app.web.forms import Reading, StoreForm, Typed


class RegisterForm(TouchForm):
    customer: Typed = ""
    maker: Typed = ""
    model: Typed = ""
    serial: Typed = ""
    no_serial: Typed = ""
    hardware_revision: Typed = ""
    is_here: Typed = ""

    def read(self) -> WalkIn:
        """Raises Invalid; an empty serial must be said to be none."""
        seen = Reading()
        serial = ""
        if not self.no_serial:
            serial = seen.take("serial", lambda: read_serial(self.serial), "")
        elif clean(self.serial):
            seen.refuse("serial", msg("Either type the serial number, or tick that it has none."))
        typed = WalkIn(
            maker=seen.text("maker", self.maker, most=100),
            model=seen.text("model", self.model, most=64),
            serial=serial,
            hardware_revision=seen.text("hardware_revision", self.hardware_revision, most=64),
            is_here=bool(self.is_here),
            touch=read_touch(self.typed(), seen),
        )
        if not clean(self.customer):
            seen.refuse("customer", msg("Please fill this in."))
        seen.done()
        return typed


class HandsForm(StoreForm):
    """A change of hands: `customer` for a transfer, `price` for a buy-back."""

    customer: Typed = ""
    price: Typed = ""
    wipe: Typed = ""
    statement: Typed = ""

    def data(self) -> WipeStatement:
        try:
            return WipeStatement(Wipe(self.wipe), self.statement)
        except ValueError:
            raise Refused(msg("Say what became of the data in it."), field="wipe") from None

    def paid(self, currency: str) -> Money:
        return parse_money(self.price, currency, field="price")


class LoanForm(TouchForm):
    """Keeping as, giving out, taking back, retiring: each page part sends its own fields."""

    holding: Typed = ""
    reason: Typed = ""
    customer: Typed = ""
    holder: Typed = ""
    due_on: Typed = ""
    condition: Typed = ""

    def kept_as(self) -> Holding:
        if self.holding not in set(KEPT_AS):
            raise Refused(msg("Choose one of these."), field="holding")
        return Holding(self.holding)

    def lending(self, customer_id: int | None) -> Lending:
        return Lending(
            customer_id=customer_id,
            holder=self.holder,
            due_on=read_day(self.due_on, field="due_on"),
            condition=self.condition,
            touch=self.touch(),
        )
