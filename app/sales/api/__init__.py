"""The counter for programs."""

from fastapi import APIRouter

from app.sales.api import (
    giftcards,
    grants,
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
    grants,
    quotes,
    preorders,
    orders,
    payments,
    giftcards,
    handovers,
    inspections,
    returns,
    tradein,
    search,
):
    router.include_router(part.router)
