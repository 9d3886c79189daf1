"""What staff see of tills and documents."""

from fastapi import APIRouter

from app.payments.pages import (
    books,
    day,
    documents,
    dunning,
    paying,
    readers,
    reconciling,
    till,
    vouchers,
)

router = APIRouter(include_in_schema=False)
for part in (dunning, vouchers, till, day, books, readers, documents, paying, reconciling):
    router.include_router(part.router)
