"""Files as programs send them, in base64."""

import base64
import binascii
from typing import Annotated

from pydantic import Field

from app.kernel.errors import Invalid
from app.kernel.text import msg
from app.robots.documents import SentFile
from app.web.wire import Sent, Words

# A body has at most 1 MB; what is larger comes by the page.
_MOST_SIGNS = 950_000


class FileIn(Sent):
    """A PDF or a picture of at most 700 kB; larger ones come by the page."""

    name: Words = ""
    content: Annotated[str, Field(max_length=_MOST_SIGNS, description="In base64.")]

    def sent(self) -> SentFile:
        """Raises Invalid for what is no base64."""
        try:
            data = base64.b64decode(self.content, validate=True)
        except (binascii.Error, ValueError):
            raise Invalid(
                msg("Please look at the marked fields."),
                problems={"file.content": msg("This is not base64.")},
            ) from None
        return SentFile(self.name, data)
