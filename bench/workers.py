"""Programs to measure, each a process of its own on a port of loopback."""

import pickle
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.statements import Heard
from tests.processes import QUATREFOIL, free_port, is_ready, running

# No card service is asked and none is started: what is measured is the worker alone.
_NO_CARDS = {
    "QUATREFOIL_STRIPE_API_BASE": "http://127.0.0.1:9",
    "QUATREFOIL_STRIPE_SECRET_KEY": "sk_test_bench",
    "QUATREFOIL_STRIPE_WEBHOOK_SECRET": "whsec_bench",
}


def settings_for(url: str, folder: Path) -> dict[str, str]:
    """The environment of a worker of ours."""
    return {
        "QUATREFOIL_DATABASE_URL": url,
        "QUATREFOIL_DATA_DIR": str(folder / "var"),
        "QUATREFOIL_IDLE_LOCK_MINUTES": "240",
        **_NO_CARDS,
    }


@contextmanager
def our_worker(url: str, folder: Path) -> Iterator[int]:
    """`quatrefoil serve` on a furnished database; gives its port."""
    with watched_worker(url, folder) as (port, _):
        yield port


@contextmanager
def watched_worker(url: str, folder: Path) -> Iterator[tuple[int, int]]:
    """The same, with its process's id."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    with running(
        (QUATREFOIL, "serve", "--port", str(port), "--no-demo"),
        settings=settings_for(url, folder),
        is_up=lambda: is_ready(address),
        log=folder / f"ours-{port}.log",
    ) as process:
        yield port, process


@contextmanager
def bare_worker(url: str, folder: Path, heard: dict[str, Heard]) -> Iterator[int]:
    """The bare endpoints for what was heard, on the same database in tables of their own."""
    port, recorded = free_port(), folder / "writes.pickle"
    recorded.write_bytes(pickle.dumps({step: found.writes for step, found in heard.items()}))
    address = f"http://127.0.0.1:{port}"
    with running(
        (sys.executable, "-m", "bench.bare", url, str(port), str(recorded)),
        settings={},
        is_up=lambda: is_ready(address),
        log=folder / f"bare-{port}.log",
    ):
        yield port
