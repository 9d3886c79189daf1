"""Service as JSON."""

from fastapi import APIRouter

from app.service.api import claims, estimates, planning, tickets, work

router = APIRouter()
for part in (estimates, work, tickets, claims, planning):
    router.include_router(part.router)
