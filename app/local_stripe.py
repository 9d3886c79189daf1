"""The local Stripe server as a child of the service, for stores that have no Stripe key yet."""

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import select

from app.identity.house import command_line
from app.kernel import queueing
from app.kernel.db import Database
from app.kernel.errors import Unavailable
from app.kernel.text import msg
from app.payments import readers
from app.stores import desk
from app.stores.models import Store, Till

# A child that outlived its parent leaves within half a second, and the next one waits a second
# for the file that only one of them may hold.
_STARTS = 3
_GOODBYE_S = 5.0


@contextmanager
def running(folder: Path, *, webhook: str, secret: str) -> Iterator[str]:
    """Run it while the block lasts and give its address; what it knows is kept in `folder`.

    Raises Unavailable when it does not start, e.g. because another service holds its file.
    """
    child, port = _start(folder, webhook=webhook, secret=secret)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        child.terminate()
        try:
            child.wait(_GOODBYE_S)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def _start(folder: Path, *, webhook: str, secret: str) -> tuple[subprocess.Popen[str], int]:
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / "stripe.log"
    command = (
        *(sys.executable, "-m", "stripe_stand_in", "--exit-with-parent"),
        *("--port", "0", "--print-port", "--state", str(folder / "stripe.db")),
        *("--webhook", webhook, "--webhook-secret", secret),
    )
    for _ in range(_STARTS):
        child = _spawn(command, log)
        port = _port_of(child)
        if port is not None:
            return child, port
        child.wait()
    raise Unavailable(
        msg(
            "The local card service does not start: {why}. Does another service use {folder}?",
            why=log.read_text().strip(),
            folder=str(folder),
        )
    )


def _spawn(command: Sequence[str], log: Path) -> subprocess.Popen[str]:
    """In a session of its own: Ctrl-C at the terminal is for us, and we end the child after us."""
    with log.open("w") as complaints:
        return subprocess.Popen(  # noqa: S603 - nothing in the command comes from outside
            command,
            stdout=subprocess.PIPE,
            stderr=complaints,
            text=True,
            start_new_session=True,
        )


def _port_of(child: subprocess.Popen[str]) -> int | None:
    """Wait for the port that the child says it listens on; None when it ends without one."""
    if child.stdout is None:
        return None
    with child.stdout as said:
        line = said.readline()
    return int(line) if line else None


def give_readers(database: Database) -> None:
    """A simulated reader for each till whose reader the local server does not know.

    That is so after the demo store was loaded, and when the server's file was thrown away.
    """
    known = {reader.id for reader in readers.all_of(database)}
    with database.reading() as session:
        bare = session.execute(
            select(Till.id, Till.store_id, Till.name, Store.country)
            .join(Store, Store.id == Till.store_id)
            .where(Till.reader_id != "", Till.reader_id.not_in(known))
            .order_by(Till.id)
        ).all()
    for till_id, store_id, name, country in bare:
        reader = readers.add_simulated(database, name, country=country)
        house = command_line(store_id)
        with database.transaction() as session:
            queueing.enter(session, store_id)
            till = desk.till_by_id(session, house, till_id)
            readers.put_at(session, house, till, reader.id)
