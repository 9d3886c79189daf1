"""The customer's side for programs."""

from fastapi import APIRouter

from app.portal.api import requests

router = APIRouter()
router.include_router(requests.router)
