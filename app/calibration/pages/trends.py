"""Pages of calibration: trends."""

from fastapi import APIRouter

router = APIRouter()
