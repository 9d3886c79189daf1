"""Tills and what they took, for programs."""

from fastapi import APIRouter

from app.payments.api import documents, tills

router = APIRouter()
for part in (tills, documents):
    router.include_router(part.router)
