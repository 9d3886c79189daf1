"""The bracketed forms that Stripe's clients send, and how an endpoint reads them.

`metadata[order]=7&expand[0]=latest_charge` is decoded into nested dictionaries of text;
`Params` then reads numbers, choices and groups out of it and refuses in Stripe's words.
"""

import re
from collections.abc import Iterator, Sequence
from urllib.parse import parse_qsl

from stripe_stand_in.errors import invalid, missing_parameter

Tree = dict[str, "str | Tree"]

_NAME_PART = re.compile(r"[^\[\]]+|(?<=\[)(?=\])")
_WHOLE_NUMBER = re.compile(r"-?[0-9]{1,18}")
_METADATA_KEYS = 50
_METADATA_KEY_LENGTH = 40
_METADATA_VALUE_LENGTH = 500


def decode(text: str) -> Tree:
    """Return the tree of one query string or form body."""
    root: Tree = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        parts = _NAME_PART.findall(name) or [name]
        node = root
        for part in parts[:-1]:
            below = node.setdefault(part, {})
            if isinstance(below, str):
                raise invalid(f"Invalid object: {below}", param=parts[0])
            node = below
        # `a[]=1&a[]=2` numbers its items by the order in which they come
        node[parts[-1] or str(len(node))] = value
    return root


class Params:
    """The parameters of one request, or one group among them."""

    def __init__(self, tree: Tree, within: str = "") -> None:
        self.tree = tree
        self._within = within

    def path(self, name: str) -> str:
        """Return the name as the client wrote it: `line_items[0][quantity]`."""
        return f"{self._within}[{name}]" if self._within else name

    def __contains__(self, name: str) -> bool:
        return name in self.tree

    def allow(self, *names: str) -> None:
        """Refuse anything but these names; `expand` is always welcome."""
        for name in self.tree:
            if name not in names and name != "expand":
                path = self.path(name)
                raise invalid(
                    f"Received unknown parameter: {path}", param=path, code="parameter_unknown"
                )

    def text(self, name: str) -> str | None:
        """Return a text; an empty one counts as not given, as Stripe unsets by it."""
        value = self.tree.get(name)
        if isinstance(value, dict):
            raise invalid(f"Invalid string: {value}", param=self.path(name))
        return value or None

    def needed_text(self, name: str) -> str:
        """Return a text that must be there."""
        if name not in self.tree:
            raise missing_parameter(self.path(name))
        value = self.text(name)
        if value is None:
            raise self._empty(name)
        return value

    def whole(self, name: str) -> int | None:
        """Return a whole number, or None if the parameter was not sent."""
        if name not in self.tree:
            return None
        value = self.text(name)
        if value is None:
            raise self._empty(name)
        if not _WHOLE_NUMBER.fullmatch(value):
            raise invalid(
                f"Invalid integer: {value}",
                param=self.path(name),
                code="parameter_invalid_integer",
            )
        return int(value)

    def needed_whole(self, name: str) -> int:
        """Return a whole number that must be there."""
        value = self.whole(name)
        if value is None:
            raise missing_parameter(self.path(name))
        return value

    def yes(self, name: str) -> bool:
        """Return a switch; absent is off."""
        value = self.text(name)
        if value not in (None, "true", "false"):
            raise invalid(f"Invalid boolean: {value}", param=self.path(name))
        return value == "true"

    def choice(self, name: str, allowed: Sequence[str], default: str | None = None) -> str | None:
        """Return one of the allowed words."""
        value = self.text(name)
        if value is None:
            return default
        if value not in allowed:
            words = ", ".join(allowed[:-1]) + f" or {allowed[-1]}" if allowed[1:] else allowed[0]
            raise invalid(f"Invalid {name}: must be one of {words}", param=self.path(name))
        return value

    def group(self, name: str) -> "Params":
        """Return the parameters below a name; none were sent gives an empty group."""
        value = self.tree.get(name, {})
        if isinstance(value, str):
            if value:
                raise invalid("Invalid object", param=self.path(name))
            value = {}
        return Params(value, self.path(name))

    def groups(self, name: str) -> Iterator["Params"]:
        """Yield each item of a list of groups, in its order."""
        items = self.group(name)
        for index in items.tree:
            yield items.group(index)

    def texts(self, name: str) -> list[str]:
        """Return a list of texts, in its order."""
        items = self.group(name)
        return [items.needed_text(index) for index in items.tree]

    def metadata(self, kept: dict[str, str] | None = None) -> dict[str, str]:
        """Return `metadata` laid over what was kept; an empty value removes its key."""
        # an empty `metadata` removes all of it
        found = {} if self.tree.get("metadata") == "" else dict(kept or {})
        for key, value in self.group("metadata").tree.items():
            if isinstance(value, dict):
                raise invalid("Invalid metadata value", param=f"metadata[{key}]")
            if len(key) > _METADATA_KEY_LENGTH or len(value) > _METADATA_VALUE_LENGTH:
                raise invalid(
                    f"Metadata keys can have up to {_METADATA_KEY_LENGTH} characters and values "
                    f"up to {_METADATA_VALUE_LENGTH}.",
                    param=f"metadata[{key}]",
                )
            if value:
                found[key] = value
            else:
                found.pop(key, None)
        if len(found) > _METADATA_KEYS:
            raise invalid(f"Metadata can have up to {_METADATA_KEYS} keys.", param="metadata")
        return found

    def _empty(self, name: str) -> Exception:
        path = self.path(name)
        return invalid(
            f"You passed an empty string for '{path}'. We assume empty values are an attempt to "
            f"unset a field; however '{path}' cannot be unset. You should remove '{path}' from "
            f"your request or supply a non-empty value.",
            param=path,
            code="parameter_invalid_empty",
        )
