"""Pages of calibration: equipment."""

from fastapi import APIRouter

router = APIRouter()
