"""The same key twice is the same request twice: the first answer is given again.

As on Stripe: another body or another endpoint under a used key is refused with 400, a key whose
first request is still under way with 409, and a request that was turned away before it began to
work (see `errors`) leaves its key free.
"""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager

from stripe_stand_in.errors import StripeRefusal, invalid
from stripe_stand_in.forms import Params
from stripe_stand_in.state import SavedAnswer, State

_LONGEST_KEY = 255


def fingerprint(params: Params) -> str:
    """Return a sign that is the same for the same parameters, in whatever order."""
    return hashlib.sha256(json.dumps(params.tree, sort_keys=True).encode()).hexdigest()


class Keys:
    """The keys in use. Which are under way is known in memory only: a killed server has none."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._under_way: set[str] = set()

    @contextmanager
    def held(self, key: str | None) -> Iterator[None]:
        """Hold a key while its request is under way."""
        if key is None:
            yield
            return
        if key in self._under_way:
            raise StripeRefusal(
                409,
                "There is currently another in-progress request using this Idempotency Key (that "
                "probably means you submitted twice, and the other request is still going "
                f"through): {key}. Please try again later.",
                kind="idempotency_error",
                code="idempotency_key_in_use",
            )
        self._under_way.add(key)
        try:
            yield
        finally:
            self._under_way.discard(key)

    def first_answer(
        self, key: str | None, *, method: str, path: str, params: Params
    ) -> SavedAnswer | None:
        """Return what was answered to this very request before; refuse a key used otherwise."""
        if key is None:
            return None
        if len(key) > _LONGEST_KEY:
            raise invalid(f"Idempotency keys can have up to {_LONGEST_KEY} characters.")
        answer = self._state.saved_answer(key)
        if answer is None:
            return None
        if (answer.method, answer.path) != (method, path):
            raise _used_otherwise(
                key,
                f"for the same endpoint they were first used for ('{path}' vs '{answer.path}')",
            )
        if answer.fingerprint != fingerprint(params):
            raise _used_otherwise(key, "with the same parameters they were first used with")
        return answer


def _used_otherwise(key: str, rule: str) -> StripeRefusal:
    return StripeRefusal(
        400,
        f"Keys for idempotent requests can only be used {rule}. Try using a key other than "
        f"'{key}' if you meant to execute a different request.",
        kind="idempotency_error",
    )
