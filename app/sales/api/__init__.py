"""The counter for programs."""

from fastapi import APIRouter

from app.sales.api import handovers, inspections, orders, payments, products, search, tradein

router = APIRouter()
for part in (products, orders, payments, handovers, inspections, tradein, search):
    router.include_router(part.router)
