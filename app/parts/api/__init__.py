"""The store room for programs."""

from fastapi import APIRouter

from app.parts.api import (
    availability,
    batteries,
    counts,
    imports,
    ledger,
    parts,
    promises,
    purchases,
    suppliers,
)

router = APIRouter()
# One part comes last: a part number may look like any address of the others.
for part in (
    suppliers,
    purchases,
    counts,
    batteries,
    imports,
    ledger,
    promises,
    availability,
    parts,
):
    router.include_router(part.router)
