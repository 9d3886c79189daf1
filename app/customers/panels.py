"""What higher floors show on a customer's page: robots owned, sales. Filled by `app.wiring`."""

from collections.abc import Callable
from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from app.customers.models import Customer
from app.kernel.actor import Actor
from app.kernel.text import Text


@dataclass(frozen=True, slots=True)
class PanelRow:
    """One thing of the customer's: its name leads to it; `facts` are said by the renderer, be they
    texts, amounts or days; `state` is a word with a tone (ok, warn, bad, hold, info).
    """

    name: str
    href: str
    facts: tuple[object, ...] = ()
    state: tuple[Text, str] | None = None


@dataclass(frozen=True, slots=True)
class Panel:
    title: Text
    nothing: Text  # what is said when there are no rows
    rows: list[PanelRow] = field(default_factory=list)
    # the page where more of it stands, and what leads there
    more: tuple[Text, str] | None = None


PanelMaker = Callable[[Session, Actor, Customer], Panel]
customer_panels: list[PanelMaker] = []


def show(maker: PanelMaker) -> None:
    """Let `maker` tell its part on each customer's page; twice is the same as once."""
    if maker not in customer_panels:
        customer_panels.append(maker)


def panels_of(session: Session, actor: Actor, customer: Customer) -> list[Panel]:
    return [make(session, actor, customer) for make in customer_panels]
