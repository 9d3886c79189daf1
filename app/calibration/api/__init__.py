"""Measurement for programs."""

from fastapi import APIRouter

from app.calibration.api import (
    certificates,
    equipment,
    impact,
    imports,
    jobs,
    procedures,
    trends,
    validity,
)

router = APIRouter()
for part in (procedures, equipment, imports, impact, trends, validity, certificates, jobs):
    router.include_router(part.router)
