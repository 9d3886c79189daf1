"""The front door: put the rooms together."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import Depends, FastAPI
from starlette.middleware.gzip import GZipMiddleware

from app import wiring
from app.kernel.db import Database
from app.payments import stripe_gate
from app.settings import Settings
from app.web import background, csrf, errors, health
from app.web.buffering import BufferedWrites
from app.web.frame import RequestFrame
from app.web.static import StaticAssets

PAGES: list[object] = []


def create_app(settings: Settings | None = None) -> FastAPI:
    """The whole service on one database; nothing is read from elsewhere than `settings`."""
    settings = settings or Settings()
    wiring.connect()
    app = FastAPI(
        title="Quatrefoil",
        version="1",
        description="Point of sale and service for humanoid-robot 4S stores.",
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/v1/openapi.json",
        dependencies=[Depends(csrf.check)],
        lifespan=_lifespan,
    )
    app.state.settings = settings
    app.state.database = Database(settings.database, pool_size=settings.pool_size)
    stripe_gate.connect(app.state.database, settings)
    errors.install(app)
    app.add_middleware(BufferedWrites)
    app.add_middleware(GZipMiddleware, minimum_size=500, compresslevel=6)
    app.add_middleware(RequestFrame)
    app.include_router(health.router)
    app.mount("/static", StaticAssets())
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    async with background.running(app.state.database, app.state.settings):
        yield
    app.state.database.close()
