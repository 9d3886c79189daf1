"""Measurement for programs."""

from fastapi import APIRouter

from app.calibration.api import (
    certificates,
    equipment,
    impact,
    imports,
    jobreadings,
    jobs,
    procedures,
    trends,
    validity,
)

router = APIRouter()
for part in (procedures, equipment, imports, impact, trends, validity, certificates):
    router.include_router(part.router)
for part in (jobs, jobreadings):
    router.include_router(part.router)
