"""Programs of ours that run beside the tests, as they run in a store: one process, one port."""

import atexit
import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Any, Protocol
from urllib.error import URLError
from urllib.request import urlopen

PATIENCE_S = 60.0
QUATREFOIL = Path(sys.executable).with_name("quatrefoil")


class Running(Protocol):
    """What we ask of a process."""

    pid: int

    @property
    def args(self) -> Any: ...

    def poll(self) -> int | None: ...

    def wait(self, timeout: float | None = None) -> int: ...


class Forked:
    """A `quatrefoil` forked from one that had imported everything; how it ended is not known."""

    def __init__(self, pid: int, arguments: Sequence[str]) -> None:
        self.pid = pid
        self.args = ("quatrefoil", *arguments)
        try:
            self._ends: int | None = os.pidfd_open(pid)
        except ProcessLookupError:
            self._ends = None

    def poll(self) -> int | None:
        return 0 if self._has_ended(within_s=0) else None

    def wait(self, timeout: float | None = None) -> int:
        if not self._has_ended(within_s=timeout):
            raise subprocess.TimeoutExpired(self.args, timeout or 0)
        return 0

    def _has_ended(self, *, within_s: float | None) -> bool:
        if self._ends is None:
            return True
        if not select.select([self._ends], [], [], within_s)[0]:
            return False
        os.close(self._ends)
        self._ends = None
        return True


def forked(arguments: Sequence[str], *, settings: Mapping[str, str], log: Path) -> Forked:
    """Run `quatrefoil`, imported already: at each start that takes seconds of processor time."""
    program = _ready_program()
    order = {
        "arguments": arguments,
        "environment": {**os.environ, **settings},
        "folder": str(Path.cwd()),
        "log": str(log),
    }
    assert program.stdin
    assert program.stdout
    program.stdin.write(json.dumps(order) + "\n")
    program.stdin.flush()
    return Forked(int(program.stdout.readline()), arguments)


@cache
def _ready_program() -> subprocess.Popen[str]:
    """One for each process that runs tests; it ends when nobody can tell it anything any more."""
    program = subprocess.Popen(
        (sys.executable, "-m", "tests.ready_program"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[1],
        start_new_session=True,  # Ctrl-C is for the tests, which still have to clean up
    )
    atexit.register(program.communicate)
    return program


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
) -> Iterator[int]:
    """Run a program while the block lasts; it begins once `is_up` says so, with the process's id.

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
        yield process.pid
    finally:
        _end(process)


@contextmanager
def serving(*options: str, settings: Mapping[str, str], log: Path) -> Iterator[str]:
    """The real service in a process of its own while the block lasts; gives its address."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    told = {"QUATREFOIL_PUBLIC_URL": url, **settings}
    process = forked(("serve", "--port", str(port), *options), settings=told, log=log)
    try:
        wait_until_up(process, lambda: is_ready(url), log)
        yield url
    finally:
        _end(process)


def wait_until_up(process: Running, is_up: Callable[[], bool], log: Path) -> None:
    """Return once `is_up` says so; an early end or a minute's silence is an error."""
    deadline = time.monotonic() + PATIENCE_S
    while not is_up():
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"{process.args!r} is not up:\n{log.read_text(errors='replace')}")
        time.sleep(0.05)


def _end(process: Running) -> None:
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
