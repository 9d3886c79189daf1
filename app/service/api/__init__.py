"""Service as JSON."""

from fastapi import APIRouter

from app.service.api import (
    claims,
    edits,
    estimates,
    faults,
    loaners,
    planning,
    tickets,
    visits,
    work,
    workshop,
)

router = APIRouter()
for part in (estimates, work, tickets, edits, claims, planning, workshop, loaners, visits, faults):
    router.include_router(part.router)
