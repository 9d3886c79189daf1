"""Pages of calibration: certificates."""

from fastapi import APIRouter

router = APIRouter()
