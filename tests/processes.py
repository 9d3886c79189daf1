"""Programs of ours that run beside the tests, as they run in a store: one process, one port."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

PATIENCE_S = 60.0
QUATREFOIL = Path(sys.executable).with_name("quatrefoil")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def accepts(port: int) -> bool:
    """Whether something listens on this port of loopback."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def is_ready(url: str) -> bool:
    """Whether this service says that it can work."""
    try:
        with urlopen(f"{url}/readyz", timeout=5) as answer:
            return bool(answer.status == HTTPStatus.OK)
    except (URLError, OSError):
        return False


@contextmanager
def running(
    command: Sequence[str | Path],
    *,
    settings: Mapping[str, str],
    is_up: Callable[[], bool],
    log: Path,
) -> Iterator[None]:
    """Run a program while the block lasts; it begins once `is_up` says so.

    `settings` are added to the environment; what the program prints goes to `log`, and into the
    error when it ends early or is not up within a minute.
    """
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            env={**os.environ, **settings},
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        wait_until_up(process, is_up, log)
        yield
    finally:
        _end(process)


def wait_until_up(process: subprocess.Popen[bytes], is_up: Callable[[], bool], log: Path) -> None:
    """Return once `is_up` says so; an early end or a minute's silence is an error."""
    deadline = time.monotonic() + PATIENCE_S
    while not is_up():
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"{process.args!r} is not up:\n{log.read_text(errors='replace')}")
        time.sleep(0.05)


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ask the program and its children to stop, and after ten seconds do it."""
    for request in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, request)
            process.wait(timeout=10)
        except ProcessLookupError:
            break
        except subprocess.TimeoutExpired:
            continue
    process.wait()
