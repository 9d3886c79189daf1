"""`quatrefoil`, imported and put together, waiting to be told what to run: see tests.processes.

Reads one order in each line of standard input and answers it with the number of a new process. It
is forked from here, and from then on what `quatrefoil` with these arguments would be, with its own
session, environment, folder and log. Ends when its standard input does.
"""

import gc
import json
import os
import signal
import sys
from typing import Any, NoReturn

from app import cli
from app.main import create_app
from app.settings import Settings


def main() -> None:
    _put_together()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # who asked for a process watches it, not we
    for line in sys.stdin:
        if os.fork() == 0:
            _become(json.loads(line))


def _put_together() -> None:
    """The routes too, which take a second; nothing stays open or runs, or a fork would copy it."""
    create_app(Settings(database_url="sqlite:///never-opened.db")).state.database.close()
    gc.collect()
    gc.freeze()


def _become(order: dict[str, Any]) -> NoReturn:
    os.setsid()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    print(os.getpid(), flush=True)
    log = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for taken, given in ((os.open(os.devnull, os.O_RDONLY), 0), (log, 1), (log, 2)):
        os.dup2(taken, given)
    os.chdir(order["folder"])
    os.environ.clear()
    os.environ.update(order["environment"])
    sys.argv = ["quatrefoil", *order["arguments"]]
    cli.main()


if __name__ == "__main__":
    main()
