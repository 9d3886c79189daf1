"""What customers see without an account, and staff of what customers write."""

from fastapi import APIRouter

from app.portal.pages import (
    pulse,
    repair,
    repair_estimate,
)

router = APIRouter(tags=["pages"], include_in_schema=False)
for part in (
    pulse,
    repair,
    repair_estimate,
):
    router.include_router(part.router)
