"""Pages of calibration: validity."""

from fastapi import APIRouter

router = APIRouter()
