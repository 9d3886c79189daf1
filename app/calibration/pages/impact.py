"""Pages of calibration: impact."""

from fastapi import APIRouter

router = APIRouter()
