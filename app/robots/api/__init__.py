"""Robots as JSON."""

from fastapi import APIRouter

from app.robots.api import (
    bulletins,
    components,
    configuration,
    dossiers,
    entitlements,
    lives,
    modelduties,
    models,
    prints,
    robots,
    upkeep,
    warranty,
)

router = APIRouter()
for part in (
    models,
    modelduties,
    configuration,
    components,
    upkeep,
    bulletins,
    entitlements,
    warranty,
    dossiers,
    prints,
    lives,
    robots,
):
    router.include_router(part.router)
