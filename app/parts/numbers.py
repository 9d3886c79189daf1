"""Numbers of parts: one rule for all ways in.

A number is the same in upper and lower case, with and without dashes and spaces. A store's own
number names one part; so does a number of one maker or supplier, and a GTIN.
"""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, false, or_, select, union_all
from sqlalchemy.orm import Session, aliased

from app.kernel import audit, queueing
from app.kernel.actor import Actor
from app.kernel.errors import Conflict, NotFound, Refused
from app.kernel.searchkeys import bare_key, clean, folded, search_key
from app.kernel.text import Text, msg
from app.parts import addresses
from app.parts.catalogue_models import NumberKind, PartNumber
from app.parts.models import Part

LONGEST_NUMBER = 64
_LONGEST_OWNER = 100
_MOST = 50
_GTIN_LENGTHS = (8, 12, 13, 14)
_GTIN_DIGITS = 14
KIND_LABELS: dict[NumberKind, Text] = {
    NumberKind.MAKER: msg("Maker’s number"),
    NumberKind.SUPPLIER: msg("Supplier’s number"),
    NumberKind.GTIN: msg("GTIN (EAN, UPC)"),
    NumberKind.OTHER: msg("Other number"),
}


@dataclass(frozen=True, slots=True)
class Numbered:
    """A further number as somebody gives it; `owner` is the maker or supplier."""

    kind: NumberKind
    number: str
    owner: str = ""


def read_number(text: str, *, field: str = "number") -> str:
    """A part number as printed, text for ever."""
    number = clean(text)
    if not search_key(number):
        raise Refused(msg("A part needs a number and a name."), field=field)
    if max(len(number), len(search_key(number))) > LONGEST_NUMBER or "\n" in number:
        raise Refused(msg("At most {most} characters fit here.", most=LONGEST_NUMBER), field=field)
    return number


def read_gtin(text: str, *, field: str = "gtin") -> str:
    """8, 12, 13 or 14 digits of which the last one is right (GS1 section 7.9); empty for none."""
    gtin = clean(text)
    if not gtin:
        return ""
    if not (gtin.isascii() and gtin.isdigit() and len(gtin) in _GTIN_LENGTHS):
        raise Refused(msg("A GTIN has 8, 12, 13 or 14 digits."), field=field)
    if _check_digit(gtin[:-1]) != gtin[-1]:
        raise Refused(
            msg("The last digit does not go with the others; look at the label again."), field=field
        )
    return gtin


def gtin_forms(text: str) -> list[str]:
    """All writings of a GTIN: a UPC of 12 digits is the EAN with a zero before it."""
    digits = clean(text)
    if not (digits.isascii() and digits.isdigit() and len(digits) in _GTIN_LENGTHS):
        return []
    bare = digits.lstrip("0")
    return [bare.zfill(length) for length in _GTIN_LENGTHS if len(bare) <= length]


def is_named(store_id: int, code: str) -> ColumnElement[bool]:
    """SQL: one of the part's numbers is exactly this code, in any writing."""
    bare = bare_key(code)
    if not bare:
        return false()
    forms = gtin_forms(code)
    own = aliased(Part)
    ways = [
        select(own.id).where(own.store_id == store_id, own.bare_key == bare),
        select(PartNumber.part_id).where(
            PartNumber.store_id == store_id, PartNumber.bare_key.in_([bare, *forms[-1:]])
        ),
    ]
    if forms:
        ways.append(select(own.id).where(own.store_id == store_id, own.gtin.in_(forms)))
    return Part.id.in_(union_all(*ways))


def of_part(session: Session, part_id: int) -> list[PartNumber]:
    """A part's further numbers, by kind and owner."""
    rows = session.scalars(
        select(PartNumber).where(PartNumber.part_id == part_id).order_by(PartNumber.id)
    )
    kinds = list(NumberKind)
    return sorted(rows, key=lambda row: (kinds.index(row.kind), row.owner_key, row.number))


def add(session: Session, actor: Actor, part: Part, wanted: Numbered) -> PartNumber:
    """Another number for a part; raises Conflict when it names a part already."""
    actor.require("parts.edit")
    queueing.enter(session, actor.store_id)
    row = _row(part, wanted)
    _require_free(session, row)
    if len(of_part(session, part.id)) >= _MOST:
        raise Refused(msg("A part has at most {most} further numbers.", most=_MOST), field="number")
    session.add(row)
    session.flush()
    audit.record(
        session, actor, "part.number_added", subject=f"part:{part.number}", after=_facts(row)
    )
    return row


def remove(session: Session, actor: Actor, part: Part, number_id: int) -> None:
    actor.require("parts.edit")
    row = session.get(PartNumber, number_id)
    if row is None or row.part_id != part.id:
        raise NotFound(msg("This part has no such number."))
    session.delete(row)
    session.flush()
    audit.record(
        session, actor, "part.number_removed", subject=f"part:{part.number}", before=_facts(row)
    )


def require_free_number(session: Session, store_id: int, number: str, *, but: int = 0) -> None:
    """Raises Conflict when a number is a part's own already; `but` is the part that may have it."""
    taken = session.scalar(
        select(Part).where(
            Part.store_id == store_id, Part.bare_key == bare_key(number), Part.id != but
        )
    )
    if taken is None:
        return
    told = msg("Part {number} is already here.", number=taken.number)
    if taken.number_key != search_key(number):
        told = msg(
            "Part {number} is already here; dashes and spaces make no other number.",
            number=taken.number,
        )
    raise Conflict(told, field="number", link=addresses.part_page(taken.number))


def require_free_gtin(session: Session, store_id: int, gtin: str, *, but: int = 0) -> None:
    """The same of a GTIN, whether it is a part's first or a further one."""
    forms = gtin_forms(gtin)
    if not forms:
        return
    further = select(PartNumber.part_id).where(
        PartNumber.store_id == store_id,
        PartNumber.kind == NumberKind.GTIN,
        PartNumber.bare_key == forms[-1],
    )
    taken = session.scalar(
        select(Part)
        .where(
            Part.store_id == store_id,
            Part.id != but,
            or_(Part.gtin.in_(forms), Part.id.in_(further)),
        )
        .limit(1)
    )
    if taken is not None:
        raise _taken(gtin, taken, field="gtin")


def keep_former(session: Session, part: Part, former: str) -> None:
    """A number that a part had still finds it."""
    row = _row(part, Numbered(NumberKind.OTHER, former))
    if _twin(session, row) is None:
        session.add(row)
        session.flush()


def _row(part: Part, wanted: Numbered) -> PartNumber:
    if wanted.kind is NumberKind.GTIN:
        number = read_gtin(wanted.number, field="number")
        if not number:
            raise Refused(msg("Please fill this in."), field="number")
        key, owner = number.zfill(_GTIN_DIGITS), ""
    else:
        number = clean(wanted.number)
        if not search_key(number):
            raise Refused(msg("Please fill this in."), field="number")
        read_number(number)
        key, owner = bare_key(number), clean(wanted.owner)
    if max(len(owner), len(folded(owner))) > _LONGEST_OWNER:
        raise Refused(msg("At most {most} characters fit here.", most=_LONGEST_OWNER),
                      field="owner")  # fmt: skip
    if wanted.kind in {NumberKind.MAKER, NumberKind.SUPPLIER} and not folded(owner):
        raise Refused(msg("Say whose number this is."), field="owner")
    return PartNumber(
        store_id=part.store_id,
        part_id=part.id,
        kind=wanted.kind,
        owner=owner,
        owner_key=folded(owner),
        number=number,
        bare_key=key,
    )


def _require_free(session: Session, row: PartNumber) -> None:
    twin = _twin(session, row)
    if twin is not None:
        raise _taken(row.number, session.get_one(Part, twin.part_id), field="number")
    if row.kind is NumberKind.GTIN:
        require_free_gtin(session, row.store_id, row.number)


def _twin(session: Session, row: PartNumber) -> PartNumber | None:
    return session.scalar(
        select(PartNumber).where(
            PartNumber.store_id == row.store_id,
            PartNumber.kind == row.kind,
            PartNumber.owner_key == row.owner_key,
            PartNumber.bare_key == row.bare_key,
        )
    )


def _taken(number: str, part: Part, *, field: str) -> Conflict:
    return Conflict(
        msg("{number} is a number of part {part} already.", number=number, part=part.number),
        field=field,
        link=addresses.part_page(part.number),
    )


def _facts(row: PartNumber) -> dict[str, object]:
    return {"kind": row.kind, "owner": row.owner, "number": row.number}


def _check_digit(digits: str) -> str:
    total = sum(
        int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(digits))
    )
    return str(-total % 10)
