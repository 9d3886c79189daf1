"""Files that bring parts, prices or stock: laid aside, understood, checked, then taken in whole.

Nothing of a file is written before every row of it is sound, and then all of it at once. Reading
fifty thousand rows takes seconds, so it is done behind the request (`importwork`); how far it is
stands in the row, and so on every page that is opened anew.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import delete, select
from sqlalchemy.orm import Session, undefer

from app.identity.roles import Role, permissions_of
from app.kernel import audit, clock, numbers
from app.kernel.actor import Actor
from app.kernel.canonical import sha256_hex
from app.kernel.errors import Conflict, NotFound, Refused
from app.kernel.searchkeys import clean
from app.kernel.text import Text, msg
from app.parts import importfields, importfiles, places
from app.parts.import_models import ImportKind, ImportState, PartImport
from app.parts.importfiles import Head
from app.parts.importrows import Problem
from app.parts.models import PlaceKind

MOST_PROBLEMS = 1_000
PERMISSIONS = {
    ImportKind.PARTS: "parts.edit",
    ImportKind.PRICES: "purchases.edit",
    ImportKind.STOCK: "stock.count",
}
AT_WORK = frozenset({ImportState.CHECKING, ImportState.IMPORTING})
STATE_LABELS: dict[ImportState, Text] = {
    ImportState.STAGED: msg("Columns to check"),
    ImportState.CHECKING: msg("Being checked"),
    ImportState.CHECKED: msg("Checked"),
    ImportState.IMPORTING: msg("Being imported"),
    ImportState.DONE: msg("Imported"),
    ImportState.CANCELLED: msg("Given up"),
}
_LONGEST_NAME = 200
_KEPT_BACK = 20  # files waiting in a store; older ones make room


@dataclass(frozen=True, slots=True)
class Look:
    """How somebody wants a file read: empty for what it seems to be."""

    encoding: str = ""
    separator: str = ""


AS_IT_SEEMS = Look()


def label_of(row: PartImport) -> str:
    return f"I-{row.number}"


def page_of(row: PartImport) -> str:
    return f"/parts/imports/{row.number}"


def stage(
    session: Session,
    actor: Actor,
    kind: ImportKind,
    *,
    file_name: str,
    data: bytes,
    look: Look = AS_IT_SEEMS,
) -> PartImport:
    """Lay a file aside, its columns guessed; nothing of it is taken in yet."""
    actor.require(PERMISSIONS[kind])
    head = importfiles.look(data, kind, encoding=look.encoding, separator=look.separator)
    _make_room(session, actor)
    row = PartImport(
        store_id=actor.store_id,
        number=numbers.allot(session, store_id=actor.store_id, series="part_import"),
        kind=kind,
        file_name=clean(file_name)[:_LONGEST_NAME] or "–",
        file_sha256=sha256_hex(data),
        content=data,
        titles="",
        columns="",
        sample="",
        rows_total=0,
        staged_at=clock.now(),
        staged_by=actor.name,
    )
    _understand(row, head)
    session.add(row)
    session.flush()
    audit.record(
        session,
        actor,
        "import.staged",
        subject=f"import:{row.number}",
        after={"kind": kind, "file": row.file_name, "sha256": row.file_sha256},
    )
    return row


def look_again(session: Session, actor: Actor, row: PartImport, look: Look) -> None:
    """Read the file in another encoding or with another separator; the columns are guessed anew."""
    _require_waiting(actor, row)
    head = importfiles.look(
        content_of(session, row), row.kind, encoding=look.encoding, separator=look.separator
    )
    _understand(row, head)
    session.flush()


def choose_columns(session: Session, actor: Actor, row: PartImport, columns: Sequence[str]) -> None:
    """What each column of the file fills. Raises Refused for a field named twice or missing."""
    _require_waiting(actor, row)
    titles = titles_of(row)
    chosen = [name if importfields.field_of(row.kind, name) else "" for name in columns]
    chosen = [*chosen, *[""] * len(titles)][: len(titles)]
    for field in importfields.FIELDS[row.kind]:
        if field.required and field.name not in chosen:
            raise Refused(msg("Say which column is “{field}”.", field=field.label), field="columns")
        if chosen.count(field.name) > 1:
            raise Refused(
                msg("Two columns cannot both be “{field}”.", field=field.label), field="columns"
            )
    if len([name for name in chosen if name]) < 2:  # noqa: PLR2004 - a number, and what about it
        raise Refused(msg("Say what the other columns are."), field="columns")
    row.columns = json.dumps(chosen)
    session.flush()


def ask_check(session: Session, actor: Actor, row: PartImport) -> None:
    """Have every row looked at, behind the request."""
    _require_waiting(actor, row)
    # whoever checks only reads, and cannot make what is missing
    places.standards(session, actor.store_id, (PlaceKind.BIN, PlaceKind.OPENING))
    _put_to_work(session, actor, row, ImportState.CHECKING)


def ask_import(session: Session, actor: Actor, row: PartImport) -> None:
    """Have the checked file taken in, behind the request. Raises Conflict for an unsound one."""
    actor.require(PERMISSIONS[row.kind])
    if row.state is not ImportState.CHECKED:
        raise _not_now(row)
    if row.problem_count:
        raise Refused(
            msg("Nothing was imported: {count} rows have problems.", count=row.problem_count)
        )
    _put_to_work(session, actor, row, ImportState.IMPORTING)


def cancel(session: Session, actor: Actor, row: PartImport) -> None:
    """Give a file up, also while it is being read; what was imported stays."""
    actor.require(PERMISSIONS[row.kind])
    if row.state in {ImportState.DONE, ImportState.CANCELLED}:
        raise _not_now(row)
    row.state, row.content = ImportState.CANCELLED, None
    row.ended_at, row.ended_by = clock.now(), actor.name
    session.flush()
    audit.record(session, actor, "import.cancelled", subject=f"import:{row.number}")


def by_number(session: Session, actor: Actor, number: int) -> PartImport:
    actor.require("stock.view")
    row = session.scalar(
        select(PartImport).where(PartImport.store_id == actor.store_id, PartImport.number == number)
    )
    if row is None:
        raise NotFound(msg("There is no import {number}.", number=number))
    return row


def listed(session: Session, actor: Actor, *, before: int | None, most: int) -> list[PartImport]:
    """The store's imports, the newest first."""
    actor.require("stock.view")
    query = select(PartImport).where(PartImport.store_id == actor.store_id)
    if before is not None:
        query = query.where(PartImport.number < before)
    return list(session.scalars(query.order_by(PartImport.number.desc()).limit(most)))


def earlier(session: Session, row: PartImport) -> PartImport | None:
    """The import that has taken in this very file already."""
    return session.scalar(
        select(PartImport)
        .where(
            PartImport.store_id == row.store_id,
            PartImport.file_sha256 == row.file_sha256,
            PartImport.kind == row.kind,
            PartImport.state == ImportState.DONE,
            PartImport.id != row.id,
        )
        .limit(1)
    )


def content_of(session: Session, row: PartImport) -> bytes:
    """The file itself; raises Conflict when it is gone."""
    found = session.scalar(
        select(PartImport)
        .where(PartImport.id == row.id)
        .options(undefer(PartImport.content))
        .execution_options(populate_existing=True)
    )
    if found is None or found.content is None:
        raise Conflict(msg("This file is no longer here. Choose it again."), link="/parts/imports")
    return found.content


def titles_of(row: PartImport) -> list[str]:
    told = json.loads(row.titles)
    return [str(title) for title in told["titles"]]


def title_row_of(row: PartImport) -> int:
    return int(json.loads(row.titles)["row"])


def columns_of(row: PartImport) -> list[str]:
    return [str(name) for name in json.loads(row.columns)]


def sample_of(row: PartImport) -> list[tuple[int, list[str]]]:
    return [
        (int(number), [str(cell) for cell in cells]) for number, cells in json.loads(row.sample)
    ]


def problems_of(row: PartImport) -> list[Problem]:
    """What is wrong with the file, by row; the first thousand."""
    return [
        Problem(int(number), str(name), _text_of(told))
        for number, name, told in json.loads(row.problems)
    ]


def kept(problems: Sequence[Problem]) -> str:
    """Problems as the row keeps them."""
    first = sorted(problems, key=lambda each: each.row)[:MOST_PROBLEMS]
    return json.dumps(
        [[each.row, each.field, _told(each.text)] for each in first], ensure_ascii=False
    )


def asking(actor: Actor) -> str:
    """Who asks for work that is done later, as text."""
    return json.dumps(
        {
            "name": actor.name,
            "role": actor.role,
            "staff_id": actor.staff_id,
            "token_id": actor.token_id,
            "terminal_id": actor.terminal_id,
            "terminal_name": actor.terminal_name,
        }
    )


def asker(row: PartImport) -> Actor:
    """Who asked, with what the role may do now."""
    told = json.loads(row.asked_by)
    return Actor(store_id=row.store_id, permissions=permissions_of(Role(told["role"])), **told)


def _understand(row: PartImport, head: Head) -> None:
    row.encoding, row.separator = head.layout.encoding, head.layout.separator
    row.titles = json.dumps({"row": head.title_row, "titles": head.titles}, ensure_ascii=False)
    row.columns = json.dumps(importfields.guessed(row.kind, head.titles))
    sample = [[number, [cell[:200] for cell in cells]] for number, cells in head.sample]
    row.sample = json.dumps(sample, ensure_ascii=False)
    row.rows_total, row.rows_done = head.rows, 0
    row.state, row.problem_count, row.problems = ImportState.STAGED, 0, "[]"


def _put_to_work(session: Session, actor: Actor, row: PartImport, state: ImportState) -> None:
    row.state, row.rows_done, row.claimed_until = state, 0, None
    row.problem_count, row.problems = 0, "[]"
    row.asked_by = asking(actor)
    session.flush()


def _require_waiting(actor: Actor, row: PartImport) -> None:
    """Raises Conflict for a file that is being read, or that is over."""
    actor.require(PERMISSIONS[row.kind])
    if row.state not in {ImportState.STAGED, ImportState.CHECKED}:
        raise _not_now(row)


def _not_now(row: PartImport) -> Conflict:
    return Conflict(
        msg(
            "Import {number} is not waiting for that: {state}.",
            number=label_of(row),
            state=STATE_LABELS[row.state],
        ),
        link=page_of(row),
    )


def _make_room(session: Session, actor: Actor) -> None:
    """Files that nobody went on with are forgotten, the oldest first."""
    waiting = select(PartImport.id).where(
        PartImport.store_id == actor.store_id,
        PartImport.state.in_((ImportState.STAGED, ImportState.CHECKED)),
    )
    oldest = session.scalars(waiting.order_by(PartImport.id.desc()).offset(_KEPT_BACK)).all()
    if oldest:
        session.execute(delete(PartImport).where(PartImport.id.in_(oldest)))


def _told(text: Text) -> Mapping[str, object]:
    return {
        "template": text.template,
        "facts": {
            name: _told(fact)
            if isinstance(fact, Text)
            else fact
            if isinstance(fact, int)
            else str(fact)
            for name, fact in text.facts.items()
        },
    }


def _text_of(told: Mapping[str, object]) -> Text:
    facts = told["facts"]
    if not isinstance(facts, dict):
        raise TypeError("a kept sentence has its facts by name")
    return Text(
        str(told["template"]),
        {name: _text_of(fact) if isinstance(fact, dict) else fact for name, fact in facts.items()},
    )
