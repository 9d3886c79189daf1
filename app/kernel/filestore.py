"""Files by what is in them: named by their SHA-256, written once, checked at each reading.

A file is laid down before the row that names it is committed. One whose row never came is a few
bytes too many; a row whose file is gone is what `quatrefoil check` tells.
"""

import os
import re
import tempfile
from pathlib import Path
from typing import Self

from app.kernel.canonical import sha256_hex
from app.kernel.errors import NotFound, Unavailable
from app.kernel.text import msg

_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)


class FileStore:
    """A folder of files, apart from what the web serves by itself."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @classmethod
    def below(cls, data_dir: Path) -> Self:
        """The service's own, in its data folder."""
        return cls(data_dir / "files")

    def put(self, content: bytes) -> str:
        """Keep `content` and give its SHA-256; the same content again is the same file."""
        sha256 = sha256_hex(content)
        path = self.path_of(sha256)
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            _write(path, content)
        return sha256

    def get(self, sha256: str) -> bytes:
        """The content; raises NotFound, or Unavailable when it is not what it was."""
        path = self.path_of(sha256)
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            raise NotFound(msg("The file is not where it was put. Tell who runs this.")) from None
        if sha256_hex(content) != sha256:
            raise Unavailable(msg("The file was changed since it was put here."))
        return content

    def trouble_with(self, sha256: str) -> str | None:
        """What is wrong with a file: `missing`, `changed`, or nothing."""
        try:
            self.get(sha256)
        except NotFound:
            return "missing"
        except Unavailable:
            return "changed"
        return None

    def path_of(self, sha256: str) -> Path:
        """Where a file stands; its first two letters are a folder of their own."""
        if not _SHA256.fullmatch(sha256):
            raise ValueError("not a SHA-256")
        return self.folder / sha256[:2] / sha256


def _write(path: Path, content: bytes) -> None:
    """All of it or nothing, also when the power goes: a file of that name is always whole."""
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
        try:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
            Path(file.name).replace(path)
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
