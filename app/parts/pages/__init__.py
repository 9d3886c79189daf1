"""What staff see of parts."""

from fastapi import APIRouter

from app.parts.pages import (
    buying,
    changing,
    counting,
    counts,
    labels,
    lists,
    moving,
    one,
    orders,
    pictures,
    receiving,
    returns,
    suppliers,
)

router = APIRouter(tags=["pages"], include_in_schema=False)
# One part comes last: a part number may look like any address of the others.
for part in (
    lists,
    pictures,
    labels,
    buying,
    orders,
    receiving,
    suppliers,
    moving,
    returns,
    counting,
    counts,
    changing,
    one,
):
    router.include_router(part.router)
