"""States of a thing's making, as makers print them: A, B, C2, 2.1. They are ordered as versions."""

import re
from collections.abc import Iterator

from app.kernel.errors import Refused
from app.kernel.searchkeys import clean, search_key
from app.kernel.text import msg
from app.robots.versions import version_key

LONGEST = 64
_LONGEST_RANGE = 300
_MOST = 30
_TO = re.compile(r"\s*(?:\.\.+|…|–|—)\s*")


def read_revision(text: str, *, field: str = "revision") -> str:
    """A revision as printed; empty for none."""
    revision = clean(text)
    if max(len(revision), len(search_key(revision))) > LONGEST or "\n" in revision:
        raise Refused(msg("At most {most} characters fit here.", most=LONGEST), field=field)
    return revision


def read_revisions(text: str, *, field: str = "revisions") -> str:
    """Revisions and ranges of them, parted by commas: `A, C..E, G..`; empty for all."""
    said = " ".join(clean(text).split())
    if not said:
        return ""
    items = [item.strip() for item in said.split(",")]
    if len(said) > _LONGEST_RANGE or len(items) > _MOST:
        raise Refused(msg("At most {most} revisions, parted by commas.", most=_MOST), field=field)
    for item in items:
        first, last = _ends(item)
        if not (first or last) or any(len(end) > LONGEST for end in (first, last)):
            raise _unreadable(item, field)
        if first and last and version_key(first) > version_key(last):
            raise Refused(
                msg("The range runs backwards: {first} comes after {last}.", first=first,
                    last=last), field=field
            )  # fmt: skip
    return ", ".join(items)


def covers(revisions: str, revision: str) -> bool:
    """Whether what `read_revisions` gave has this revision in it; all have none of them empty."""
    if not revisions:
        return True
    if not search_key(revision):
        return False
    key = version_key(revision)
    return any(
        (not first or version_key(first) <= key) and (not last or key <= version_key(last))
        for first, last in _ranges(revisions)
    )


def _ranges(revisions: str) -> Iterator[tuple[str, str]]:
    for item in revisions.split(","):
        yield _ends(item.strip())


def _ends(item: str) -> tuple[str, str]:
    ends = _TO.split(item, maxsplit=1)
    return (ends[0], ends[0]) if len(ends) == 1 else (ends[0], ends[1])


def _unreadable(item: str, field: str) -> Refused:
    return Refused(
        msg("“{text}” is no revision; write for example B, or B..D.", text=item[:40]), field=field
    )
