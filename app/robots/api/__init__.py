"""Robots as JSON."""

from fastapi import APIRouter

from app.robots.api import lives, robots

router = APIRouter()
for part in (lives, robots):
    router.include_router(part.router)
