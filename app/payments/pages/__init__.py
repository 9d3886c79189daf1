"""What staff see of tills and documents."""

from fastapi import APIRouter

from app.payments.pages import (
    books,
    credit,
    day,
    documents,
    dunning,
    entitlements,
    giftcards,
    paying,
    readers,
    reconciling,
    schemes,
    till,
    vouchers,
)

router = APIRouter(include_in_schema=False)
for part in (
    giftcards,
    credit,
    dunning,
    schemes,
    vouchers,
    entitlements,
    till,
    day,
    books,
    readers,
    documents,
    paying,
    reconciling,
):
    router.include_router(part.router)
