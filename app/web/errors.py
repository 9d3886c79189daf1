"""The one map from a refusal to what the visitor sees: a page, a fragment, or problem JSON."""

from typing import Any

import structlog
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoConnectionFree
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from app.kernel.canonical import plain
from app.kernel.db import is_busy
from app.kernel.errors import (
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    Refused,
    StoreError,
    TooLarge,
    TooMany,
    Unauthenticated,
    Unavailable,
)
from app.kernel.text import Text, msg
from app.web import nextpage
from app.web.frame import keep_strict
from app.web.i18n import speech_of
from app.web.rendering import is_htmx, render

log = structlog.get_logger("error")

STATUS: dict[type[StoreError], int] = {
    Unauthenticated: 401,
    Forbidden: 403,
    NotFound: 404,
    Conflict: 409,
    TooLarge: 413,
    Refused: 422,
    TooMany: 429,
    Unavailable: 503,
}
TITLES: dict[int, Text] = {
    400: msg("This could not be read"),
    401: msg("Please sign in"),
    403: msg("Not allowed"),
    404: msg("Nothing here"),
    405: msg("This address does not take that"),
    409: msg("Somebody was faster"),
    413: msg("Too large"),
    422: msg("This cannot be done"),
    429: msg("Too many tries"),
    500: msg("Something broke on our side"),
    503: msg("Not available just now"),
}


def status_of(error: StoreError) -> int:
    return next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), 400)


def install(app: FastAPI) -> None:
    app.add_exception_handler(StoreError, _on_store_error)
    app.add_exception_handler(RequestValidationError, _on_unreadable)
    app.add_exception_handler(HTTPException, _on_http_exception)
    app.add_exception_handler(DBAPIError, _on_database_error)
    app.add_exception_handler(NoConnectionFree, _on_store_busy)
    app.add_exception_handler(Exception, _on_defect)


def wants_json(request: Request) -> bool:
    return request.url.path.startswith(("/api/", "/webhooks/"))


def problem(
    request: Request,
    status: int,
    *,
    code: str,
    detail: str,
    **more: object,
) -> JSONResponse:
    """RFC 9457 problem JSON."""
    title = speech_of(request).say(TITLES.get(status, TITLES[400]))
    body = {
        "type": f"urn:quatrefoil:problem:{code}",
        "title": title,
        "status": status,
        "detail": detail,
        "code": code,
        "request_id": getattr(request.state, "request_id", ""),
        **{name: value for name, value in more.items() if value},
    }
    return JSONResponse(body, status, media_type="application/problem+json")


def answer_to(request: Request, error: StoreError) -> Response:
    """The same for who stands outside the map."""
    return _on_store_error(request, error)


def _on_store_error(request: Request, error: Exception) -> Response:
    if not isinstance(error, StoreError):
        raise error
    status = status_of(error)
    voice = speech_of(request)
    if wants_json(request):
        problems = getattr(error, "problems", {})
        response: Response = problem(
            request,
            status,
            code=error.code,
            detail=voice.say(error.message),
            field=error.field,
            errors={name: voice.say(text) for name, text in problems.items()},
            facts=_plain_facts(error),
        )
    elif isinstance(error, Unauthenticated):
        response = _to_the_door(request, error)
    else:
        response = _refusal_page(request, status, _in_full(error), link=error.link)
    if isinstance(error, TooMany):
        response.headers["Retry-After"] = str(error.retry_after_s)
    return response


def _in_full(error: StoreError) -> Text:
    """Here no field is marked, so what is wrong with each of them is said itself."""
    if not isinstance(error, Invalid) or not error.problems:
        return error.message
    said, *others = error.problems.values()
    for other in others:
        said = msg("{before} {more}", before=said, more=other)
    return said


def _plain_facts(error: StoreError) -> dict[str, object]:
    facts: dict[str, object] = {}
    for name, fact in error.facts.items():
        try:
            facts[name] = plain(fact)
        except TypeError:
            facts[name] = str(fact)
    return facts


def _to_the_door(request: Request, error: Unauthenticated) -> Response:
    """To the sign-in, or to the lock of somebody who is only away; then back to this page.

    HTMX is told the door's address: app.js opens it over the page and repeats the request.
    """
    door = nextpage.detour(
        "/lock" if error.code == "locked" else "/sign-in", nextpage.page_at(request)
    )
    if is_htmx(request):
        return Response(status_code=401, headers={"HX-Redirect": door, "Vary": "HX-Request"})
    return RedirectResponse(door, 303)


def _refusal_page(
    request: Request, status: int, message: Text, *, link: str | None = None
) -> Response:
    """The sentence where the eye is: in the page's notice for HTMX, else a page of its own."""
    response = render(
        request,
        "layout/error.html",
        block="notice",
        status=status,
        title=TITLES.get(status, TITLES[400]),
        message=message,
        link=link,
        error_id=getattr(request.state, "request_id", ""),
    )
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    if is_htmx(request):
        response.headers["HX-Retarget"] = "#notice"
        response.headers["HX-Reswap"] = "innerHTML"
    return response


def _on_unreadable(request: Request, error: Exception) -> Response:
    """FastAPI could not read the request: name each field, keep our own words."""
    if not isinstance(error, RequestValidationError):
        raise error
    problems = {_field(entry): str(entry.get("msg", "")) for entry in error.errors()}
    message = msg("Please check: {fields}.", fields=", ".join(problems) or "?")
    if wants_json(request):
        return problem(
            request, 422, code=Invalid.code, detail=speech_of(request).say(message), errors=problems
        )
    return _refusal_page(request, 422, message)


def _field(entry: Any) -> str:
    return ".".join(str(part) for part in entry.get("loc", ()) if part != "body") or "body"


def _on_http_exception(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    message = TITLES.get(error.status_code, TITLES[400])
    if error.status_code == 404:  # noqa: PLR2004 - the status itself
        message = msg("There is nothing at this address.")
    if wants_json(request):
        response: Response = problem(
            request, error.status_code, code="http", detail=speech_of(request).say(message)
        )
    else:
        response = _refusal_page(request, error.status_code, message)
    response.headers.update(error.headers or {})
    return response


def _on_database_error(request: Request, error: Exception) -> Response:
    if not is_busy(error):
        raise error
    return _on_store_busy(request, error)


def _on_store_busy(request: Request, error: Exception) -> Response:  # noqa: ARG001 - as handlers are
    busy = Unavailable(msg("The store is very busy just now. Nothing was saved; try again."))
    return _on_store_error(request, busy)


def _on_defect(request: Request, error: Exception) -> Response:
    """A defect of ours: the visitor gets a short id to quote, the log gets the rest."""
    request_id: str = getattr(request.state, "request_id", "–")
    log.error("defect", request_id=request_id, exc_info=error)
    message = msg(
        "This was our mistake, and it has been noted. Nothing was saved. Quote {id} when you ask.",
        id=request_id,
    )
    if wants_json(request):
        detail = speech_of(request).say(message)
        response: Response = problem(request, 500, code="defect", detail=detail)
    else:
        response = _refusal_page(request, 500, message)
    keep_strict(response.headers, request_id)
    return response
