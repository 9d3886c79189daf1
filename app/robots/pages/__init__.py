"""What staff see of the robots."""

from fastapi import APIRouter

from app.robots.pages import life, lists, models, receiving, unit

router = APIRouter(tags=["pages"], include_in_schema=False)
# One robot comes last: a serial number may look like any address of the others.
for part in (lists, receiving, models, life, unit):
    router.include_router(part.router)
