"""Robots as JSON."""

from fastapi import APIRouter

from app.robots.api import robots

router = APIRouter()
for part in (robots,):
    router.include_router(part.router)
