"""The customer's side for programs."""

from fastapi import APIRouter

from app.portal.api import requests

router = APIRouter(prefix="/api/v1")
router.include_router(requests.router)
