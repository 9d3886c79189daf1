"""The customer's side for programs."""

from fastapi import APIRouter

router = APIRouter(prefix="/api/v1")
