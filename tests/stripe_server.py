"""The local Stripe server in a process of its own, and a hand on its control desk.

    with running_stripe_stand_in(reader_delay=0.05) as stripe:
        client = stripe.client()
        stripe.next("decline", code="insufficient_funds")

It is slow to answer only where a test asks it to be; starting takes about 0.2 s.
"""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from stripe import StripeClient

KEY = "sk_test_stand_in"
_PATIENCE_S = 10.0
T = TypeVar("T")


class StripeStandIn:
    """A running stand-in: where it is, how to talk to it, how to steer it."""

    def __init__(self, state: Path, arguments: Sequence[str]) -> None:
        self.state_path = state
        self.key = KEY
        self._arguments = arguments
        self._port = 0
        self._process: subprocess.Popen[str] | None = None

    # the process

    def start(self) -> None:
        """Start it, on the port that it had before if it had one."""
        command = (
            *(sys.executable, "-m", "stripe_stand_in", "--print-port"),
            *("--port", str(self._port), "--state", str(self.state_path)),
            *self._arguments,
        )
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"the stand-in did not start: status {self._process.wait()}")
        self._port = int(line)

    def stop(self) -> None:
        """End it as a shut-down does."""
        if self._process:
            self._process.terminate()
            self._reap()

    def kill(self) -> None:
        """End it as a power cut does: `kill -9`."""
        if self._process:
            self._process.kill()
            self._reap()

    def _reap(self) -> None:
        assert self._process
        assert self._process.stdout
        try:
            self._process.wait(_PATIENCE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()
        self._process = None

    # talking to it

    @property
    def url(self) -> str:
        """Where it is: what `base_addresses` and QUATREFOIL_STRIPE_API_BASE want."""
        return f"http://127.0.0.1:{self._port}"

    def client(self, *, retries: int = 0) -> StripeClient:
        """Return Stripe's own client, which by default does not try again by itself."""
        return StripeClient(self.key, base_addresses={"api": self.url}, max_network_retries=retries)

    # the control desk

    def control(self, verb: str, **body: Any) -> Any:
        """Post to the control desk: `control("outage", mode="503")`; an error is a ValueError."""
        return self._ask(verb, json.dumps(body).encode())

    def read(self, name: str) -> Any:
        """Read from the control desk: `read("state")`, `read("charges")`."""
        return self._ask(name, None)

    def _ask(self, name: str, body: bytes | None) -> Any:
        assert urlsplit(self.url).hostname == "127.0.0.1"
        request = Request(f"{self.url}/_control/{name}", body, {"Content-Type": "application/json"})
        try:
            with urlopen(request, timeout=_PATIENCE_S) as answer:
                return json.load(answer)
        except HTTPError as error:
            with error:
                raise ValueError(error.read().decode()) from None

    def next(self, outcome: str, **details: Any) -> None:
        """Order what happens next: `next("decline", code="lost_card")`; the README lists all."""
        self.control("next", outcome=outcome, **details)

    def outage(self, mode: str) -> None:
        """Put Stripe out of reach: `refuse`, `503`; `off` brings it back."""
        self.control("outage", mode=mode)

    def webhooks(self, **plan: Any) -> None:
        """Change how webhooks travel: hold, shuffle, parallel, copies, late_s, send_first."""
        self.control("webhooks", **plan)

    def release_webhooks(self, order: str = "created", types: Sequence[str] = ()) -> list[Any]:
        """Send what is held, and return how it went; it is over when this returns."""
        sent: list[Any] = self.control("webhooks/release", order=order, types=list(types))
        return sent

    def charges(self, *, status: str | None = None) -> list[dict[str, Any]]:
        """Return all charges, the newest first, of one status or of any."""
        found: list[dict[str, Any]] = self.read("charges")
        return [charge for charge in found if status in (None, charge["status"])]

    def requests(self, operation: str | None = None) -> list[dict[str, Any]]:
        """Return all requests seen, the oldest first, of one operation or of any."""
        found: list[dict[str, Any]] = self.read("requests")
        return [seen for seen in found if operation in (None, seen["operation"])]

    def events(self) -> list[str]:
        """Return the types of all events, the oldest first."""
        return [event["type"] for event in reversed(self.read("events"))]

    def reset(self) -> None:
        """Forget everything but the account and what the options ordered."""
        self.control("reset")


@contextmanager
def running_stripe_stand_in(
    *,
    reader_delay: float = 0.05,
    auto_present: bool = True,
    webhooks: Mapping[str, str] | None = None,
    state: Path | None = None,
    country: str = "DE",
    currency: str = "eur",
) -> Iterator[StripeStandIn]:
    """Run the stand-in while the block lasts.

    `reader_delay` is how many seconds a customer needs to present a card; `webhooks` maps
    addresses to the secrets that messages to them are signed with; `state` keeps what happened,
    else a folder that goes when the block ends.
    """
    arguments = ["--reader-delay", str(reader_delay), "--exit-with-parent"]
    arguments += ["--country", country, "--currency", currency]
    arguments += [] if auto_present else ["--no-auto-present"]
    for address, secret in (webhooks or {}).items():
        arguments += ["--webhook", address, "--webhook-secret", secret]
    with tempfile.TemporaryDirectory() as folder:
        stand_in = StripeStandIn(state or Path(folder) / "stripe.db", arguments)
        stand_in.start()
        try:
            yield stand_in
        finally:
            stand_in.stop()


def eventually(look: Callable[[], T | None], *, within_s: float = 5.0) -> T:
    """Return the first true thing that a look finds, for what happens on its own time."""
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        found = look()
        if found:
            return found
        time.sleep(0.01)
    raise AssertionError("it did not happen in time")
