"""Calibration for programs: jobs."""

from fastapi import APIRouter

router = APIRouter()
