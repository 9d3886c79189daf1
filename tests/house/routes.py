"""Every way into the service, as its routers name it."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from app.main import ROUTERS

API, WEBHOOKS = "/api/", "/webhooks/"
READING = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True, slots=True)
class Way:
    """One method at one address; `endpoint` is who answers."""

    method: str
    path: str
    endpoint: Callable[..., Any]

    @property
    def is_page(self) -> bool:
        return not self.path.startswith((API, WEBHOOKS))

    @property
    def writes(self) -> bool:
        return self.method not in READING

    @property
    def address(self) -> str:
        """The path with something in its gaps that can be a number, a serial or a word."""
        return re.sub(r"{[^}]+}", "1", self.path)

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def ways() -> list[Way]:
    found = [way for router in ROUTERS for way in _within(router.routes)]
    return sorted(found, key=str)


def _within(routes: Sequence[Any]) -> Iterator[Way]:
    for route in routes:
        inner = getattr(route, "original_router", None)
        if inner is not None:
            yield from _within(inner.routes)
            continue
        for method in sorted(getattr(route, "methods", ())):
            yield Way(method, route.path, route.endpoint)
