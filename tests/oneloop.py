"""One event loop for all requests of a process that tests make without a `with` block.

Starlette's test client would start a thread with a loop for each such request, beside it one for
the page itself, and end both after it: half of what a small request costs.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from anyio.from_thread import BlockingPortal, start_blocking_portal
from starlette.testclient import TestClient


@contextmanager
def one_loop() -> Iterator[None]:
    """While the block lasts; it begins with the first request."""
    kept: list[BlockingPortal] = []

    @contextmanager
    def portal(client: TestClient) -> Iterator[BlockingPortal]:
        if client.portal is not None:  # whoever is in a `with` block has their own
            yield client.portal
            return
        if not kept:
            kept.append(ending.enter_context(start_blocking_portal()))
        yield kept[0]

    before = TestClient._portal_factory
    TestClient._portal_factory = portal  # type: ignore[method-assign,assignment]
    with ExitStack() as ending:
        yield
    TestClient._portal_factory = before  # type: ignore[method-assign]
