"""The way of one request to the API: key, address, parameters, work, answer, mishap.

The work, the events it raises and the answer kept for its idempotency key are one transaction.
Only after it has been committed may the answer be lost on purpose.
"""

import asyncio
import base64
import binascii
import json
import logging
from dataclasses import asdict, dataclass, field
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import Response

from stripe_stand_in import clock, events, lists, outcomes, readers
from stripe_stand_in.calls import Call
from stripe_stand_in.errors import StripeObject, StripeRefusal, invalid
from stripe_stand_in.forms import Params, decode
from stripe_stand_in.idempotency import Keys, fingerprint
from stripe_stand_in.ids import new_id
from stripe_stand_in.outcomes import Outcome
from stripe_stand_in.protocol import hang_up
from stripe_stand_in.routes import Route, match
from stripe_stand_in.state import Cause, SavedAnswer, State
from stripe_stand_in.webhooks import Postman

_LOG = logging.getLogger("stripe_stand_in")
_TEST_KEYS = ("sk_test_", "rk_test_")
_FORM = "application/x-www-form-urlencoded"


@dataclass
class Answer:
    """What goes back: a status and a JSON text, with Stripe's headers."""

    status: int
    body: str
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Record:
    """What the book of requests says about one, for tests that count."""

    made: float
    method: str
    path: str
    params: StripeObject
    request_id: str
    idempotency_key: str | None
    operation: str | None = None
    status: int | None = None
    replayed: bool = False
    mishap: str | None = None


class Api:
    """The API's door."""

    def __init__(self, state: State, postman: Postman) -> None:
        self._state = state
        self._postman = postman
        self._keys = Keys(state)

    async def answer(self, request: Request) -> Response:
        """Answer one request, or hang up without an answer where that was ordered."""
        record = Record(
            made=clock.now(),
            method=request.method,
            path=request.url.path,
            params={},
            request_id=new_id("req", 14),
            idempotency_key=request.headers.get("idempotency-key") or None,
        )
        mishap: Outcome | None = None
        try:
            route, call = await self._understand(request, record)
            with self._keys.held(record.idempotency_key):
                answer, mishap = await self._work(record, route, call)
        except StripeRefusal as refusal:
            answer = _refusal(refusal, record)
        if events.plan(self._state).send_first:
            await self._postman.deliver_due()
        lost = mishap is not None and mishap.outcome == "lose_answer"
        record.status = None if lost else answer.status
        with self._state.transaction():
            self._state.note_request(asdict(record))
        return await hang_up(request) if lost else _response(answer, record)

    async def _understand(self, request: Request, record: Record) -> tuple[Route, Call]:
        """Check key, address and form; what is wrong here never reaches an endpoint."""
        _check_key(request.headers.get("authorization", ""))
        text = await _form_text(request) if request.method == "POST" else request.url.query
        params = Params(decode(text))
        record.params = dict(params.tree)
        if record.method != "POST":
            record.idempotency_key = None
        route, ids = match(request.method, record.path)
        record.operation = route.operation
        return route, Call(
            state=self._state,
            path=record.path,
            ids=ids,
            params=params,
            base_url=str(request.base_url).rstrip("/"),
            version=request.headers.get("stripe-version", events.API_VERSION),
        )

    async def _work(
        self, record: Record, route: Route, call: Call
    ) -> tuple[Answer, Outcome | None]:
        key = record.idempotency_key
        first = self._keys.first_answer(
            key, method=record.method, path=record.path, params=call.params
        )
        mishap = self._take_mishap(route, replayed=first is not None)
        delay_s = mishap.delay_ms / 1000 if mishap else 0.0
        late = mishap is not None and mishap.when == "after"
        if mishap:
            record.mishap = mishap.outcome
        if not late:
            await asyncio.sleep(delay_s)
        if mishap and mishap.outcome == "rate_limit":
            raise _rate_limited()
        if first:
            record.replayed = True
            again = {"Idempotent-Replayed": "true", "Original-Request": first.request_id}
            answer = Answer(first.status, first.body, again)
        else:
            answer = self._execute(record, route, call, mishap)
        if late:
            await asyncio.sleep(delay_s)
        return answer, mishap

    def _take_mishap(self, route: Route, *, replayed: bool) -> Outcome | None:
        if not outcomes.queue(self._state):
            return None
        kinds = outcomes.AFTER_EXECUTION if replayed else outcomes.HTTP
        with self._state.transaction():
            return outcomes.take_for_request(self._state, route.operation, route.method, kinds)

    def _execute(self, record: Record, route: Route, call: Call, mishap: Outcome | None) -> Answer:
        """Do the work and keep the answer, in one transaction."""
        cause = Cause(record.request_id, record.idempotency_key)
        try:
            with self._state.transaction(cause):
                answer, kept = _answered(record, route, call, mishap)
                if kept and record.idempotency_key:
                    self._state.save_answer(
                        record.idempotency_key,
                        SavedAnswer(
                            record.method, record.path, fingerprint(call.params),
                            record.request_id, answer.status, answer.body,
                        ),
                    )  # fmt: skip
        except StripeRefusal as refusal:
            # only `expand` gets here, after the work: what was done is taken back
            return _refusal(refusal, record)
        except Exception:
            # a fault of ours: nothing was kept, and the client sees what Stripe would show it
            _LOG.exception("%s %s failed", record.method, record.path)
            return _refusal(_broken(), record)
        return answer


def _answered(
    record: Record, route: Route, call: Call, mishap: Outcome | None
) -> tuple[Answer, bool]:
    """Return the endpoint's answer, and whether its idempotency key is used up by it."""
    broken = _mishap_refusal(mishap)
    try:
        expanded = call.params.texts("expand")
        if broken and mishap and mishap.when == "before":
            raise broken
        body = route.handler(call)
        if broken:
            raise broken
    except StripeRefusal as refusal:
        return _refusal(refusal, record), refusal.kept
    lists.expand(call.state, body, expanded)
    return Answer(200, json.dumps(body, indent=2)), True


def _mishap_refusal(mishap: Outcome | None) -> StripeRefusal | None:
    match mishap.outcome if mishap else None:
        case "http_500":
            return _broken()
        case "reader_offline":
            return readers.offline()
        case "reader_timeout":
            return readers.timed_out()
    return None


def _broken() -> StripeRefusal:
    return StripeRefusal(
        500,
        "An unknown error occurred. If you have any questions, we can help at "
        "https://support.stripe.com/.",
        kind="api_error",
        kept=True,
    )


def _rate_limited() -> StripeRefusal:
    return StripeRefusal(
        429,
        "Request rate limit exceeded. Learn more about rate limits here "
        "https://stripe.com/docs/rate-limits.",
        code="rate_limit",
    )


async def _form_text(request: Request) -> str:
    body = await request.body()
    if body and not request.headers.get("content-type", "").startswith(_FORM):
        raise invalid(
            "Invalid request (check that your POST content type is "
            f"{_FORM}). If you have any questions, we can help at https://support.stripe.com/."
        )
    try:
        return body.decode()
    except UnicodeDecodeError:
        raise invalid("Invalid UTF-8 in the request body.") from None


def _check_key(authorization: str) -> None:
    """Let test keys in, as Bearer or as the user name of Basic; answer 401 to anything else."""
    scheme, _, credentials = authorization.partition(" ")
    key = credentials.strip()
    if scheme.lower() == "basic":
        try:
            key = base64.b64decode(key, validate=True).decode().partition(":")[0]
        except (binascii.Error, UnicodeDecodeError):
            key = ""
    if not key or scheme.lower() not in ("basic", "bearer"):
        raise StripeRefusal(
            401,
            "You did not provide an API key. You need to provide your API key in the "
            "Authorization header, using Bearer auth (e.g. 'Authorization: Bearer "
            "YOUR_SECRET_KEY'). See https://stripe.com/docs/api#authentication for details.",
        )
    if not key.startswith(_TEST_KEYS):
        raise StripeRefusal(401, f"Invalid API Key provided: {key[:8]}{'*' * 8}{key[-4:]}")


def _refusal(refusal: StripeRefusal, record: Record) -> Answer:
    log = f"https://dashboard.stripe.com/test/logs/{record.request_id}"
    body = {"error": {**refusal.error, "request_log_url": log}}
    headers = {}
    if refusal.status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = 'Bearer realm="Stripe"'
    if refusal.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        # asked again under the same key Stripe would only say the same, and says so
        headers["Stripe-Should-Retry"] = "false"
    return Answer(refusal.status, json.dumps(body, indent=2), headers)


def _response(answer: Answer, record: Record) -> Response:
    headers = {
        "Request-Id": record.request_id,
        "Stripe-Version": events.API_VERSION,
        "Cache-Control": "no-cache, no-store",
        **answer.headers,
    }
    if record.idempotency_key:
        headers["Idempotency-Key"] = record.idempotency_key
        headers.setdefault("Original-Request", record.request_id)
    return Response(answer.body, answer.status, headers, media_type="application/json")
