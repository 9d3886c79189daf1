"""An imported list of parts against the parts that are here: what is new, what changes."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Row, func, insert, select, update
from sqlalchemy.orm import Session, aliased

from app.kernel import clock
from app.kernel.actor import Actor
from app.kernel.errors import Refused
from app.kernel.searchkeys import bare_key, folded, search_key
from app.kernel.text import msg
from app.parts import catalogue, numbers
from app.parts.catalogue_models import NumberKind, PartNumber, Supersession
from app.parts.importplan import Plan, in_pieces
from app.parts.importrows import Problem, Said
from app.parts.models import Balance, Part
from app.robots import makers
from app.robots.models import Maker
from app.robots.slot_models import Control
from app.stores import desk

_LONGEST_NAME = 200
_GTIN_DIGITS = 14
# fields of a file that are columns of a part as they are
_PLAIN = (
    "name",
    "gtin",
    "control",
    "slot_class",
    "revision",
    "description",
    "tax_code",
    "minimum",
    "maximum",
    "core_days",
    "un_number",
)
_DEFAULTS: dict[str, object] = {
    "gtin": "",
    "control": Control.NONE,
    "slot_class": None,
    "maker_id": None,
    "revision": "",
    "description": "",
    "price_minor": 0,
    "tax_code": "",
    "minimum": 0,
    "maximum": 0,
    "core_days": None,
    "un_number": "",
}


@dataclass(slots=True)
class PartsPlan(Plan):
    """New parts, changes by part, and who replaces whom, by the keys of their numbers."""

    new: list[tuple[Said, dict[str, object]]] = field(default_factory=list)
    changed: list[tuple[int, dict[str, object]]] = field(default_factory=list)
    makers: dict[str, str] = field(default_factory=dict)
    successors: list[tuple[str, str]] = field(default_factory=list)

    def apply(self, session: Session, actor: Actor, *, reference: str) -> None:
        """Write it all down, in few statements."""
        ids = {key: makers.named(session, actor, name).id for key, name in self.makers.items()}
        rows = [_new_row(actor, said, values, ids) for said, values in self.new]
        for piece in in_pieces(rows):
            session.execute(insert(Part), piece)
        changes = [{"id": part_id, **_with_maker(values, ids)} for part_id, values in self.changed]
        # rows of one statement have the same columns
        for names in {tuple(change) for change in changes}:
            session.execute(update(Part), [change for change in changes if tuple(change) == names])
        self._replace(session, actor, reference)
        session.expire_all()

    def _replace(self, session: Session, actor: Actor, reference: str) -> None:
        keys = {key for pair in self.successors for key in pair}
        ids = {key: row.id for key, row in known_parts(session, actor, keys).items()}
        now = clock.now()
        rows = [
            {
                "old_part_id": ids[old],
                "new_part_id": ids[new],
                "both_ways": False,
                "note": reference,
                "made_at": now,
                "made_by": actor.name,
            }
            for old, new in self.successors
        ]
        if rows:
            session.execute(insert(Supersession), rows)


def plan(
    session: Session, actor: Actor, rows: Sequence[Said], problems: list[Problem]
) -> PartsPlan:
    """What these rows would change. Rows that have a problem already are left out."""
    bad = {problem.row for problem in problems}
    seen: dict[str, int] = {}
    sound = [said for said in rows if said.row not in bad and _is_first(said, seen, problems)]
    here = known_parts(session, actor, [said.key for said in sound])
    store = desk.store_of(session, actor.store_id)
    rates = desk.rates_on(session, actor.store_id, desk.business_day_of(store))
    maker_ids = _makers(session, {said.text("maker") for said in sound})
    found = PartsPlan()
    _check_gtins(session, actor, sound, problems)
    for said in sound:
        row = here.get(said.key)
        values = _values(said, maker_ids)
        changes = values if row is None else _changes(row, values)
        problems += _problems_of(said, row, changes, rates)
        if row is None:
            found.new.append((said, changes))
        elif changes:
            if "name" in changes:
                changes["name_key"] = folded(str(changes["name"]))[:_LONGEST_NAME]
            found.changed.append((row.id, changes))
        else:
            found.same += 1
        if changes.get("maker"):
            found.makers[folded(said.text("maker"))] = said.text("maker")
    _check_controls(session, found, sound, here, problems)
    coming = {said.key for said in sound} | here.keys()
    found.successors = _successors(session, actor, sound, coming, problems)
    found.rows_new, found.rows_changed = len(found.new), len(found.changed)
    return found


def known_parts(session: Session, actor: Actor, keys: Collection[str]) -> dict[str, Row[Any]]:
    """The store's parts by the bare key of their number: columns that a file can change."""
    found: dict[str, Row[Any]] = {}
    for piece in in_pieces(sorted(set(keys))):
        query = select(
            Part.id,
            Part.bare_key,
            Part.number,
            Part.maker_id,
            Part.price_minor,
            Part.archived,
            *(getattr(Part, name) for name in _PLAIN),
        ).where(Part.store_id == actor.store_id, Part.bare_key.in_(piece))
        found |= {row.bare_key: row for row in session.execute(query)}
    return found


def _is_first(said: Said, seen: dict[str, int], problems: list[Problem]) -> bool:
    """A number stands once in a list, in whatever writing."""
    first = seen.setdefault(said.key, said.row)
    if first != said.row:
        sentence = msg(
            "{number} stands in row {row} already; dashes and spaces make no other number.",
            number=said.number,
            row=first,
        )
        problems.append(Problem(said.row, "number", sentence))
    return first == said.row


def _values(said: Said, maker_ids: Mapping[str, int]) -> dict[str, object]:
    """What a row says of a part, by column; `maker` is one that has to be made first."""
    values = {name: said.values[name] for name in _PLAIN if name in said.values}
    if "price" in said.values:
        values["price_minor"] = said.values["price"]
    maker = folded(said.text("maker"))
    if maker in maker_ids:
        values["maker_id"] = maker_ids[maker]
    elif maker:
        values["maker"] = maker
    return values


def _changes(row: Row[Any], values: Mapping[str, object]) -> dict[str, object]:
    return {
        name: value
        for name, value in values.items()
        if name == "maker" or getattr(row, name) != value
    }


def _problems_of(
    said: Said, row: Row[Any] | None, changes: Mapping[str, object], rates: Mapping[str, int]
) -> list[Problem]:
    found = []
    if row is None and not said.values.get("name"):
        sentence = msg("A new part needs a name.")
        found.append(Problem(said.row, "name", sentence))
    if row is not None and row.archived:
        sentence = msg("{number} is in the archive already.", number=row.number)
        found.append(Problem(said.row, "number", sentence))
    code = changes.get("tax_code")
    if code and code not in rates:
        sentence = msg("No tax rate “{code}” is in force. Set it in the settings.", code=code)
        found.append(Problem(said.row, "tax_code", sentence))
    try:
        catalogue.check_levels(
            said.whole("minimum", row.minimum if row is not None else 0),
            said.whole("maximum", row.maximum if row is not None else 0),
        )
    except Refused as refusal:
        found.append(Problem(said.row, refusal.field or "maximum", refusal.message))
    return found


def _makers(session: Session, names: Iterable[str]) -> dict[str, int]:
    keys = {folded(name) for name in names} - {""}
    rows = [
        row
        for piece in in_pieces(sorted(keys))
        for row in session.execute(select(Maker.key, Maker.id).where(Maker.key.in_(piece)))
    ]
    return {row.key: row.id for row in rows}


def _check_gtins(
    session: Session, actor: Actor, sound: Sequence[Said], problems: list[Problem]
) -> None:
    """A GTIN names one part: of the file, and of the store with all further numbers."""
    owner: dict[str, str] = {}
    wanted = {said.text("gtin").zfill(_GTIN_DIGITS): said for said in sound if said.text("gtin")}
    forms = {form: key for key in wanted for form in numbers.gtin_forms(key)}
    for piece in in_pieces(sorted(forms)):
        own = select(Part.gtin, Part.bare_key, Part.number).where(
            Part.store_id == actor.store_id, Part.gtin.in_(piece)
        )
        further = (
            select(PartNumber.bare_key, Part.bare_key, Part.number)
            .join(Part, Part.id == PartNumber.part_id)
            .where(
                PartNumber.store_id == actor.store_id,
                PartNumber.kind == NumberKind.GTIN,
                PartNumber.bare_key.in_(piece),
            )
        )
        for query in (own, further):
            for gtin, key, number in session.execute(query):
                wished = wanted[forms[gtin]]
                if key != wished.key:
                    problems.append(_gtin_taken(wished, number))
    for said in sound:
        gtin = said.text("gtin").zfill(_GTIN_DIGITS) if said.text("gtin") else ""
        if gtin and owner.setdefault(gtin, said.number) != said.number:
            problems.append(_gtin_taken(said, owner[gtin]))


def _gtin_taken(said: Said, number: str) -> Problem:
    sentence = msg(
        "{number} is a number of part {part} already.", number=said.text("gtin"), part=number
    )
    return Problem(said.row, "gtin", sentence)


def _check_controls(
    session: Session,
    found: PartsPlan,
    sound: Sequence[Said],
    here: Mapping[str, Row[Any]],
    problems: list[Problem],
) -> None:
    """Pieces that are here were counted as the part is kept now."""
    other = {part_id for part_id, changes in found.changed if "control" in changes}
    filled: set[int] = set()
    for piece in in_pieces(sorted(other)):
        query = (
            select(Balance.part_id)
            .where(Balance.part_id.in_(piece), Balance.bounded.is_(True))
            .group_by(Balance.part_id)
            .having(func.sum(Balance.quantity) > 0)
        )
        filled |= set(session.scalars(query))
    for said in sound if filled else ():
        row = here.get(said.key)
        if row is not None and row.id in filled and said.values.get("control"):
            sentence = msg(
                "Pieces of {number} are counted as they are now. Book them out first.",
                number=row.number,
            )
            problems.append(Problem(said.row, "control", sentence))


def _successors(
    session: Session,
    actor: Actor,
    sound: Sequence[Said],
    coming: set[str],
    problems: list[Problem],
) -> list[tuple[str, str]]:
    """Who replaces whom: a part that is here or comes with the file, and never in a ring."""
    wanted = {said.key: said for said in sound if said.text("successor")}
    if not wanted:
        return []
    found = []
    named = {bare_key(said.text("successor")) for said in wanted.values()}
    coming |= known_parts(session, actor, named - coming).keys()
    onward = _replaced(session, actor)
    for key, said in wanted.items():
        new = bare_key(said.text("successor"))
        sentence = None
        if new not in coming:
            sentence = msg("No part {number}.", number=said.text("successor"))
        elif onward.get(key, new) != new:
            sentence = msg("{number} is replaced by another part already.", number=said.number)
        elif key not in onward:
            onward[key] = new
            found.append((key, new))
        if sentence is not None:
            problems.append(Problem(said.row, "successor", sentence))
    for key in _in_rings(onward):
        if key in wanted:
            sentence = msg(
                "{number} would replace itself, directly or over others. That would be a ring.",
                number=wanted[key].number,
            )
            problems.append(Problem(wanted[key].row, "successor", sentence))
    return found


def _replaced(session: Session, actor: Actor) -> dict[str, str]:
    old, new = aliased(Part), aliased(Part)
    rows = session.execute(
        select(old.bare_key, new.bare_key)
        .select_from(Supersession)
        .join(old, old.id == Supersession.old_part_id)
        .join(new, new.id == Supersession.new_part_id)
        .where(old.store_id == actor.store_id)
    )
    return {row[0]: row[1] for row in rows}


def _in_rings(onward: Mapping[str, str]) -> set[str]:
    """Parts from which one comes back to themselves; each is looked at once."""
    visited: dict[str, int] = {}
    rings: set[str] = set()
    for walk, start in enumerate(onward):
        path = []
        at = start
        while at in onward and at not in visited:
            visited[at] = walk
            path.append(at)
            at = onward[at]
        if path and visited.get(at) == walk:
            rings |= set(path[path.index(at) :])
    return rings


def _new_row(
    actor: Actor, said: Said, values: Mapping[str, object], maker_ids: Mapping[str, int]
) -> dict[str, object]:
    name_key = folded(str(values["name"]))[:_LONGEST_NAME]
    return {
        **_DEFAULTS,
        **_with_maker(values, maker_ids),
        "name_key": name_key,
        "store_id": actor.store_id,
        "number": said.number,
        "number_key": search_key(said.number),
        "bare_key": said.key,
        "archived": False,
        "valued_quantity": 0,
        "valued_minor": 0,
        "on_hand": 0,
    }


def _with_maker(values: Mapping[str, object], ids: Mapping[str, int]) -> dict[str, object]:
    rest = {name: value for name, value in values.items() if name != "maker"}
    return rest | ({"maker_id": ids[str(values["maker"])]} if "maker" in values else {})
