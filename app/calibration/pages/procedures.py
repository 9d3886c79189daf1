"""Pages of calibration: procedures."""

from fastapi import APIRouter

router = APIRouter()
