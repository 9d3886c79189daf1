"""E-mail addresses: what is surely none."""

import re

from app.kernel.errors import Refused
from app.kernel.searchkeys import clean
from app.kernel.text import msg

LONGEST = 200
_SHAPE = re.compile(r"[^\s@<>,;]+@[^\s@<>,;]+\.[^\s@<>,;.]+")


def read_mail(text: str, *, field: str = "email") -> str:
    """An address as typed, trimmed; empty stays empty. Raises Refused for what cannot be one.

    Only the shape: whether it takes mail, sending one will show.
    """
    typed = clean(text)
    if typed and (len(typed) > LONGEST or not _SHAPE.fullmatch(typed)):
        raise Refused(msg("This is not an e-mail address."), field=field)
    return typed
