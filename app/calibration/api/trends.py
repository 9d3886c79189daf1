"""Calibration for programs: trends."""

from fastapi import APIRouter

router = APIRouter()
