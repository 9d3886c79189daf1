"""Where tests keep their files: in memory, where the machine has enough of it.

A PostgreSQL database is a thousand files; on a disk, making and dropping one for a test takes
longer than the test. What a test may find out about a file, it finds out there as well.
"""

import os
import shutil
import tempfile
from pathlib import Path

MEMORY = Path("/dev/shm")
# Two hundred databases' worth; in use are those of the tests under way.
ENOUGH_BYTES = 3 * 1024**3


def keep_in_memory() -> None:
    """Have temporary files in memory, in this process and its children, unless TMPDIR is set."""
    if "TMPDIR" in os.environ or not _has_room(MEMORY):
        return
    os.environ["TMPDIR"] = str(MEMORY)
    tempfile.tempdir = None  # is looked up again


def _has_room(folder: Path) -> bool:
    if not folder.is_dir() or not os.access(folder, os.W_OK | os.X_OK):
        return False
    free_of_machine = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return min(shutil.disk_usage(folder).free, free_of_machine) >= ENOUGH_BYTES
