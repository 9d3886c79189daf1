"""What customers see without an account, and staff of what customers write."""

from fastapi import APIRouter

from app.portal.pages import (
    owner,
    owner_appointment,
    owner_letters,
    owner_requests,
    repair,
    repair_estimate,
    repair_keys,
    repair_live,
    repair_reaching,
    repair_talk,
    repair_wayin,
)

router = APIRouter(tags=["pages"], include_in_schema=False)
for part in (
    owner,
    owner_appointment,
    owner_letters,
    owner_requests,
    repair,
    repair_estimate,
    repair_keys,
    repair_live,
    repair_reaching,
    repair_talk,
    repair_wayin,
):
    router.include_router(part.router)
