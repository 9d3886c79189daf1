"""Make this checkout ready: `python3 tools/setup.py run` to serve, `... test` to test and check.

Needs nothing but Python 3.11 or newer. What is missing is made: system packages (by apt-get, as
root), the virtual environment `.venv`, the locked packages in it, the `quatrefoil` command and the
compiled message catalogues. What stands already costs nothing: a stamp keeps the lock's hash.

The project itself is not built and installed: a `.pth` line makes the checkout importable, and
`.venv/bin/quatrefoil` starts it. That needs no build backend and shows every edit at once.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

if sys.version_info < (3, 11):  # noqa: UP036 - whatever `python3` means here may be older
    sys.exit("Quatrefoil needs Python 3.11 or newer; name one with: make PYTHON=python3.11 ...")

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"

# What each purpose installs; the lock for tests holds all that serving needs as well.
LOCKS = {"run": ROOT / "requirements.txt", "test": ROOT / "requirements-dev.txt"}
# WeasyPrint draws with Pango, documents in Chinese need its letters, journeys a real browser.
FOR_RUN = (
    *("libpango-1.0-0", "libpangoft2-1.0-0", "libharfbuzz-subset0"),
    *("fonts-noto-cjk", "tzdata"),
)
# Playwright drives the browser by a Node of its own, which wants libatomic.
SYSTEM_PACKAGES = {"run": FOR_RUN, "test": (*FOR_RUN, "chromium", "libatomic1")}

# `sh` reads the second line as a command, Python as a string: a path of any length and with spaces.
LAUNCHER = """\
#!/bin/sh
'''exec' "{python}" "$0" "$@"
' '''
from app.cli import main

if __name__ == "__main__":
    main()
"""


def main(purpose: str) -> None:
    """Make ready for `purpose`, "run" or "test"; ends with one line when it cannot."""
    install_system_packages(SYSTEM_PACKAGES[purpose])
    if not up_to_date(purpose):
        make_virtual_environment()
        install_locked_packages(purpose)
    make_importable()
    compile_catalogues()


# System packages


def install_system_packages(names: tuple[str, ...]) -> None:
    """Install Debian packages as root; as another user only say which are missing."""
    missing = missing_packages(names)
    if missing and not apt_install(missing):
        say(f"Missing system packages. As root: apt-get install {' '.join(missing)}")


def missing_packages(names: tuple[str, ...]) -> list[str]:
    """Those not installed; none where there is no dpkg, since other systems name them otherwise."""
    if not shutil.which("dpkg-query"):
        return []
    query = ["dpkg-query", "--show", "--showformat=${db:Status-Abbrev} ${Package}\n", *names]
    lines = subprocess.run(query, capture_output=True, text=True, check=False).stdout.splitlines()
    installed = {line.split()[-1] for line in lines if line.startswith("ii")}
    return [name for name in names if name not in installed]


def apt_install(names: list[str]) -> bool:
    """Whether apt-get could install `names`; never asks anything."""
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return False
    say(f"Installing system packages: {' '.join(names)}")
    apt_get = ["apt-get", "-qq", "-o", "DPkg::Lock::Timeout=300"]
    return succeeds([*apt_get, "update"]) and succeeds(
        [*apt_get, "install", "--yes", "--no-install-recommends", *names]
    )


# The virtual environment and what is in it


def up_to_date(purpose: str) -> bool:
    """Whether the environment runs, and was filled from this very lock."""
    stamp = stamp_of(purpose)
    return stamp.is_file() and stamp.read_text() == fingerprint(purpose) and runs(PYTHON)


def stamp_of(purpose: str) -> Path:
    return VENV / f"ready-to-{purpose}"


def fingerprint(purpose: str) -> str:
    return hashlib.sha256(LOCKS[purpose].read_bytes()).hexdigest()


def runs(python: Path) -> bool:
    return python.exists() and succeeds([str(python), "-S", "-c", ""], quiet=True)


def make_virtual_environment() -> None:
    """Create `.venv` unless it works; also where Debian left out `ensurepip`."""
    if runs(PYTHON):
        return
    say(f"Creating .venv with Python {sys.version.split()[0]}")
    if not find_spec("ensurepip"):
        apt_install(["python3-venv"])
    venv = [sys.executable, "-m", "venv", "--clear"]
    if not succeeds([*venv, str(VENV)], quiet=True):
        run([*venv, "--without-pip", str(VENV)])


def pip_command() -> list[str]:
    """The environment's pip; without one, a pip from outside that installs into it."""
    if succeeds([str(PYTHON), "-m", "pip", "--version"], quiet=True):
        return [str(PYTHON), "-m", "pip"]
    into_venv = ["--python", str(PYTHON)]
    if find_spec("pip"):
        return [sys.executable, "-m", "pip", *into_venv]
    elsewhere = shutil.which("pip3") or shutil.which("pip")
    if elsewhere:
        return [elsewhere, *into_venv]
    sys.exit("Quatrefoil: Python came without pip. As root: apt-get install python3-venv")


def install_locked_packages(purpose: str) -> None:
    """Install exactly what the lock names, each file checked against its hash; then stamp."""
    lock, pip = LOCKS[purpose], pip_command()
    count = sum("==" in line for line in lock.read_text().splitlines())
    say(f"Installing {count} packages from {lock.name} (once; about a minute)")
    options = ["--quiet", "--no-input", "--disable-pip-version-check", "--root-user-action=ignore"]
    run([*pip, "install", *options, "--require-hashes", "--requirement", str(lock)])
    for covered in ("run", "test") if purpose == "test" else ("run",):
        stamp_of(covered).write_text(fingerprint(covered))


def make_importable() -> None:
    """Put the checkout on the environment's path, and the `quatrefoil` command beside python."""
    for site_packages in (VENV / "lib").glob("python*/site-packages"):
        write_if_new(site_packages / "quatrefoil.pth", f"{ROOT}\n")
    launcher = VENV / "bin" / "quatrefoil"
    write_if_new(launcher, LAUNCHER.format(python=PYTHON))
    launcher.chmod(0o755)


def write_if_new(path: Path, text: str) -> None:
    if not path.is_file() or path.read_text() != text:
        path.write_text(text)


def compile_catalogues() -> None:
    """Compile the message catalogues whose text is newer than the compiled file."""
    for catalogue in (ROOT / "app" / "locale").glob("*/LC_MESSAGES/*.po"):
        compiled = catalogue.with_suffix(".mo")
        if not compiled.exists() or compiled.stat().st_mtime <= catalogue.stat().st_mtime:
            run([str(PYTHON), "-m", "tools.catalogues", "compile"], cwd=ROOT)
            return


# Running and saying


def run(command: list[str], *, cwd: Path | None = None) -> None:
    """Run with the output shown; a failure ends the set-up."""
    if subprocess.run(command, cwd=cwd, check=False).returncode:
        sys.exit(f"Quatrefoil: this failed: {' '.join(command)}")


def succeeds(command: list[str], *, quiet: bool = False) -> bool:
    """Run and tell whether it went well; what a failure printed is shown unless `quiet`."""
    # dpkg wants the administrators' folders, which an ordinary PATH does not hold
    path = f"{os.environ.get('PATH', os.defpath)}:/usr/local/sbin:/usr/sbin:/sbin"
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "PATH": path}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    if done.returncode and not quiet:
        say(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")
    return done.returncode == 0


def say(text: str) -> None:
    print(f"Quatrefoil: {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    if sys.argv[1:] not in (["run"], ["test"]):
        sys.exit("usage: python3 tools/setup.py run|test")
    main(sys.argv[1])
