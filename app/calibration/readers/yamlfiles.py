"""YAML from outside as a tree of texts with their lines: no tags, no anchors, no depth, no guess.

Scalars stay as written, so that `0.10` is not 0.1 and a serial is not a number.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

import yaml

from app.calibration.readers.findings import BadFile, is_text, text_of
from app.kernel.text import msg

_MOST_BYTES = 500_000
_MOST_DEPTH = 12
_MOST_NODES = 50_000
_OPENCV = "tag:yaml.org,2002:opencv-matrix"
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class Scalar:
    text: str
    line: int


@dataclass(slots=True)
class Listed:
    line: int
    items: list["Node"] = field(default_factory=list)


@dataclass(slots=True)
class Mapped:
    line: int
    items: dict[str, "Node"] = field(default_factory=dict)


Node = Scalar | Listed | Mapped


def read_yaml(data: bytes) -> Mapped:
    """The one document of a file, which must be a mapping. Raises BadFile with the line."""
    text = text_of(data, most=_MOST_BYTES)
    if text.startswith("%YAML:"):  # as OpenCV writes it, which YAML itself does not allow
        text = "#" + text[1:]
    try:
        events = iter(yaml.parse(text, Loader=_LOADER))
        found = _document(events)
    except yaml.YAMLError as broken:
        mark = getattr(broken, "problem_mark", None)
        reason = str(getattr(broken, "problem", None) or "")[:120]
        raise BadFile(
            msg("The file cannot be read as YAML: {reason}", reason=reason),
            mark.line + 1 if mark else None,
        ) from broken
    if not isinstance(found, Mapped):
        raise BadFile(msg("The file names no values."), found.line if found else None)
    return found


def _document(events: Iterator[yaml.Event]) -> Node | None:
    """The tree of the first document; a second one is refused."""
    open_: list[Listed | Mapped] = []
    keys: list[str | None] = []
    root: Node | None = None
    count = 0
    for event in events:
        if isinstance(event, yaml.DocumentStartEvent) and root is not None:
            raise BadFile(msg("The file holds several documents."), _line(event))
        if isinstance(event, yaml.SequenceEndEvent | yaml.MappingEndEvent):
            open_.pop()
            keys.pop()
            continue
        node = _node(event)
        if node is None:
            continue
        count += 1
        if count > _MOST_NODES:
            raise BadFile(msg("The file has more entries than a calibration can need."), node.line)
        if not open_:
            root = node
        elif not _put(open_[-1], keys, node):
            continue
        if not isinstance(node, Scalar):
            open_.append(node)
            keys.append(None)
            if len(open_) > _MOST_DEPTH:
                raise BadFile(msg("The file is nested too deeply."), node.line)
    return root


def _put(holder: Listed | Mapped, keys: list[str | None], node: Node) -> bool:
    """Hang a node into what is open; False: it was the name of what comes next."""
    if isinstance(holder, Listed):
        holder.items.append(node)
        return True
    name = keys[-1]
    if name is None:
        if not isinstance(node, Scalar):
            raise BadFile(msg("A name here is not a plain text."), node.line)
        if node.text in holder.items:
            raise BadFile(msg("“{name}” stands here twice.", name=node.text[:80]), node.line)
        keys[-1] = node.text
        return False
    holder.items[name] = node
    keys[-1] = None
    return True


def _node(event: yaml.Event) -> Node | None:
    line = _line(event)
    if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
        raise BadFile(msg("Anchors and aliases are not accepted."), line)
    if not isinstance(event, yaml.ScalarEvent | yaml.CollectionStartEvent):
        return None
    # "!" is the tag of what is quoted
    if event.tag not in {None, "!", _OPENCV}:
        raise BadFile(msg("Types of other programs are not accepted."), line)
    if isinstance(event, yaml.ScalarEvent):
        if not is_text(event.value):
            raise BadFile(msg("A text in the file is not readable."), line)
        return Scalar(event.value, line)
    return Listed(line) if isinstance(event, yaml.SequenceStartEvent) else Mapped(line)


def _line(event: yaml.Event) -> int:
    mark = event.start_mark
    return mark.line + 1 if mark else 1
