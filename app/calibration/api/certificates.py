"""Calibration for programs: certificates."""

from fastapi import APIRouter

router = APIRouter()
