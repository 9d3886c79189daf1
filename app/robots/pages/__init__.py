"""What staff see of the robots."""

from fastapi import APIRouter

from app.robots.pages import (
    bulletins,
    components,
    concerns,
    counters,
    documents,
    duties,
    firmware,
    life,
    lists,
    lives,
    modeldocuments,
    models,
    papers,
    parts,
    public,
    receiving,
    slot,
    slots,
    terms,
    unit,
    warranty,
)

# The key and the signed file; the public page of a robot, which takes any word, is the portal's.
public_router = APIRouter(tags=["pages"], include_in_schema=False)
public_router.include_router(public.router)

router = APIRouter(tags=["pages"], include_in_schema=False)
# One robot comes last: a serial number may look like any address of the others.
for part in (
    lists,
    receiving,
    models,
    bulletins,
    terms,
    duties,
    modeldocuments,
    lives,
    papers,
    slots,
    components,
    warranty,
    concerns,
    documents,
    life,
    slot,
    parts,
    counters,
    firmware,
    unit,
):
    router.include_router(part.router)
