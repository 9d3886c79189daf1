"""Hands in a workshop: a manager and a technician who press anything, on tickets of three robots.

Mostly they do what fits a ticket's state, so that tickets come to their end; now and then anything.
After each step it is asked whether only moves of the table were made, and whether the lines'
shares, the robots and the ledger agree. Refusals are fine; anything else is not.
"""

import tempfile
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import wiring
from app.kernel import clock, queueing
from app.kernel.db import Database
from app.kernel.errors import StoreError
from app.kernel.money import Money
from app.kernel.text import msg
from app.parts import checks as parts_checks
from app.parts.models import Movement
from app.payments import tills
from app.robots import choosing, fitting, gate
from app.robots.gate import Reason
from app.robots.slot_models import Control, Occupant
from app.service import checks, estimate_checks, linesdone, tickets, work_checks
from app.service.estimate_models import EstimateLine, LineKind, PayerShare
from app.service.models import Ticket, TicketChange
from app.service.operation_models import SafetyTick
from app.service.states import TICKET_MOVES, TicketState
from app.service.work_models import Labour
from app.stores.models import Till
from tests.databases import EngineName, Supply
from tests.makers.books import breaches_of
from tests.makers.estimates import KNEE_PART, an_operation, priced
from tests.makers.estimates import a_part as a_priced_part
from tests.makers.parts import a_bin, a_part, stocked, stocked_serials
from tests.makers.service import KNEE, a_customers_unit, a_workshop

MORNING = datetime(2026, 3, 2, 8, tzinfo=UTC)
STEPS_A_RUN = 224
CHECK_EVERY = 10
GREASE = "GREASE-1"
BIN = "A-01-1"
OTHER_KNEE = "right_knee.actuator"
SPANS = (0, 1, 1, 1, 5, 5, 60, 60, 600, 3600)

_S = TicketState
_ANY = ("diagnose", "wait", "go_on", "start_clock", "stop_clock", "edit", "receive", "claim")
# What fits a state, the likelier the oftener.
FITTING: dict[TicketState, tuple[str, ...]] = {
    _S.BOOKED: ("check_in", "check_in", "cancel"),
    _S.RECEIVED: (*["diagnose"] * 6, "add", "cancel"),
    _S.DIAGNOSING: (*["add"] * 4, *["split"] * 2, *["send"] * 3, "change", "withdraw"),
    _S.ESTIMATED: (*["decide"] * 6, "recall", "add", "send"),
    _S.APPROVED: (*["forward"] * 3, "add"),
    _S.WAITING_PARTS: (*["receive"] * 2, "forward", "refresh"),
    _S.IN_WORK: (
        *["work_on"] * 14,
        *("make_safe", "fit", "use_up", "finish", "to_the_check"),
        *("take_out", "take_out", "settle", "reopen", "forward", "past_the_bench"),
    ),
    _S.CHECKING: (*["check"] * 4, *["let_go"] * 4, *["settle"] * 4, "forward"),
    _S.DECLINED: ("let_go", "let_go", "settle"),
    _S.READY: (*["pay_cash"] * 3, "on_terms", *["give_back"] * 4, "claim"),
    _S.RETURNED: (*["edit"] * 2, "settle", *["forward"] * 3, "claim", "pay_cash"),
    _S.CLOSED: ("claim", "pay_cash"),
    _S.CANCELLED: ("settle",),
}
ROBOTS_ALONE = ("check_in", "check_in", "check_in", "book", "swap", "swap_knee", "the_gate")
ANYTHING = sorted({*_ANY, *ROBOTS_ALONE, *(name for row in FITTING.values() for name in row)})


class Workers:
    """One store of its own, and dice; `happened` counts what went well and what was refused."""

    def __init__(
        self, supply: Supply, engine: EngineName, dice: Random, happened: Counter[str]
    ) -> None:
        wiring.connect()
        self.dice, self.happened = dice, happened
        self.opened = ExitStack()
        folder = Path(self.opened.enter_context(tempfile.TemporaryDirectory()))
        self.database = Database(
            self.opened.enter_context(supply.fresh(engine, folder)), pool_size=2
        )
        self.opened.callback(self.database.close)
        self.now = MORNING
        self.steps = self.seen_change = self.at_hand = 0
        self.is_gate_closed = False
        self.last: deque[str] = deque(maxlen=25)
        gate.ask("test", msg("Test"), self._against)
        self.opened.callback(gate._checkers.pop, "test")
        with clock.set_to(self.now), self.database.transaction() as session:
            self._open_the_store(session, folder)
        self.marks = self._marks()

    def _open_the_store(self, session: Session, folder: Path) -> None:
        shop = a_workshop(session, folder / "var")
        self.manager, self.technician = shop.manager, shop.technician
        self.store_id, self.files = shop.store.id, shop.files
        others = [
            a_customers_unit(session, shop.store, shop.manager, shop.owner, f"DEMO-G1-000{index}")
            for index in (2, 3)
        ]
        self.unit_ids = [unit.id for unit in (shop.unit, *others)]
        priced(session, shop)
        an_operation(session, shop, ticks=(SafetyTick.HOIST, SafetyTick.BATTERY_ISOLATED))
        knee = a_priced_part(session, shop, control=Control.SERIAL)
        grease = a_part(session, shop.manager, GREASE)
        grease.price_minor = 333
        self.knee_id, self.grease_id = knee.id, grease.id
        a_bin(session, shop.manager, BIN)
        stocked_serials(session, shop.manager, knee, "AK-A", "AK-B", "AK-C", cost_minor=90_000)
        stocked(session, shop.manager, grease, quantity=4, cost_minor=100)
        for number, unit in enumerate((shop.unit, *others)):
            old = choosing.Part(part_number=KNEE_PART, serial=f"AK-OLD-{number}")
            fitting.fit(session, shop.manager, unit, KNEE, part=old)
        till = Till(store_id=shop.store.id, name="Till 1")
        session.add(till)
        session.flush()
        self.till_id = till.id
        tills.open_session(session, shop.manager, till, Money(20_000, "EUR"))

    def _against(self, *_: object) -> Iterator[Reason]:
        if self.is_gate_closed:
            yield Reason(msg("The knee is not calibrated."))

    def close(self) -> None:
        self.opened.close()

    # A step

    def step(self) -> None:
        """One transaction of somebody; a refusal takes it back whole."""
        self.steps += 1
        self.happened["steps"] += 1
        self.now += timedelta(seconds=self.dice.choice(SPANS))
        if self.dice.random() < 0.01:
            self.now += timedelta(hours=16)  # clocks run overnight
        with clock.set_to(self.now):
            name = "?"
            try:
                with self.database.transaction() as session:
                    queueing.enter(session, self.store_id)
                    ticket = self._ticket(session)
                    name = self._chosen(ticket)
                    self.last.append(f"{name} {tickets.label(ticket) if ticket else '-'}")
                    act: Callable[[Session, Ticket | None], None] = getattr(self, name)
                    act(session, ticket)
            except StoreError as refusal:
                self.happened[f"refused {name}"] += 1
                # whatever its facts, a person can read it
                self.last[-1] += f": {refusal}"
                assert self._marks() == self.marks, "a refused step changed something"
                return
            self.happened[name] += 1
            self.marks = self._marks()
            self._prove()

    def _chosen(self, ticket: Ticket | None) -> str:
        luck = self.dice.random()
        if ticket is None or luck < 0.06:
            return self.dice.choice(ROBOTS_ALONE)
        if luck < 0.14:
            return "anywhere"
        if luck < 0.24:
            return self.dice.choice(ANYTHING)
        if luck < 0.32:
            return self.dice.choice(_ANY)
        return self.dice.choice(FITTING[ticket.state])

    def _ticket(self, session: Session) -> Ticket | None:
        """Mostly the one at hand, or another that goes on; now and then any of the past."""
        if self.at_hand and self.dice.random() < 0.8:
            ticket = tickets.by_id(session, self.manager, self.at_hand)
            if ticket.ended_at is None:
                return ticket
        query = select(Ticket).order_by(Ticket.id.desc()).limit(12)
        if self.dice.random() < 0.9:
            query = query.where(Ticket.ended_at.is_(None))
        found = session.scalars(query).all()
        if not found:
            return None
        self.at_hand = self.dice.choice(found).id
        return tickets.by_id(session, self.manager, self.at_hand)

    def _marks(self) -> list[object]:
        shown = select(Ticket.id, Ticket.version, Ticket.state)
        with self.database.reading() as session:
            return [
                *session.execute(shown.order_by(Ticket.id)).all(),
                session.scalar(select(func.max(Movement.id))),
                session.scalar(select(func.max(TicketChange.id))),
                session.scalar(select(func.max(Occupant.id))),
                session.scalar(select(func.sum(EstimateLine.total_minor))),
                session.scalar(select(func.count()).select_from(Labour)),
            ]

    def _prove(self) -> None:
        with self.database.reading() as session:
            self._moved_by_the_table(session)
            self._shares_add_up(session)
            if self.happened["proofs"] % CHECK_EVERY == 0:
                assert list(parts_checks.breaches(session)) == []
                assert list(checks.breaches(session)) == []
                assert list(estimate_checks.breaches(session)) == []
                assert list(work_checks.breaches(session)) == []
        self.happened["proofs"] += 1

    def prove_all(self) -> None:
        """Every line of `quatrefoil check`."""
        with clock.set_to(self.now), self.database.reading() as session:
            assert breaches_of(session) == []

    def _moved_by_the_table(self, session: Session) -> None:
        rows = session.scalars(
            select(TicketChange).where(TicketChange.id > self.seen_change).order_by(TicketChange.id)
        )
        for row in rows:
            self.seen_change = row.id
            if row.from_state is not None and row.to_state is not None:
                assert row.to_state in TICKET_MOVES.allowed(row.from_state), (row.id, row.to_state)
            if row.to_state is TicketState.CHECKING:
                self._all_parts_are_in(session, session.get_one(Ticket, row.ticket_id))

    @staticmethod
    def _all_parts_are_in(session: Session, ticket: Ticket) -> None:
        used = linesdone.used(session, ticket)
        for line in linesdone.of_ticket(session, ticket):
            if line.kind is LineKind.PART:
                assert used.get(line.key, 0) >= line.quantity, (line.key, line.quantity, used)

    @staticmethod
    def _shares_add_up(session: Session) -> None:
        paid = func.coalesce(func.sum(PayerShare.amount_minor), 0)
        wrong = session.execute(
            select(EstimateLine.id, EstimateLine.total_minor, paid)
            .outerjoin(PayerShare, PayerShare.line_id == EstimateLine.id)
            .group_by(EstimateLine.id)
            .having(paid != EstimateLine.total_minor)
        ).all()
        assert wrong == []
