"""A visit to the counter: one request of one person at one terminal's till."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from fastapi import Request
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from app.identity.guard import require_till
from app.kernel.actor import Actor
from app.kernel.errors import Refused
from app.kernel.text import Text, msg
from app.payments import tills
from app.sales import cart, orders, tiles
from app.sales.models import Order
from app.sales.scanning import Hit
from app.settings import Settings
from app.web.rendering import is_htmx, render

PAGE = "sales/counter.html"


def closing_dialog(response: Response) -> Response:
    """The answer to what a dialog asked: nothing is left to ask."""
    response.headers["HX-Trigger"] = "close-dialog"
    return response


def back_into_dialog(response: Response) -> Response:
    """A refused dialog comes back into the dialog, whatever its form meant to change."""
    response.headers["HX-Retarget"] = "#dialog"
    response.headers["HX-Reswap"] = "innerHTML"
    return response


@dataclass(frozen=True)
class Visit:
    """What the counter's endpoints pass around, and how they answer."""

    request: Request
    session: Session
    actor: Actor

    @property
    def till_id(self) -> int:
        """This terminal's till; raises Refused on a device that is none."""
        return require_till(self.request)

    @cached_property
    def place(self) -> tills.Place:
        """The till with its open session, looked up once a request."""
        return tills.place(self.session, self.actor, self.till_id)

    @property
    def minutes(self) -> int:
        """How long a scanned thing stays with its sale."""
        settings: Settings = self.request.app.state.settings
        return settings.claim_minutes

    def found_basket(self) -> Order | None:
        place, order = orders.lying_at(self.session, self.actor, self.till_id)
        vars(self)["place"] = place  # it need not be looked up again
        return order

    def found_order(self, number: int) -> Order | None:
        """The sale of this number, if it is at this till."""
        place, order = orders.named_at(self.session, self.actor, self.till_id, number)
        vars(self)["place"] = place
        vars(self)["found_unpaid"] = order is not None and order.settled_at is None
        return order

    @cached_property
    def found_unpaid(self) -> bool:
        """Was the sale that this request named still to be paid when it came?"""
        return False

    def basket(self) -> Order:
        """The open basket, made when there is none: only a writing request may ask this."""
        found = self.found_basket()
        if found is not None:
            return found
        return orders.open_order(self.session, self.actor, till_id=self.place.till.id)

    def require_basket(self) -> Order:
        """The open basket; raises Refused when there is none (another tab finished it)."""
        order = self.found_basket()
        if order is None:
            raise Refused(msg("There is no open sale at this till any more."), link="/counter")
        return order

    def show(
        self,
        order: Order | None,
        *,
        hits: list[Hit] | None = None,
        bundle: str = "",
        remark: Text | None = None,
        selected: int | None = None,
        removed: dict[str, str] | None = None,
        scan: str = "hit",
    ) -> Response:
        """The cart for HTMX, with what was found beside it; without HTMX, the counter again."""
        if not is_htmx(self.request) and not hits:
            return RedirectResponse("/counter", 303)
        response = render(
            self.request,
            PAGE,
            block="answer",
            hits=hits or [],
            bundle=bundle,
            remark=remark,
            removed=removed,
            done=None,
            fragment=True,
            **self._around(),
            **cart.shown_of(self.session, order, place=self.place, selected=selected),
        )
        response.headers["X-Scan"] = scan
        return response

    def _around(self) -> dict[str, Any]:
        """What only a whole page shows; empty for a fragment."""
        if is_htmx(self.request):
            return {}
        return tiles.counter_page(self.session, self.actor, "robots")

    def go(self, address: str) -> Response:
        """To another page, whoever asked."""
        if is_htmx(self.request):
            return Response(status_code=204, headers={"HX-Redirect": address})
        return RedirectResponse(address, 303)
