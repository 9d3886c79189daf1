"""What staff see of parts."""

from fastapi import APIRouter

from app.parts.pages import (
    batteries,
    buying,
    changing,
    counting,
    counts,
    exports,
    imports,
    keeping,
    labels,
    lists,
    moving,
    one,
    orders,
    pictures,
    places,
    receiving,
    returns,
    suppliers,
    undoing,
    valuation,
)

router = APIRouter(tags=["pages"], include_in_schema=False)
# One part comes last: a part number may look like any address of the others.
for part in (
    lists,
    pictures,
    labels,
    places,
    buying,
    orders,
    receiving,
    keeping,
    undoing,
    suppliers,
    moving,
    returns,
    counting,
    counts,
    batteries,
    imports,
    exports,
    valuation,
    changing,
    one,
):
    router.include_router(part.router)
