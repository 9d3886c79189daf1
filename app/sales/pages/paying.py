"""What every way to pay at the counter does alike: which sale is meant, and what is shown after."""

from starlette.responses import Response

from app.kernel.errors import Conflict, NotFound, Refused
from app.kernel.text import msg
from app.sales import cart, orders
from app.sales.forms import TenderForm
from app.sales.models import Order
from app.sales.pages.till import PAGE, Visit, closing_dialog
from app.web.rendering import is_htmx, render


def after(visit: Visit, order: Order) -> Response:
    """The cart with what is left to pay, or the end of the sale."""
    return (
        end_of_sale(visit, order)
        if order.settled_at is not None
        else closing_dialog(visit.show(order))
    )


def end_of_sale(visit: Visit, order: Order) -> Response:
    if not is_htmx(visit.request):
        return visit.go(f"/counter?done={order.number}")
    ended = cart.just_finished if visit.found_unpaid else cart.finished
    response = render(
        visit.request,
        PAGE,
        block="answer",
        fragment=True,
        hits=[],
        bundle="",
        remark=None,
        removed=None,
        done=ended(visit.session, order),
        **cart.shown_of(visit.session, None, place=visit.place),
    )
    return closing_dialog(response)


def order_meant(visit: Visit, form: TenderForm) -> Order:
    """The order that the form was made for, and as it was shown there."""
    order = order_named(visit, form.order)
    due = cart.due(visit.session, order)
    if form.due and form.due != str(due.minor) and order.settled_at is None:
        raise Conflict(
            msg("This sale was changed elsewhere: {due} is left to pay now.", due=due),
            link="/counter",
        )
    return order


def order_named(visit: Visit, number: str) -> Order:
    """The order that the form was made for: not whatever lies at the till by now."""
    if not (number.isascii() and number.isdigit() and len(number) < 10):  # noqa: PLR2004
        raise Refused(msg("This form does not say which sale it pays."), field="order")
    order = visit.found_order(int(number))
    if order is None:
        known = orders.by_number(visit.session, visit.actor, int(number))
        raise NotFound(msg("Sale {number} is not at this till.", number=known.number))
    return order
