"""Pages of calibration: jobs."""

from fastapi import APIRouter

router = APIRouter()
