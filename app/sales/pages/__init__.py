"""What staff see of the counter."""

from fastapi import APIRouter

from app.sales.pages import (
    counter,
    finding,
    inspections,
    lines,
    orders,
    payments,
    products,
    tradein,
)

router = APIRouter(tags=["pages"], include_in_schema=False)
for part in (counter, lines, payments, tradein, orders, inspections, products, finding):
    router.include_router(part.router)
