"""Frozen text: a dataclass as canonical JSON bytes, and back, without loss.

An issued document, a signed certificate or an approved estimate is kept as the bytes made here; its
hash and its reprint both start from them (`app.kernel.canonical`, with all times in UTC).

A field that still has its declared default is left out. A class may therefore grow by fields with
defaults, and old bytes thaw and freeze to the same bytes again. A default, once shipped, stays.

Shapes: dataclass -> object, tuple -> array, Money -> {"amount": minor units, "currency": code},
datetime -> "2025-11-25T09:31:06+00:00", date -> "2025-11-25", bytes -> Base64, enum -> its value.
"""

import base64
import dataclasses
import json
import types
from collections.abc import Hashable
from datetime import UTC, date, datetime
from enum import Enum
from functools import cache
from typing import Any, NoReturn, TypeVar, Union, get_args, get_origin, get_type_hints

from app.kernel.canonical import canonical
from app.kernel.money import Money

T = TypeVar("T")


def freeze(value: object) -> bytes:
    """The canonical bytes of a dataclass value; TypeError for what they cannot hold exactly."""
    return canonical(_bare(value))


def thaw(kind: type[T], frozen: bytes) -> T:
    """The `kind` that `frozen` holds; ValueError if the bytes are not of that shape."""
    plain = json.loads(frozen.decode("utf-8"), parse_float=_refuse, parse_constant=_refuse)
    value = _value(kind, plain)
    if not isinstance(value, kind):
        raise _misfit(kind, plain)
    return value


def _refuse(number: str) -> NoReturn:
    raise ValueError(f"{number} is not a whole number, and frozen text holds no others")


def _misfit(kind: object, plain: object) -> ValueError:
    return ValueError(f"frozen text has {plain!r} where {kind} belongs")


def _bare(value: object) -> object:
    """`value` without what canonical JSON does not know: dataclasses, zones, bytes."""
    match value:
        case tuple():
            return [_bare(item) for item in value]
        case datetime():
            return _instant(value).isoformat()
        case bytes():
            return base64.b64encode(value).decode("ascii")
        case Money():
            return value
        case _ if dataclasses.is_dataclass(value) and not isinstance(value, type):
            return {
                field.name: _bare(getattr(value, field.name))
                for field in dataclasses.fields(value)
                if getattr(value, field.name) != field.default
            }
    return value


def _instant(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise TypeError("a frozen time needs its zone")
    return moment.astimezone(UTC)


def _value(kind: Any, plain: Any) -> Any:
    """The value of declared type `kind` behind `plain`."""
    if get_origin(kind) is tuple:
        return _sequence(kind, plain)
    if get_origin(kind) in {Union, types.UnionType}:
        (inner,) = (option for option in get_args(kind) if option is not types.NoneType)
        return None if plain is None else _value(inner, plain)
    if kind is Money:
        return _money(plain)
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        return _object(kind, plain)
    return _scalar(kind, plain)


def _sequence(kind: Any, plain: object) -> tuple[Any, ...]:
    if not isinstance(plain, list):
        raise _misfit(kind, plain)
    return tuple(_value(get_args(kind)[0], item) for item in plain)


def _money(plain: object) -> Money:
    match plain:
        case {"amount": int(minor), "currency": str(currency), **rest} if not rest:
            return Money(minor, currency)
    raise _misfit(Money, plain)


def _object(kind: Any, plain: object) -> object:
    declared = _fields(kind)
    if not isinstance(plain, dict) or not plain.keys() <= declared.keys():
        raise _misfit(kind, plain)
    try:
        return kind(**{name: _value(declared[name], item) for name, item in plain.items()})
    except TypeError as missing_field:
        raise _misfit(kind, plain) from missing_field


@cache
def _fields(kind: Hashable) -> dict[str, Any]:
    """Declared type of each field of a dataclass, by name."""
    return get_type_hints(kind)


def _scalar(kind: Any, plain: object) -> object:
    if kind is bool or kind is int or kind is str:
        # not isinstance: a bool is an int to Python
        if type(plain) is kind:
            return plain
    elif isinstance(plain, str) and kind is datetime:
        return datetime.fromisoformat(plain)
    elif isinstance(plain, str) and kind is date:
        return date.fromisoformat(plain)
    elif isinstance(plain, str) and kind is bytes:
        return base64.b64decode(plain, validate=True)
    elif isinstance(kind, type) and issubclass(kind, Enum):
        return kind(plain)
    raise _misfit(kind, plain)
