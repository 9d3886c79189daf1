"""Files as programs get them, in base64."""

import base64
from typing import Self

from pydantic import BaseModel


class FileOut(BaseModel):
    """A file, its content in base64."""

    name: str
    media_type: str
    content: str

    @classmethod
    def of(cls, content: bytes, *, name: str, media_type: str) -> Self:
        return cls(
            name=name, media_type=media_type, content=base64.b64encode(content).decode("ascii")
        )
