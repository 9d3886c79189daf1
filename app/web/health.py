"""For whoever watches the service: alive, ready, figures."""

from fastapi import APIRouter, Request
from prometheus_client import generate_latest
from sqlalchemy import text
from starlette.responses import JSONResponse, Response

from app.web.frame import REGISTRY
from app.web.sessions import database_of

router = APIRouter(tags=["health"])


@router.get("/healthz")
def alive() -> dict[str, str]:
    return {"status": "alive"}


@router.get("/readyz")
def ready(request: Request) -> Response:
    """200 when the database answers, 503 when not."""
    try:
        with database_of(request).reading() as session:
            session.execute(text("SELECT 1"))
    except Exception:
        return JSONResponse({"status": "database does not answer"}, 503)
    return JSONResponse({"status": "ready"})


@router.get("/metrics")
def metrics() -> Response:
    return Response(generate_latest(REGISTRY), media_type="text/plain; version=0.0.4")
