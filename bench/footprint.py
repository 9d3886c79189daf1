"""How long a worker takes to start, and how much memory it holds."""

import os
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from bench.shops import Shop
from bench.visitors import Visitor
from bench.workers import settings_for
from tests.processes import QUATREFOIL, free_port, is_ready

_REQUESTS = 300


@dataclass(frozen=True, slots=True)
class Footprint:
    start_s: float
    idle_mb: float
    after_mb: float


def measure(shop: Shop, folder: Path) -> Footprint:
    """`quatrefoil serve` on a database that is up to date, before and after some trade."""
    port = free_port()
    started = time.perf_counter()
    with subprocess.Popen(
        (QUATREFOIL, "serve", "--port", str(port), "--no-demo"),
        env={**os.environ, **settings_for(shop.url, folder)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as worker:
        try:
            while not is_ready(f"http://127.0.0.1:{port}"):
                if worker.poll() is not None:
                    raise RuntimeError("the worker ended while it started")
                time.sleep(0.01)
            start_s = time.perf_counter() - started
            idle_mb = _resident_mb(worker.pid)
            visitor = Visitor(port, session=shop.cookies[0])
            for index in range(_REQUESTS):
                visitor.post("/counter/scan", code=shop.serial(index), scan_id=str(index))
                visitor.post("/counter/void", reason="measured")
                visitor.get("/robots")
            return Footprint(start_s, idle_mb, _resident_mb(worker.pid))
        finally:
            worker.terminate()


def _resident_mb(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0
