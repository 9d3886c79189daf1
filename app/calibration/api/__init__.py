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
    recalibration,
    trends,
    validity,
)

router = APIRouter()
for part in (procedures, equipment, imports, impact, trends, validity, recalibration):
    router.include_router(part.router)
for part in (certificates, jobs, jobreadings):
    router.include_router(part.router)
