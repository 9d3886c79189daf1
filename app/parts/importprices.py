"""An imported price list against the prices in force: what customers pay, what suppliers take."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import Row, insert, select, update
from sqlalchemy.orm import Session

from app.kernel.actor import Actor
from app.kernel.errors import Refused
from app.kernel.money import parse_money
from app.kernel.searchkeys import folded
from app.kernel.text import Text, msg
from app.parts import suppliers
from app.parts.buying_models import SupplierPrice
from app.parts.importparts import known_parts
from app.parts.importplan import Plan, in_pieces
from app.parts.importrows import Problem, Said
from app.parts.models import Part
from app.stores import desk

Slot = tuple[int, int, int]
Terms = tuple[int, int, str]


@dataclass(slots=True)
class PricesPlan(Plan):
    """New selling prices by part, and lines for suppliers' lists."""

    selling: dict[int, int] = field(default_factory=dict)
    added: list[dict[str, object]] = field(default_factory=list)
    rewritten: list[dict[str, object]] = field(default_factory=list)

    def apply(self, session: Session, actor: Actor, *, reference: str) -> None:  # noqa: ARG002
        if self.selling:
            rows = [{"id": key, "price_minor": price} for key, price in self.selling.items()]
            session.execute(update(Part), rows)
        for piece in in_pieces(self.added):
            session.execute(insert(SupplierPrice), list(piece))
        if self.rewritten:
            session.execute(update(SupplierPrice), self.rewritten)
        session.expire_all()


def plan(
    session: Session, actor: Actor, rows: Sequence[Said], problems: list[Problem]
) -> PricesPlan:
    """What these rows would change. Rows that have a problem already are left out."""
    bad = {problem.row for problem in problems}
    sound = [said for said in rows if said.row not in bad]
    planner = _Planner(session, actor, sound, problems)
    for said in sound:
        planner.take(said)
    return planner.found


class _Planner:
    """Holds the rows against what the store knows: parts, suppliers, what they take now."""

    def __init__(
        self, session: Session, actor: Actor, sound: Sequence[Said], problems: list[Problem]
    ) -> None:
        self.found = PricesPlan()
        self._problems = problems
        self._store_id = actor.store_id
        self._today = desk.business_day_of(desk.store_of(session, actor.store_id))
        self._parts = known_parts(session, actor, {said.key for said in sound})
        named = {folded(said.text("supplier")) for said in sound} - {""}
        listed = suppliers.listed(session, actor) if named else []
        self._suppliers = {row.name_key: row for row in listed if row.name_key in named}
        # by supplier, part and minimum what is in force today, and the row of each day
        self._in_force: dict[Slot, Terms] = {}
        self._rows: dict[tuple[Slot, date], tuple[int, Terms]] = {}
        self._read_terms(session)
        self._asked: dict[str, int] = {}
        self._seen: dict[tuple[Slot, date], int] = {}

    def take(self, said: Said) -> None:
        part = self._parts.get(said.key)
        if part is None:
            self._refuse(said, "number", msg("No part {number}.", number=said.number))
        elif not {"price", "supplier", "cost"} & said.values.keys():
            sentence = msg("This row has neither a selling price nor a supplier’s price.")
            self._refuse(said, "price", sentence)
        else:
            outcomes = {self._selling(said, part), self._supplied(said, part)}
            if "changed" in outcomes:
                self.found.rows_changed += 1
            elif "new" in outcomes:
                self.found.rows_new += 1
            else:
                self.found.same += 1

    def _selling(self, said: Said, part: Row[Any]) -> str:
        price = said.values.get("price")
        if not isinstance(price, int):
            return "same"
        if self._asked.setdefault(said.key, price) != price:
            sentence = msg("{number} has another price in an earlier row.", number=said.number)
            self._refuse(said, "price", sentence)
        if part.price_minor == price or part.id in self.found.selling:
            return "same"
        self.found.selling[part.id] = price
        return "changed"

    def _supplied(self, said: Said, part: Row[Any]) -> str:
        name, written = said.text("supplier"), said.text("cost")
        if not name and not written:
            return "same"
        supplier = self._suppliers.get(folded(name))
        if supplier is None:
            sentence = msg("No supplier {name}.", name=name) if name else _FILL_IN
            return self._refuse(said, "supplier", sentence)
        try:
            price = _read_price(written, supplier.currency)
        except Refused as refusal:
            return self._refuse(said, "cost", refusal.message)
        said_day = said.values.get("valid_from")
        day = said_day if isinstance(said_day, date) else self._today
        slot = (supplier.id, part.id, said.whole("from_quantity", 1))
        first = self._seen.setdefault((slot, day), said.row)
        if first != said.row:
            sentence = msg("The same price stands in row {row} already.", row=first)
            return self._refuse(said, "cost", sentence)
        return self._listed(slot, day, (price, said.whole("pack", 1), said.text("supplier_number")))

    def _listed(self, slot: Slot, day: date, terms: Terms) -> str:
        row = self._rows.get((slot, day))
        if row is None and day <= self._today and self._in_force.get(slot) == terms:
            return "same"
        if row is not None and row[1] == terms:
            return "same"
        price, pack, number = terms
        facts: dict[str, object] = {
            "price_minor": price,
            "pack": pack,
            "number": number,
        }
        if row is not None:
            self.found.rewritten.append({**facts, "id": row[0]})
            return "changed"
        supplier_id, part_id, minimum = slot
        facts |= {"supplier_id": supplier_id, "part_id": part_id, "minimum": minimum}
        self.found.added.append({**facts, "store_id": self._store_id, "valid_from": day})
        return "new"

    def _read_terms(self, session: Session) -> None:
        ids = [row.id for row in self._suppliers.values()]
        query = (
            select(SupplierPrice)
            .where(SupplierPrice.supplier_id.in_(ids))
            .order_by(SupplierPrice.valid_from)
        )
        for price in session.scalars(query) if ids else ():
            slot = (price.supplier_id, price.part_id, price.minimum)
            terms = (price.price_minor, price.pack, price.number)
            self._rows[slot, price.valid_from] = (price.id, terms)
            if price.valid_from <= self._today:
                self._in_force[slot] = terms

    def _refuse(self, said: Said, name: str, sentence: Text) -> str:
        self._problems.append(Problem(said.row, name, sentence))
        return "same"


def _read_price(written: str, currency: str) -> int:
    if not written:
        raise Refused(_FILL_IN, field="cost")
    price = parse_money(written.replace(currency, ""), currency, field="cost").minor
    if price < 0:
        raise Refused(msg("A price is not below zero."), field="cost")
    return price


_FILL_IN = msg("Please fill this in.")
