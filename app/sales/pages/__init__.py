"""What staff see of the counter."""

from fastapi import APIRouter

from app.sales.pages import (
    counter,
    deposits,
    finding,
    giftcards,
    grants,
    inspections,
    lines,
    offers,
    options,
    orders,
    paylinks,
    payments,
    preorders,
    products,
    quotes,
    quotesteps,
    returns,
    taxes,
    tradein,
    tradeinvalues,
    vouchers,
)

router = APIRouter(tags=["pages"], include_in_schema=False)
for part in (
    counter,
    lines,
    payments,
    paylinks,
    tradein,
    tradeinvalues,
    vouchers,
    giftcards,
    taxes,
    returns,
    quotes,
    quotesteps,
    preorders,
    deposits,
    grants,
    options,
    offers,
    orders,
    inspections,
    products,
    finding,
):
    router.include_router(part.router)
