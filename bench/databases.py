"""Empty databases of both engines, as durable as a shop's."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from sqlalchemy import create_engine, make_url, text
from sqlalchemy.pool import NullPool

from tests.throwaway_postgres import throwaway_postgres

# All else as PostgreSQL comes: fsync, full_page_writes and synchronous_commit are on.
_SERVER = {"listen_addresses": "127.0.0.1", "unix_socket_directories": ""}


class Databases:
    """Where the databases of one run come from: files in a folder, a server of our own."""

    def __init__(self, folder: Path, server: str) -> None:
        self.folder = folder
        self.server = server

    def sqlite(self) -> str:
        return f"sqlite:///{self.folder / uuid4().hex}.db"

    def postgresql(self) -> str:
        name = f"bench_{uuid4().hex}"
        engine = create_engine(self.server, poolclass=NullPool, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name}"))
        return make_url(self.server).set(database=name).render_as_string(hide_password=False)


@contextmanager
def databases() -> Iterator[Databases]:
    """A folder under TMPDIR and a server on loopback, both gone after the block."""
    with (
        tempfile.TemporaryDirectory(prefix="quatrefoil-bench-") as folder,
        throwaway_postgres(_SERVER) as server,
    ):
        yield Databases(Path(folder), server)
