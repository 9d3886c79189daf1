"""What people write beside what they do: a note, a reference, the reason for it."""

from app.kernel.errors import Refused
from app.kernel.searchkeys import clean
from app.kernel.text import msg


def fitting(text: str, *, most: int, field: str) -> str:
    """As it was meant, it may be empty; raises Refused for more than fits."""
    said = clean(text)
    if len(said) > most:
        raise Refused(msg("At most {most} characters fit here.", most=most), field=field)
    return said


def why(text: str, *, most: int, field: str = "reason") -> str:
    """The same for a reason, without which it is not done."""
    said = fitting(text, most=most, field=field)
    if not said:
        raise Refused(msg("Please say why."), field=field)
    return said
