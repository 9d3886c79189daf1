"""Keyset paging: a page begins after the last row of the one before, however deep."""

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from app.kernel.errors import Refused
from app.kernel.text import msg

PAGE = 50
MOST = 200
_LARGEST_ID = 2**63 - 1
Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """Rows of one page, and the cursor of the next (None at the end)."""

    items: Sequence[Row]
    next: str | None


def encode(*keys: str | int) -> str:
    return base64.urlsafe_b64encode(json.dumps(keys).encode()).decode().rstrip("=")


def decode(cursor: str, *kinds: type) -> tuple[str | int, ...]:
    """The keys in a cursor; raises Refused for one that is not ours."""
    try:
        keys = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, RecursionError):
        keys = None
    if (
        not isinstance(keys, list)
        or len(keys) != len(kinds)
        or not all(type(key) is kind for key, kind in zip(keys, kinds, strict=True))
        or not all(_fits_a_column(key) for key in keys)
    ):
        raise Refused(
            msg("This page mark is not one of ours; start at the first page."), field="cursor"
        )
    return tuple(keys)


def _fits_a_column(key: str | int) -> bool:
    """Could this have come out of a database at all?"""
    if isinstance(key, int):
        return abs(key) <= _LARGEST_ID
    return not any(sign == "\0" or "\ud800" <= sign <= "\udfff" for sign in key)
