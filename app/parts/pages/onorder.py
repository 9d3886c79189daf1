"""The page of one purchase order, with what was typed into one of its forms."""

from fastapi import Request
from sqlalchemy.orm import Session
from starlette.responses import Response

from app.kernel.text import Text
from app.parts import purchase_lists
from app.parts.addresses import part_page
from app.parts.buying_models import PurchaseOrder
from app.parts.owners import owner_label
from app.stores import desk
from app.web.rendering import render


def order_view(
    request: Request,
    session: Session,
    order: PurchaseOrder,
    *,
    typed: dict[str, str] | None = None,
    about: str = "",
    problems: dict[str, Text] | None = None,
    booked: int | None = None,
    status: int = 200,
) -> Response:
    store = desk.store_of(session, order.store_id)
    return render(
        request,
        "parts/order.html",
        status=status,
        view=purchase_lists.order_page(session, order),
        order=order,
        typed=typed or {},
        about=about,
        problems=problems or {},
        booked=booked,
        currency=store.currency,
        part_page=part_page,
        owner_label=owner_label,
    )
