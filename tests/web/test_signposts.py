"""Whoever is guided by an address's first step comes to where FastAPI itself would have led."""

import pytest
from fastapi import APIRouter, FastAPI
from fastapi.testclient import TestClient
from starlette.responses import PlainTextResponse
from starlette.routing import Mount

from app.web.signposts import Guide, Signposts

pytestmark = pytest.mark.only_on("sqlite")
ASKED = [
    ("GET", "/robots"),
    ("GET", "/robots/7"),
    ("GET", "/robots/new"),
    ("POST", "/robots/new"),
    ("DELETE", "/robots/new"),
    ("GET", "/robots/"),
    ("GET", "/robots/a/b"),
    ("GET", "/parts/7/more"),
    ("GET", "/files/x.js"),
    ("GET", "/beside"),
    ("GET", "/nowhere"),
    ("GET", "//robots"),
    ("GET", "/"),
]


def a_router() -> APIRouter:
    """One within another, with an open-ended address before a narrower one."""
    inner, outer = APIRouter(prefix="/robots"), APIRouter()

    @inner.get("")
    def every() -> str:
        return "every"

    @inner.get("/{number:int}")
    def numbered(number: int) -> str:
        return f"numbered {number}"

    @inner.post("/new")
    @inner.get("/new")
    def new() -> str:
        return "new"

    @inner.get("/{rest:path}")
    def rest(rest: str) -> str:
        return f"rest {rest}"

    @outer.get("/parts/{number}/more")
    def more(number: str) -> str:
        return f"more {number}"

    outer.include_router(inner)
    return outer


def an_app(*, is_guided: bool) -> TestClient:
    front = FastAPI(openapi_url=None)
    front.include_router(a_router())
    signposts = Signposts(front.router.routes)
    app = FastAPI(routes=[*signposts.routers])
    app.router.routes.append(Mount("/files", PlainTextResponse("a file")))
    if is_guided:
        app.router.middleware_stack = Guide(app.router, signposts)
    app.add_route("/beside", lambda _request: PlainTextResponse("added later"))
    return TestClient(app, follow_redirects=False)


def test_each_address_leads_to_where_it_led_without() -> None:
    with_guide, without = an_app(is_guided=True), an_app(is_guided=False)

    for method, address in ASKED:
        guided = with_guide.request(method, f"http://testserver{address}")
        plain = without.request(method, f"http://testserver{address}")

        assert (guided.status_code, guided.text) == (plain.status_code, plain.text), address
        for name in ("allow", "location"):
            assert guided.headers.get(name) == plain.headers.get(name), address
