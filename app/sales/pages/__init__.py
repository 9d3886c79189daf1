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
    returns,
    taxes,
    tradein,
)

router = APIRouter(tags=["pages"], include_in_schema=False)
for part in (
    counter,
    lines,
    payments,
    tradein,
    taxes,
    returns,
    orders,
    inspections,
    products,
    finding,
):
    router.include_router(part.router)
