"""What a scan in the store room says: a part, its serial or lot, a quantity, an order's label."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel.actor import Actor
from app.kernel.errors import NotFound, Refused
from app.kernel.scancodes import gs1, without_prefix
from app.kernel.searchkeys import bare_key, clean
from app.kernel.text import msg
from app.parts import addresses, catalogue, purchasing
from app.parts.buying_models import PurchaseLine
from app.parts.catalogue_models import PartNumber
from app.parts.models import Part
from app.parts.numbers import gtin_forms

_QUANTITY = re.compile(r"\*\s*(\S+)")
_ORDER = re.compile(r"(?:po-|https?://)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Code:
    """A scan taken apart: `quantity` of a command, `order` of a label, else what is on a piece."""

    text: str = ""
    serial: str = ""
    lot: str = ""
    quantity: str = ""
    order: int | None = None


@dataclass(frozen=True, slots=True)
class Goods:
    """A line of the order that was scanned, and what else the code said of the piece."""

    line: PurchaseLine
    serial: str = ""
    lot: str = ""


def read(raw: str) -> Code:
    bare = without_prefix(raw)
    text = clean(bare)
    command = _QUANTITY.fullmatch(text)
    if command:
        return Code(quantity=command[1])
    order = purchasing.read_number(text) if _ORDER.match(text) else None
    if order is not None:
        return Code(text=text, order=order)
    parts = gs1(bare)
    if parts.get("01"):
        return Code(clean(parts["01"]), clean(parts.get("21", "")), clean(parts.get("10", "")))
    return Code(addresses.number_at(text) or text)


def goods(
    session: Session,
    actor: Actor,
    code: Code,
    lines: Sequence[tuple[PurchaseLine, Part]],
) -> Goods | None:
    """The line whose part is called so by us, its maker, its supplier or its GTIN; None for none.

    Raises Refused for a part that is known, but not on this order.
    """
    found = [line for line, part in lines if _is_called(code.text, line, part)]
    if not found:
        further = _called_further(session, code.text, [part.id for _, part in lines])
        found = [line for line, _ in lines if line.part_id in further]
    if found:
        # the one on which something is still awaited
        best = min(found, key=lambda line: (line.closed_at is not None, line.position))
        return Goods(best, code.serial, code.lot)
    for part in catalogue.by_code(session, actor, code.text):
        raise Refused(msg("{part} is not on this order.", part=part.number), field="code")
    if code.serial or code.lot:
        raise NotFound(msg("“{code}” is on no line of this order.", code=code.text), field="code")
    return None


def _is_called(text: str, line: PurchaseLine, part: Part) -> bool:
    key = bare_key(text)
    numbers = {bare_key(part.number), bare_key(line.supplier_number)} - {""}
    return key in numbers or (part.gtin != "" and part.gtin in gtin_forms(text))


def _called_further(session: Session, text: str, part_ids: Sequence[int]) -> set[int]:
    forms = gtin_forms(text)
    keys = [bare_key(text), *forms[-1:]]
    return set(
        session.scalars(
            select(PartNumber.part_id).where(
                PartNumber.part_id.in_(part_ids), PartNumber.bare_key.in_(keys)
            )
        )
    )
