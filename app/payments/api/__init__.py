"""Tills and what they took, for programs."""

from fastapi import APIRouter

from app.payments.api import books, documents, overdue, reconciling, tills

router = APIRouter()
for part in (overdue, tills, books, documents, reconciling):
    router.include_router(part.router)
