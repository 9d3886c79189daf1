"""The code of a gift card: 80 random bits and two signs that catch what is mistyped.

It reads `GC4K-7QFM-…`; case, blanks and strokes do not matter, and what looks alike is the same.
Without Y and Z, which a German keyboard swaps under an English scanner.
"""

import secrets

from app.kernel.canonical import sha256_hex

_SIGNS = "0123456789ABCDEFGHJKLMNPQRSTUVWX"
_PREFIX = "GC"
_RANDOM, _CHECKING = 16, 2
_LENGTH = len(_PREFIX) + _RANDOM + _CHECKING
_GROUP = 4
# the largest prime below 32 * 32: one wrong sign, or two neighbours swapped, always shows
_PRIME = 1021
_ALIKE = str.maketrans({"O": "0", "I": "1"})
_IGNORED = str.maketrans(dict.fromkeys(" \t\u00a0-–—_./", None))


def new() -> str:
    """A code that nobody has, as it is kept: without strokes."""
    random = "".join(secrets.choice(_SIGNS) for _ in range(_RANDOM))
    return f"{_PREFIX}{random}{_check_of(random)}"


def read(text: str) -> str | None:
    """The code in what was typed or scanned; None where it is none, or mistyped."""
    bare = text.translate(_IGNORED).upper()
    if len(bare) != _LENGTH or not bare.startswith(_PREFIX):
        return None
    signs = bare.removeprefix(_PREFIX).translate(_ALIKE)
    random, check = signs[:_RANDOM], signs[_RANDOM:]
    if any(sign not in _SIGNS for sign in signs) or _check_of(random) != check:
        return None
    return f"{_PREFIX}{signs}"


def shown(code: str) -> str:
    """In groups of four, as it is printed."""
    return "-".join(code[start : start + _GROUP] for start in range(0, len(code), _GROUP))


def tail(code: str) -> str:
    """By which people tell cards apart; it opens nothing."""
    return code[-_GROUP:]


def hashed(code: str) -> str:
    """As it is kept."""
    return sha256_hex(code.encode())


def _check_of(random: str) -> str:
    number = 0
    for sign in random:
        number = (number * len(_SIGNS) + _SIGNS.index(sign)) % _PRIME
    high, low = divmod(number, len(_SIGNS))
    return _SIGNS[high] + _SIGNS[low]
