"""Calibration for programs: procedures."""

from fastapi import APIRouter

router = APIRouter()
