"""Tills and what they took, for programs."""

from fastapi import APIRouter

from app.payments.api import books, documents, tills

router = APIRouter()
for part in (tills, books, documents):
    router.include_router(part.router)
