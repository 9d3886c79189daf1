"""The command line: `python -m stripe_stand_in --port 0 --state stripe.db --print-port`."""

import argparse
import os
import sqlite3
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from stripe_stand_in.readers import Habits
from stripe_stand_in.server import build, listen, serve
from stripe_stand_in.setup import Setup
from stripe_stand_in.state import State

_PARENT_WATCH_S = 0.5


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until stopped; 1 if the state or the port belongs to somebody else."""
    options = _parser().parse_args(arguments)
    secrets = options.webhook_secret or []
    if len(options.webhook or []) != len(secrets):
        return _complain("each --webhook needs its --webhook-secret")
    setup = Setup(
        webhooks=tuple(zip(options.webhook or [], secrets, strict=True)),
        habits=Habits(auto_present=options.auto_present, delay_s=options.reader_delay),
        country=options.country,
        currency=options.currency,
    )
    try:
        state = State(options.state)
    except sqlite3.Error as error:
        return _complain(f"cannot use {options.state}: {error}")
    try:
        listening = listen(options.host, options.port)
    except OSError as error:
        return _complain(f"cannot listen on {options.host}:{options.port}: {error.strerror}")
    app = build(state, setup)
    if options.exit_with_parent:
        threading.Thread(target=_leave_with, args=(os.getppid(),), daemon=True).start()
    if options.print_port:
        sys.stdout.write(f"{listening.getsockname()[1]}\n")
        sys.stdout.flush()
    serve(app, listening)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="stripe_stand_in", description="A local Stripe server.")
    add = parser.add_argument
    add("--host", default="127.0.0.1", help="address to listen on")
    add("--port", type=int, default=12111, help="port to listen on; 0 finds a free one")
    add("--print-port", action="store_true", help="write the port to standard output when ready")
    add("--state", type=Path, help="file that keeps everything; without one it is forgotten")
    add("--webhook", action="append", metavar="URL", help="where events go; may be repeated")
    add("--webhook-secret", action="append", metavar="S", help="what they are signed with")
    add(
        "--reader-delay",
        type=float,
        default=Habits().delay_s,
        metavar="SECONDS",
        help="after how long a customer presents a card",
    )
    add(
        "--auto-present",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="whether customers present cards by themselves",
    )
    add("--country", default="DE", help="the account's country, when its state is new")
    add("--currency", default="eur", help="the account's currency, when its state is new")
    add("--exit-with-parent", action="store_true", help="stop when the starting process is gone")
    return parser


def _leave_with(parent: int) -> None:
    """End at once when the process that started this one is gone, even if it was killed."""
    while os.getppid() == parent:
        time.sleep(_PARENT_WATCH_S)
    os._exit(0)  # nothing is lost: every change is committed before its answer leaves


def _complain(reason: str) -> int:
    sys.stderr.write(f"stripe_stand_in: {reason}\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
