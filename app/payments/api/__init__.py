"""Tills and what they took, for programs."""

from fastapi import APIRouter

from app.payments.api import tills

router = APIRouter()
for part in (tills,):
    router.include_router(part.router)
