"""The counter for programs."""

from fastapi import APIRouter

from app.sales.api import (
    handovers,
    inspections,
    orders,
    payments,
    preorders,
    products,
    quotes,
    returns,
    search,
    tradein,
)

router = APIRouter()
for part in (
    products,
    quotes,
    preorders,
    orders,
    payments,
    handovers,
    inspections,
    returns,
    tradein,
    search,
):
    router.include_router(part.router)
