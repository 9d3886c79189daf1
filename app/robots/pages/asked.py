"""What an address asks for."""

_LARGEST_NUMBER = 2**31 - 1


def number(text: str) -> int | None:
    """A number from an address, if it is one that a row can have."""
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(_LARGEST_NUMBER))):
        return None
    return int(text) if int(text) <= _LARGEST_NUMBER else None
