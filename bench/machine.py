"""What the machine itself can do, and how busy it is with other work."""

import os
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import create_engine, text

# clock ticks of /proc/stat: user, nice, system, idle, iowait, irq, softirq, steal
_IDLE = (3, 4)
# where /proc/PID/stat has them after the name: utime, stime
_USER = 11


class Busyness:
    """How busy all processors were since the last look, and how long the queue for them is."""

    def __init__(self) -> None:
        self._seen = _ticks()

    def __str__(self) -> str:
        before, self._seen = self._seen, _ticks()
        spent = [now - then for now, then in zip(self._seen, before, strict=True)]
        whole = sum(spent) or 1
        busy = 1 - sum(spent[index] for index in _IDLE) / whole
        return f"processors {busy:.0%} busy, load {os.getloadavg()[0]:.1f} on {os.cpu_count()}"


def _ticks() -> list[int]:
    first = Path("/proc/stat").read_text().splitlines()[0]
    return [int(word) for word in first.split()[1:9]]


def processor_s(process: int) -> float:
    """Seconds of processor time that a process has taken since it began, in all its threads."""
    words = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(words[_USER]) + int(words[_USER + 1])) / os.sysconf("SC_CLK_TCK")


def sqlite_commits(folder: Path, *, seconds: float) -> float:
    """Commits a second of one small row each, as durable as ours (WAL, synchronous FULL)."""
    connection = sqlite3.connect(folder / "raw.db", isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("CREATE TABLE rows (id INTEGER PRIMARY KEY, word TEXT)")
    rate = rate_of(lambda: connection.execute("INSERT INTO rows (word) VALUES ('x')"), seconds)
    connection.close()
    return rate


def postgres_commits(url: str, *, seconds: float) -> float:
    """The same of a PostgreSQL server, over its wire."""
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text("CREATE TABLE raw_rows (id BIGSERIAL PRIMARY KEY, word TEXT)"))
        raw = connection.connection.cursor()
        rate = rate_of(lambda: raw.execute("INSERT INTO raw_rows (word) VALUES ('x')"), seconds)
        connection.execute(text("DROP TABLE raw_rows"))
    engine.dispose()
    return rate


def rate_of(act: Callable[[], object], seconds: float) -> float:
    """How often a second something can be done, one after the other."""
    done, started = 0, time.perf_counter()
    while (spent := time.perf_counter() - started) < seconds:
        act()
        done += 1
    return done / spent
