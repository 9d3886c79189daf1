"""Robots as JSON."""

from fastapi import APIRouter

from app.robots.api import bulletins, configuration, lives, models, robots, upkeep, warranty

router = APIRouter()
for part in (models, configuration, upkeep, bulletins, warranty, lives, robots):
    router.include_router(part.router)
