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
    paying,
    paylinks,
    plans,
    returns,
    taxes,
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
    paying,
    paylinks,
    taxes,
    loaners,
    visits,
    warranty,
    ticket,
):
    router.include_router(part.router)
