"""What staff see of the robots."""

from fastapi import APIRouter

from app.robots.pages import life, lists, lives, models, papers, public, receiving, unit

router = APIRouter(tags=["pages"], include_in_schema=False)
# One robot comes last: a serial number may look like any address of the others.
for part in (public, lists, receiving, models, lives, papers, life, unit):
    router.include_router(part.router)
