"""The scan of a reference's certificate: a PDF or a picture, kept by the hash of its bytes."""

from dataclasses import dataclass

from app.calibration.typedcertificate import Bytes
from app.kernel.canonical import sha256_hex
from app.kernel.searchkeys import clean
from app.kernel.uploads import EXTENSIONS, read_document

_NAME = 120


@dataclass(frozen=True, slots=True)
class Paper:
    """A scan on its way in; a picture is written anew, so that its hash is of what is kept."""

    content: bytes
    sha256: str
    name: str

    @property
    def bytes(self) -> Bytes:
        return Bytes(file_sha256=self.sha256, file_name=self.name)


def read_paper(data: bytes, name: str, *, field: str = "file") -> Paper:
    """Raises Refused at the field for what is neither PDF nor picture, or too large."""
    read = read_document(data, field=field)
    ending = EXTENSIONS[read.media_type]
    plain = clean(name).rpartition(".")[0] or clean(name) or "certificate"
    return Paper(read.content, sha256_hex(read.content), f"{plain[:_NAME]}{ending}")


def media_type_of(name: str) -> str:
    """What a kept paper is, by the ending that it was kept with."""
    return next(
        (kind for kind, ending in EXTENSIONS.items() if name.endswith(ending)),
        "application/octet-stream",
    )
