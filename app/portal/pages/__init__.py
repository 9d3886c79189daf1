"""What customers see without an account, and staff of what customers write."""

from fastapi import APIRouter

from app.portal.pages import (
    repair,
    repair_estimate,
)

router = APIRouter(tags=["pages"], include_in_schema=False)
for part in (
    repair,
    repair_estimate,
):
    router.include_router(part.router)
