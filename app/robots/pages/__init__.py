"""What staff see of the robots."""

from fastapi import APIRouter

from app.robots.pages import (
    components,
    counters,
    firmware,
    life,
    lists,
    lives,
    models,
    papers,
    parts,
    public,
    receiving,
    slot,
    slots,
    unit,
)

router = APIRouter(tags=["pages"], include_in_schema=False)
# One robot comes last: a serial number may look like any address of the others.
for part in (
    public,
    lists,
    receiving,
    models,
    lives,
    papers,
    slots,
    components,
    life,
    slot,
    parts,
    counters,
    firmware,
    unit,
):
    router.include_router(part.router)
