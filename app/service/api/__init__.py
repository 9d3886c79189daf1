"""Service as JSON."""

from fastapi import APIRouter

from app.service.api import claims, estimates, tickets, work

router = APIRouter()
for part in (estimates, work, tickets, claims):
    router.include_router(part.router)
