"""Service as JSON."""

from fastapi import APIRouter

from app.service.api import claims, estimates, tickets

router = APIRouter()
for part in (estimates, tickets, claims):
    router.include_router(part.router)
