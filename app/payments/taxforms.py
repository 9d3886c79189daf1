"""What is typed, or sent by a program, to tax a sale or a repair otherwise."""

from typing import Annotated

from pydantic import Field
from sqlalchemy.orm import Session

from app.identity import approval
from app.kernel.actor import Actor
from app.kernel.db import Database
from app.kernel.errors import Refused
from app.kernel.text import msg
from app.payments.treatments import Treatment
from app.web.forms import Reading, StoreForm, Typed
from app.web.wire import Sent

MAY = "orders.tax"


class TaxForm(StoreForm):
    """A choice; `pin` of a second person where the first one may not."""

    treatment: Typed = ""
    reason: Typed = ""
    pin: Typed = ""

    def read(self) -> tuple[Treatment, str]:
        reading = Reading()
        treatment = reading.take("treatment", self._treatment, Treatment.HOME)
        reason = reading.text("reason", self.reason, required=True)
        reading.done()
        return treatment, reason

    def _treatment(self) -> Treatment:
        try:
            return Treatment(self.treatment)
        except ValueError:
            raise Refused(msg("Choose how it is taxed."), field="treatment") from None

    def approver(self, database: Database, session: Session, actor: Actor) -> Actor | None:
        """Who stands behind the PIN, where one is needed. Nothing may have been written yet."""
        if MAY in actor.permissions:
            return None
        pin = self.pin.strip()
        if not pin:
            raise Refused(msg("A manager allows this with the PIN."), field="pin")
        return approval.behind_pin(database, session, actor, pin=pin, permission=MAY)


class TaxIn(Sent):
    """How it is taxed, and why; null: by rule."""

    treatment: Annotated[Treatment, Field(strict=False)] | None
    reason: Annotated[str, Field(max_length=200)] = ""
