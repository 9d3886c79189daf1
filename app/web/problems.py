"""How the API tells a refusal: problem JSON, the same everywhere (RFC 9457)."""

from typing import Any

from pydantic import BaseModel, Field

MEDIA_TYPE = "application/problem+json"
SCHEMA = "#/components/schemas/Problem"

_DESCRIPTIONS = {
    400: "The body is no text at all.",
    401: "No token, or one that is not valid (any more).",
    403: "The token's role may not do this.",
    404: "There is no such thing in this store.",
    409: "Somebody was faster, or the thing is no longer as it was; look again.",
    413: "The body is larger than the store accepts.",
    422: "Something that was sent cannot be read, or a rule of the store says no.",
    429: "Too many wrong codes; `Retry-After` says when the next is worth a try.",
    503: "Card service or database do not answer just now; nothing was done.",
}
_ALWAYS = (401, 403, 422, 503)
# 409 also for an idempotency key that was used before, with something else
_WRITING = (400, 409, 413)


class Problem(BaseModel):
    """A refusal. `code` is for programs, `detail` a sentence for people; `errors` is by field."""

    type: str = Field(description="`urn:quatrefoil:problem:<code>`")
    title: str
    status: int
    detail: str
    code: str
    request_id: str
    field: str = Field(default="", description="What was sent that this is about.")
    errors: dict[str, str] = Field(default={}, description="A sentence by field.")
    facts: dict[str, Any] = Field(default={}, description="The particulars of `detail`.")


def refusals(*more: int) -> dict[int | str, dict[str, Any]]:
    """For a route's `responses`: what any call may be refused with, and `more` of its own."""
    return {
        status: {
            "description": _DESCRIPTIONS[status],
            "content": {MEDIA_TYPE: {"schema": {"$ref": SCHEMA}}},
        }
        for status in sorted({*_ALWAYS, *more})
    }


def refusals_of_writing(*more: int) -> dict[int | str, dict[str, Any]]:
    """As `refusals`, for what sends a body."""
    return refusals(*_WRITING, *more)
