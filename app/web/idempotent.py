"""`@once`: an endpoint whose repetition gives the first answer instead of a second effect."""

import json
from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any, TypeVar, cast

from fastapi import Request
from pydantic import BaseModel
from sqlalchemy.orm import Session
from starlette.responses import JSONResponse, Response

from app.kernel import idempotency
from app.kernel.actor import Actor
from app.kernel.errors import Refused
from app.kernel.searchkeys import clean
from app.kernel.text import msg

HEADER = "idempotency-key"
LONGEST_KEY = 128
_KEPT_HEADERS = ("content-type", "location", "hx-redirect", "hx-location", "hx-trigger")
Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])


def once(endpoint: Endpoint) -> Endpoint:
    """Keep the first successful answer of each (actor, token) in the transaction of its effect.

    The endpoint takes `request`, `session` (writing) and `actor`. The token is the header
    `Idempotency-Key` (JSON) or the field `token` of its `form` (pages). JSON endpoints return a
    pydantic model, sent with the route's `status_code`, or a Response; without a token they
    simply run.
    """

    @wraps(endpoint)
    def guarded(
        *args: Any, request: Request, session: Session, actor: Actor, **inputs: Any
    ) -> Response:
        wanted = _request(request, actor, inputs.get("form"))
        if wanted is not None:
            kept = idempotency.recall(session, wanted)
            if kept is not None:
                headers = {**json.loads(kept.headers), "Idempotent-Replayed": "true"}
                return Response(kept.body, kept.status, headers)
        answer = _response(
            request, endpoint(*args, request=request, session=session, actor=actor, **inputs)
        )
        if wanted is not None and answer.status_code < 400:  # noqa: PLR2004 - refusals are not kept
            session.flush()
            headers = {
                name: answer.headers[name] for name in _KEPT_HEADERS if name in answer.headers
            }
            idempotency.keep(
                session,
                wanted,
                status=answer.status_code,
                headers=headers,
                body=bytes(answer.body),
            )
        return answer

    return cast(Endpoint, guarded)


def was_sent(request: Request, session: Session, actor: Actor, form: object) -> bool:
    """For an act whose outcome is told later, and not by its first answer: whether it was begun.

    Raises TokenReused when the token came with other contents.
    """
    wanted = _request(request, actor, form)
    return wanted is not None and idempotency.recall(session, wanted) is not None


def remember(request: Request, session: Session, actor: Actor, form: object) -> None:
    """Such an act begins now, in this transaction."""
    wanted = _request(request, actor, form)
    if wanted is not None:
        idempotency.keep(session, wanted, status=HTTPStatus.ACCEPTED, headers={}, body=b"")


def _request(request: Request, actor: Actor, form: object) -> idempotency.Request | None:
    token = clean(request.headers.get(HEADER) or getattr(form, "token", "") or "")
    if not token:
        return None
    if len(token) > LONGEST_KEY:
        raise Refused(msg("An idempotency key has at most 128 characters."), field="token")
    body = getattr(request.state, "body_sha256", "")
    return idempotency.Request(
        scope=actor.key,
        token=token,
        fingerprint=idempotency.fingerprint(
            request.method, f"{request.url.path}?{request.url.query}", body
        ),
    )


def _response(request: Request, answer: Response | BaseModel) -> Response:
    if isinstance(answer, Response):
        return answer
    route = request.scope.get("route")
    status = getattr(route, "status_code", None) or HTTPStatus.OK
    return JSONResponse(answer.model_dump(mode="json", by_alias=True), status)
