"""What staff, and whoever holds a certificate's code, see of measurement."""

from fastapi import APIRouter

from app.calibration import bodytargets, seedwords
from app.calibration.pages import (
    certificates,
    equipment,
    equipmentcertificates,
    impact,
    imports,
    intervals,
    jobs,
    procedurepoints,
    procedurerelease,
    procedures,
    trends,
    validity,
)
from app.web import rendering

router = APIRouter(tags=["pages"], include_in_schema=False)
rendering.lend(seeded=seedwords.said, word=seedwords.word, placed=bodytargets.named)
for part in (
    *(procedures, procedurepoints, procedurerelease),
    *(equipment, equipmentcertificates, imports, impact, trends, intervals),
    *(validity, certificates, jobs),
):
    router.include_router(part.router)
