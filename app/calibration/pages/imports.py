"""Pages of calibration: imports."""

from fastapi import APIRouter

router = APIRouter()
