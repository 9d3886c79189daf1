"""Calibration for programs: equipment."""

from fastapi import APIRouter

router = APIRouter()
