"""What staff see of service."""

from fastapi import APIRouter

from app.service.pages import (
    benches,
    board,
    calendar,
    claims,
    comebacks,
    diagnosis,
    edits,
    estimatelines,
    estimates,
    estimatesteps,
    faults,
    intake,
    loaners,
    operations,
    papers,
    paylinks,
    plans,
    returns,
    ticket,
    visits,
    warranty,
    work,
)

router = APIRouter(tags=["pages"], include_in_schema=False)
for part in (
    board,
    calendar,
    plans,
    benches,
    comebacks,
    intake,
    faults,
    papers,
    operations,
    claims,
    edits,
    diagnosis,
    estimates,
    estimatelines,
    estimatesteps,
    work,
    returns,
    paylinks,
    loaners,
    visits,
    warranty,
    ticket,
):
    router.include_router(part.router)
