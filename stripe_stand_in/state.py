"""Everything the server knows, in one SQLite file, so that killing it loses nothing.

A request's changes, the events it raised, and the answer kept under its idempotency key are
written in one transaction: after a `kill -9` either all of it is there or none. The file belongs
to one process at a time; a second one is refused, as it would run every timer twice.
"""

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stripe_stand_in import clock
from stripe_stand_in.errors import StripeObject

_TABLES = """
CREATE TABLE IF NOT EXISTS objects (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL,
    body TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS objects_by_kind ON objects (kind, seq);
CREATE TABLE IF NOT EXISTS answers (
    key TEXT PRIMARY KEY, made REAL NOT NULL, method TEXT NOT NULL, path TEXT NOT NULL,
    fingerprint TEXT NOT NULL, request_id TEXT NOT NULL, status INTEGER NOT NULL,
    body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS agenda (
    kind TEXT NOT NULL, subject TEXT NOT NULL, due REAL NOT NULL, detail TEXT NOT NULL,
    PRIMARY KEY (kind, subject));
CREATE TABLE IF NOT EXISTS deliveries (
    id INTEGER PRIMARY KEY AUTOINCREMENT, event TEXT NOT NULL, endpoint TEXT NOT NULL,
    due REAL NOT NULL, attempts INTEGER NOT NULL DEFAULT 0, state TEXT NOT NULL, answer TEXT);
CREATE TABLE IF NOT EXISTS requests (
    id INTEGER PRIMARY KEY AUTOINCREMENT, made REAL NOT NULL, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""
_EMPTIED_BY_RESET = ("objects", "answers", "agenda", "deliveries", "requests")
_KEPT_FOR_S = 24 * 3600  # Stripe forgets idempotency keys after a day; we forget requests too


@dataclass(frozen=True)
class Cause:
    """The request behind a change, as events name it; both None when a timer ran out."""

    request_id: str | None = None
    idempotency_key: str | None = None


@dataclass(frozen=True)
class SavedAnswer:
    """What an idempotency key was first used for, and what was answered."""

    method: str
    path: str
    fingerprint: str
    request_id: str
    status: int
    body: str


@dataclass(frozen=True)
class Appointment:
    """Something that is to happen to an object at a time; what `detail` says depends on kind."""

    kind: str
    subject: str
    due: float
    detail: str


@dataclass(frozen=True)
class Delivery:
    """One event on its way to one webhook endpoint."""

    id: int
    event: str
    endpoint: str
    due: float
    attempts: int
    state: str
    answer: str | None


class State:
    """The open file, or memory if there is no path.

    Only the server's event loop touches it, so nothing interleaves.
    """

    def __init__(self, path: Path | None) -> None:
        if path:
            path.parent.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(path or ":memory:", isolation_level=None, timeout=1)
        self._db.execute("PRAGMA locking_mode = EXCLUSIVE")
        self._db.execute("PRAGMA journal_mode = WAL")
        # NORMAL survives a killed process; only a power cut could lose the last transactions.
        self._db.execute("PRAGMA synchronous = NORMAL")
        self._db.executescript(_TABLES)
        self.cause = Cause()
        self.on_commit: list[Callable[[], None]] = []
        with self.transaction():
            oldest = clock.now() - _KEPT_FOR_S
            self._db.execute("DELETE FROM answers WHERE made < ?", (oldest,))
            self._db.execute("DELETE FROM requests WHERE made < ?", (oldest,))

    def close(self) -> None:
        """Write everything into the file itself and let go of it."""
        self._db.close()

    @contextmanager
    def transaction(self, cause: Cause | None = None) -> Iterator[None]:
        """Keep all changes made inside, or none if anything but a refusal is raised."""
        self._db.execute("BEGIN IMMEDIATE")
        self.cause = cause or Cause()
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")
        for wake in self.on_commit:
            wake()

    def empty(self) -> None:
        """Forget every object, request and timer; settings stay."""
        for table in _EMPTIED_BY_RESET:
            self._db.execute(f"DELETE FROM {table}")  # noqa: S608 - the names stand above

    # objects

    def put(self, body: StripeObject) -> StripeObject:
        """Store an object under its id; a known one keeps its place in lists."""
        self._db.execute(
            "INSERT INTO objects (id, kind, body) VALUES (?, ?, ?) "
            "ON CONFLICT (id) DO UPDATE SET body = excluded.body",
            (body["id"], body["object"], json.dumps(body)),
        )
        return body

    def remove(self, object_id: str) -> None:
        """Forget one object."""
        self._db.execute("DELETE FROM objects WHERE id = ?", (object_id,))

    def find(self, object_id: str) -> StripeObject | None:
        """Return the object of that id, whatever its kind."""
        row = self._db.execute("SELECT body FROM objects WHERE id = ?", (object_id,)).fetchone()
        return _object(row[0]) if row else None

    def get(self, kind: str, object_id: str) -> StripeObject | None:
        """Return the object of that id if it is of that kind."""
        found = self.find(object_id)
        return found if found and found["object"] == kind else None

    def newest_first(self, kind: str) -> Iterator[StripeObject]:
        """Yield all objects of a kind, the last made first."""
        rows = self._db.execute(
            "SELECT body FROM objects WHERE kind = ? ORDER BY seq DESC", (kind,)
        ).fetchall()
        return (_object(body) for (body,) in rows)

    # answers kept for idempotency keys

    def save_answer(self, key: str, answer: SavedAnswer) -> None:
        """Keep what was answered to the first request under this key."""
        self._db.execute(
            "INSERT INTO answers (key, made, method, path, fingerprint, request_id, status, body) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                key, clock.now(), answer.method, answer.path, answer.fingerprint,
                answer.request_id, answer.status, answer.body,
            ),
        )  # fmt: skip

    def saved_answer(self, key: str) -> SavedAnswer | None:
        """Return the answer kept under a key."""
        row = self._db.execute(
            "SELECT method, path, fingerprint, request_id, status, body FROM answers WHERE key = ?",
            (key,),
        ).fetchone()
        return SavedAnswer(*row) if row else None

    # what is to happen later

    def schedule(self, kind: str, subject: str, *, after_s: float, detail: str = "") -> None:
        """Let something happen to an object later; a second appointment replaces the first."""
        self._db.execute(
            "INSERT OR REPLACE INTO agenda (kind, subject, due, detail) VALUES (?, ?, ?, ?)",
            (kind, subject, clock.now() + after_s, detail),
        )

    def unschedule(self, kind: str, subject: str) -> None:
        """Strike an appointment."""
        self._db.execute("DELETE FROM agenda WHERE kind = ? AND subject = ?", (kind, subject))

    def next_appointment(self) -> Appointment | None:
        """Return what comes first."""
        row = self._db.execute(
            "SELECT kind, subject, due, detail FROM agenda ORDER BY due LIMIT 1"
        ).fetchone()
        return Appointment(*row) if row else None

    # webhook deliveries

    def add_delivery(self, event: str, endpoint: str, *, due: float) -> None:
        """Owe an event to an endpoint from a time on."""
        self._db.execute(
            "INSERT INTO deliveries (event, endpoint, due, state) VALUES (?, ?, ?, 'waiting')",
            (event, endpoint, due),
        )

    def deliveries(self) -> list[Delivery]:
        """Return all deliveries, the oldest first."""
        rows = self._db.execute(
            "SELECT id, event, endpoint, due, attempts, state, answer FROM deliveries ORDER BY id"
        )
        return [Delivery(*row) for row in rows]

    def waiting_deliveries(self) -> list[Delivery]:
        """Return what has still to be sent, in the order in which it falls due."""
        rows = self._db.execute(
            "SELECT id, event, endpoint, due, attempts, state, answer FROM deliveries "
            "WHERE state = 'waiting' ORDER BY due, id"
        )
        return [Delivery(*row) for row in rows]

    def note_delivery(self, delivery: Delivery, *, state: str, answer: str, due: float) -> None:
        """Write down how an attempt went, and when the next one is due."""
        self._db.execute(
            "UPDATE deliveries SET attempts = attempts + 1, state = ?, answer = ?, due = ? "
            "WHERE id = ?",
            (state, answer, due, delivery.id),
        )

    # the book of requests, and settings

    def note_request(self, record: StripeObject) -> None:
        """Write down a request and how it was answered."""
        self._db.execute(
            "INSERT INTO requests (made, body) VALUES (?, ?)", (clock.now(), json.dumps(record))
        )

    def requests(self) -> list[StripeObject]:
        """Return all requests seen, the oldest first."""
        rows = self._db.execute("SELECT body FROM requests ORDER BY id").fetchall()
        return [_object(body) for (body,) in rows]

    def setting(self, name: str, default: Any = None) -> Any:
        """Return a setting, as JSON holds it."""
        row = self._db.execute("SELECT value FROM settings WHERE name = ?", (name,)).fetchone()
        return json.loads(row[0]) if row else default

    def change_setting(self, name: str, value: Any) -> None:
        """Write a setting."""
        self._db.execute(
            "INSERT OR REPLACE INTO settings (name, value) VALUES (?, ?)", (name, json.dumps(value))
        )


def _object(text: str) -> StripeObject:
    body: StripeObject = json.loads(text)
    return body
