"""Calibration for programs: validity."""

from fastapi import APIRouter

router = APIRouter()
