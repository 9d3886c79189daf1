"""Calibration for programs: imports."""

from fastapi import APIRouter

router = APIRouter()
