"""Calibration for programs: impact."""

from fastapi import APIRouter

router = APIRouter()
