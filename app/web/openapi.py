"""The API's own description: what FastAPI knows, and what all calls have in common."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute

from app.web.idempotent import HEADER, LONGEST_KEY
from app.web.problems import SCHEMA, Problem

_ROOT = "/api/v1/"
_SCHEME = {
    "type": "http",
    "scheme": "bearer",
    "description": "A token of this store, made by `quatrefoil token create --role …`.",
}
_KEY = {
    "name": HEADER.title(),
    "in": "header",
    "required": False,
    "description": (
        "The same key with the same request gives the first answer again and does nothing twice; "
        "with another request it is refused (409). Kept for a week."
    ),
    "schema": {"type": "string", "maxLength": LONGEST_KEY},
}


def install(app: FastAPI) -> None:
    """Let the application describe itself fully; made once, at the first question."""

    def described() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _describe(app)
        return app.openapi_schema

    # as FastAPI's own documentation extends it
    app.openapi = described  # type: ignore[method-assign]


def operation_id(route: APIRoute) -> str:
    """What generated clients call it: the endpoint's own name."""
    return route.name


def _describe(app: FastAPI) -> dict[str, Any]:
    schema = get_openapi(
        title=app.title, version=app.version, description=app.description, routes=app.routes
    )
    parts = schema.setdefault("components", {})
    parts["securitySchemes"] = {"bearer": _SCHEME}
    parts.setdefault("schemas", {})[SCHEMA.rpartition("/")[2]] = Problem.model_json_schema()
    for path, verbs in schema["paths"].items():
        if not path.startswith(_ROOT):
            continue
        for verb, operation in verbs.items():
            operation["security"] = [{"bearer": []}]
            if verb == "post":
                operation.setdefault("parameters", []).append(_KEY)
    return schema
