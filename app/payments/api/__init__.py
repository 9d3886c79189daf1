"""Tills and what they took, for programs."""

from fastapi import APIRouter

from app.payments.api import (
    books,
    documents,
    entitlements,
    giftcards,
    overdue,
    readers,
    reconciling,
    schemes,
    tills,
    vouchers,
)

router = APIRouter()
for part in (
    giftcards,
    overdue,
    tills,
    books,
    documents,
    readers,
    reconciling,
    schemes,
    vouchers,
    entitlements,
):
    router.include_router(part.router)
