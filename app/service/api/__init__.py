"""Service as JSON."""

from fastapi import APIRouter

from app.service.api import (
    claims,
    edits,
    estimates,
    faults,
    loaners,
    papers,
    planning,
    tickets,
    visits,
    work,
    workshop,
)

router = APIRouter()
for part in (
    estimates,
    work,
    tickets,
    edits,
    claims,
    planning,
    workshop,
    loaners,
    visits,
    faults,
    papers,
):
    router.include_router(part.router)
