"""Robots as JSON."""

from fastapi import APIRouter

from app.robots.api import (
    bulletins,
    components,
    configuration,
    lives,
    models,
    robots,
    upkeep,
    warranty,
)

router = APIRouter()
for part in (models, configuration, components, upkeep, bulletins, warranty, lives, robots):
    router.include_router(part.router)
