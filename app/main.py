"""The front door: put the rooms together."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache

from fastapi import Depends, FastAPI
from starlette.middleware.gzip import GZipMiddleware

from app import wiring
from app.calibration import api as calibration_api
from app.calibration import pages as calibration_pages
from app.customers import api as customers_api
from app.customers import pages as customers_pages
from app.identity import pages as identity_pages
from app.kernel.db import Database
from app.kernel.text import msg
from app.messaging import api as messaging_api
from app.messaging import delivery
from app.messaging import pages as messaging_pages
from app.parts import api as parts_api
from app.parts import pages as parts_pages
from app.payments import api as payments_api
from app.payments import pages as payments_pages
from app.payments import stripe_gate, webhooks
from app.portal import api as portal_api
from app.portal import pages as portal_pages
from app.robots import addresses
from app.robots import api as robots_api
from app.robots import pages as robots_pages
from app.sales import api as sales_api
from app.sales import pages as sales_pages
from app.service import api as service_api
from app.service import pages as service_pages
from app.settings import Settings
from app.stores import pages as stores_pages
from app.survey import api as survey_api
from app.survey import pages as survey_pages
from app.web import background, csrf, errors, health, openapi, rendering
from app.web.buffering import BufferedWrites
from app.web.frame import RequestFrame
from app.web.navigation import Place
from app.web.signposts import Guide, Signposts
from app.web.static import StaticAssets

# Looked through in this order. Sales stand before robots: a robot's inspection is asked for below
# the robot's own, open-ended address.
ROUTERS = (
    sales_pages.router,
    health.router,
    robots_pages.public_router,
    portal_pages.router,
    portal_api.router,
    payments_pages.router,
    sales_api.router,
    calibration_pages.router,
    calibration_api.router,
    service_pages.router,
    service_api.router,
    survey_pages.router,
    survey_api.router,
    parts_pages.router,
    parts_api.router,
    robots_pages.router,
    robots_api.router,
    messaging_pages.router,
    messaging_api.router,
    customers_pages.router,
    customers_api.router,
    payments_api.router,
    identity_pages.router,
    stores_pages.router,
    webhooks.router,
)
PLACES = [
    Place("/", "layout-dashboard", msg("Today")),
    Place("/counter", "scan-barcode", msg("Counter"), "counter.sell"),
    Place("/robots", "bot", msg("Robots"), "robots.view"),
    Place("/service", "wrench", msg("Workshop"), "service.view"),
    Place("/parts", "boxes", msg("Parts"), "stock.view"),
    Place("/calibration", "shield-check", msg("Calibration"), "calibration.view"),
    Place("/sales", "receipt-text", msg("Sales"), "orders.view"),
    Place("/products", "package-open", msg("Products"), "products.view"),
    Place("/customers", "users", msg("Customers"), "customers.view"),
    Place("/survey", "chart-column", msg("Survey"), "survey.view"),
    Place("/till", "wallet", msg("Till"), "till.view"),
    Place("/books", "landmark", msg("Books"), "books.view"),
    Place("/settings", "settings", msg("Settings"), "settings.view"),
]
SETTINGS_PLACES = [
    Place("/settings/store", "store", msg("Store"), "settings.view"),
    Place("/settings/tills", "wallet", msg("Tills"), "settings.view"),
    Place("/settings/tax", "ticket-percent", msg("Tax"), "settings.view"),
    Place("/settings/options", "package-open", msg("Options"), "settings.view"),
    Place("/settings/checklists", "shield-check", msg("Checklists"), "settings.view"),
    Place("/settings/trade-in", "arrow-right-left", msg("Trade-in values"), "settings.view"),
    Place("/settings/schemes", "ticket-percent", msg("Voucher schemes"), "settings.view"),
    Place("/settings/data-vouchers", "ticket-percent", msg("Data vouchers"), "settings.view"),
    Place("/settings/gift-cards", "wallet", msg("Gift cards and credit"), "settings.view"),
    Place("/settings/returns", "list-restart", msg("Customer returns"), "settings.view"),
    Place("/settings/survey", "chart-column", msg("Survey"), "settings.view"),
    Place("/messages", "send", msg("Messages"), "customers.view"),
    Place("/service/operations", "wrench", msg("Operations"), "service.view"),
    Place("/settings/staff", "users", msg("Staff"), "staff.manage"),
    Place("/settings/terminals", "lock", msg("Terminals"), "terminals.enrol"),
    Place("/settings/tokens", "file-text", msg("API tokens"), "staff.manage"),
    Place("/audit", "history", msg("Audit"), "audit.view"),
    Place("/settings/components", "info", msg("Components and states"), "settings.view"),
]


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
        generate_unique_id_function=openapi.operation_id,
        dependencies=[Depends(csrf.check)],
        routes=[*_signposts().routers],
        lifespan=_lifespan,
    )
    app.state.settings = settings
    app.state.database = Database(settings.database, pool_size=settings.pool_size)
    stripe_gate.connect(app.state.database, settings)
    delivery.connect(app.state.database, settings)
    errors.install(app)
    openapi.install(app)
    app.add_middleware(BufferedWrites)
    app.add_middleware(GZipMiddleware, minimum_size=500, compresslevel=6)
    app.add_middleware(RequestFrame)
    app.state.places = PLACES
    app.state.settings_places = SETTINGS_PLACES
    rendering.environment().globals.update(robot_page=addresses.robot_page)
    app.mount("/static", StaticAssets())
    app.router.middleware_stack = Guide(app.router, _signposts())
    return app


@cache
def _signposts() -> Signposts:
    """Every address, put together once for a process: FastAPI works out what each endpoint asks for
    when the first request looks through them, which takes longer than a hundred answers.
    """
    front = FastAPI(
        openapi_url=None,
        generate_unique_id_function=openapi.operation_id,
        dependencies=[Depends(csrf.check)],
    )
    for router in ROUTERS:
        front.include_router(router)
    return Signposts(front.router.routes)


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    async with background.running(app.state.database, app.state.settings):
        yield
    app.state.database.close()
