"""Robots as JSON."""

from fastapi import APIRouter

from app.robots.api import bulletins, lives, robots, warranty

router = APIRouter()
for part in (bulletins, warranty, lives, robots):
    router.include_router(part.router)
