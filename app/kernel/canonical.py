"""One way to write a value down, so that equal values have equal bytes and equal hashes."""

import hashlib
import json
from collections.abc import Mapping
from datetime import date, datetime
from enum import Enum

from app.kernel.money import Money


def canonical(value: object) -> bytes:
    """JSON in UTF-8: sorted keys, no spaces, no floats, times in RFC 3339."""
    return json.dumps(
        plain(value), ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False
    ).encode()


def plain(value: object) -> object:
    """`value` in terms of JSON. Raises TypeError for floats and for what has no one writing."""
    if isinstance(value, Enum):
        return value.value
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, Money):
        return {"amount": value.minor, "currency": value.currency}
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    raise TypeError(f"{type(value).__name__} has no canonical writing")


def sha256_hex(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
