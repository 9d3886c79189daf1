"""What somebody may do in a workshop, each as they might: rightly, wrongly, late, twice."""

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel import clock
from app.kernel.actor import Actor
from app.kernel.money import Money
from app.kernel.signatures import Signed
from app.parts import purchasing, receiving
from app.parts.models import Balance, Part, Place, PlaceKind
from app.parts.receiving import Booking, Heard, Scan
from app.robots import choosing, fitting
from app.robots.models import Unit
from app.robots.occupancy import Work
from app.robots.slot_models import Component
from app.service import (
    acceptance,
    billing,
    claims,
    decisions,
    diagnosis,
    estimates,
    fittingwork,
    intake,
    labour,
    lines,
    linesdone,
    oldparts,
    quality,
    release,
    reserving,
    safety,
    sending,
    tickets,
)
from app.service.decisions import Answer
from app.service.diagnosis import DiagnosisInput
from app.service.estimate_models import EstimateLine, How, LineKind
from app.service.estimates import Sheet
from app.service.fittingwork import Scanned
from app.service.intake import IntakeInput
from app.service.lineitems import LineInput
from app.service.lines import ChangeInput
from app.service.models import Diagnosis, Ticket
from app.service.oldparts import Fate
from app.service.operation_models import SafetyTick
from app.service.payers import Measure, Payer, Share
from app.service.quality import Verdict
from app.service.release import Override
from app.service.states import TICKET_MOVES, TicketState, WaitingReason
from app.service.work_models import Labour
from tests.makers.buying import a_supplier
from tests.makers.estimates import KNEE_PART, SWAP, a_code, a_fee
from tests.makers.service import KNEE
from tests.service.machine import BIN, GREASE, OTHER_KNEE, Workers

PAYERS = (Payer.CUSTOMER, Payer.WARRANTY, Payer.GOODWILL, Payer.INSURER, Payer.STORE)


class Hands(Workers):
    """A manager's and a technician's; each act takes the ticket that was chosen."""

    def somebody(self) -> Actor:
        return self.manager if self.dice.random() < 0.5 else self.technician

    def sometimes(self, chance: float) -> bool:
        return self.dice.random() < chance

    def some_unit(self, session: Session) -> Unit:
        return session.get_one(Unit, self.dice.choice(self.unit_ids))

    # In and out

    def check_in(self, session: Session, ticket: Ticket | None) -> None:
        unit = self.some_unit(session)
        if ticket is not None and ticket.state is TicketState.BOOKED:
            unit = ticket.unit
        said = IntakeInput(complaint="Squeaks", soc_percent=self.dice.choice([None, 40, 101]))
        intake.intake(session, self.somebody(), unit, said, files=self.files)

    def book(self, session: Session, _: Ticket | None) -> None:
        intake.book_in(session, self.manager, self.some_unit(session), complaint="Inspection")

    def cancel(self, session: Session, ticket: Ticket) -> None:
        tickets.cancel(session, self.manager, ticket, why="Not wanted")

    def edit(self, session: Session, ticket: Ticket) -> None:
        given: dict[str, object] = {"outcome": "Actuator replaced"}
        if self.sometimes(0.3):
            given = {"promised_at": clock.now() + timedelta(days=2)}
        tickets.edit(session, self.manager, ticket, given, seen=ticket.version)

    def anywhere(self, session: Session, ticket: Ticket) -> None:
        tickets.move(session, self.somebody(), ticket, self.dice.choice(list(TicketState)))

    def forward(self, session: Session, ticket: Ticket) -> None:
        allowed = sorted(TICKET_MOVES.allowed(ticket.state)) or list(TicketState)
        tickets.move(session, self.manager, ticket, self.dice.choice(allowed))

    def wait(self, session: Session, ticket: Ticket) -> None:
        tickets.wait(session, self.somebody(), ticket, self.dice.choice(list(WaitingReason)))

    def go_on(self, session: Session, ticket: Ticket) -> None:
        tickets.go_on(session, self.somebody(), ticket)

    # Diagnosis and estimate

    def diagnose(self, session: Session, ticket: Ticket) -> None:
        path = self.dice.choice([KNEE, KNEE, OTHER_KNEE, "", "nowhere.1"])
        given = DiagnosisInput(symptom="noise", slot_path=path)
        diagnosis.record(session, self.technician, ticket, given)

    def withdraw(self, session: Session, ticket: Ticket) -> None:
        of_ticket = select(Diagnosis.id).where(Diagnosis.ticket_id == ticket.id)
        rows = session.scalars(of_ticket.order_by(Diagnosis.id)).all()
        diagnosis.withdraw(session, self.technician, ticket, self.dice.choice([*rows, 0]))

    def add(self, session: Session, ticket: Ticket) -> None:
        typed = self.dice.choice(
            [
                a_code(SWAP),
                a_code(KNEE_PART),
                a_code(KNEE_PART, self.dice.choice([1, 2])),
                LineInput(code=GREASE, quantity=self.dice.randint(1, 3)),
                a_fee("Transport", self.dice.choice([0, 1, 99, 5_000, 10_001])),
            ]
        )
        lines.add(session, self.technician, self._draft(session, ticket), typed)

    def split(self, session: Session, ticket: Ticket) -> None:
        sheet, line = self._a_line(session, ticket)
        first, *others = self.dice.sample(PAYERS, self.dice.randint(1, 4))
        measure = self.dice.choice([Measure.PERCENT, Measure.AMOUNT])
        most = 5_000 if measure is Measure.PERCENT else max(line.total_minor, 1)
        shares = [Share(one, measure, self.dice.randint(0, most)) for one in others]
        shares.append(Share(first, Measure.REST))
        lines.split(session, self.manager, sheet, line, shares, seen=line.revision)

    def change(self, session: Session, ticket: Ticket) -> None:
        sheet, line = self._a_line(session, ticket)
        if self.sometimes(0.2):
            lines.remove(session, self.manager, sheet, line)
            return
        price = Money(self.dice.choice([0, 1, 333, 10_001]), "EUR")
        typed = ChangeInput(
            seen=line.revision,
            quantity=self.dice.choice([1, 1, 2, 3]),
            price=price if self.sometimes(0.5) else None,
            price_reason="Agreed",
        )
        lines.change(session, self.manager, sheet, line, typed)

    def send(self, session: Session, ticket: Ticket) -> None:
        sending.send(session, self.technician, self._draft(session, ticket))

    def recall(self, session: Session, ticket: Ticket) -> None:
        newest = estimates.newest(session, ticket)
        if newest is not None:
            sending.recall(session, self.technician, Sheet(ticket, newest))

    def decide(self, session: Session, ticket: Ticket) -> None:
        """Of the newest version mostly, and mostly yes."""
        versions = estimates.versions(session, ticket)
        if not versions:
            return
        chosen = versions[0] if self.sometimes(0.8) else self.dice.choice(versions)
        estimate = estimates.loaded(session, chosen.id)
        refuses_all = self.sometimes(0.1)
        answered = {
            line.key: not refuses_all and self.sometimes(0.85)
            for line in estimate.lines
            if self.sometimes(0.9)
        }
        answer = Answer(answered, by="Kerstin Arndt", how=self.dice.choice(list(How)))
        decisions.decide(session, self.technician, Sheet(ticket, estimate), answer)

    def _draft(self, session: Session, ticket: Ticket) -> Sheet:
        return estimates.draft(session, self.technician, ticket)

    def _a_line(self, session: Session, ticket: Ticket) -> tuple[Sheet, EstimateLine]:
        sheet = self._draft(session, ticket)
        if not sheet.estimate.lines:
            lines.add(session, self.technician, sheet, a_fee("Transport", 9_999))
            sheet = self._draft(session, ticket)
        return sheet, self.dice.choice(sheet.estimate.lines)

    # Parts

    def receive(self, session: Session, _: Ticket | None) -> None:
        """What the workshop lacks comes from a supplier, and is unpacked."""
        is_knee = self.sometimes(0.6)
        part = session.get_one(Part, self.knee_id if is_knee else self.grease_id)
        supplier = a_supplier(session, self.manager, f"Tendon Works {self.steps}")
        order = purchasing.draft(session, self.manager, supplier)
        cost = Money(90_000 if is_knee else 100, "EUR")
        purchasing.add_line(session, self.manager, order, part, quantity=3, price=cost)
        purchasing.send(session, self.manager, order)
        heard = Heard()
        serials = [f"AK-{self.steps}-{number}" for number in range(3)]
        for code in (part.number, *(serials if is_knee else ("*3",))):
            heard = receiving.scan(session, self.manager, order, Scan(code, heard.position))
        receiving.book(session, self.manager, order, Booking())

    def refresh(self, session: Session, ticket: Ticket) -> None:
        reserving.refresh(session, self.manager, ticket)

    def fit(self, session: Session, ticket: Ticket) -> None:
        scanned = Scanned(serial=self._a_serial(session))
        if self.sometimes(0.1):
            scanned = Scanned(number=KNEE_PART, serial=f"AK-OWN-{self.steps}")
        path = self.dice.choice(["", "", OTHER_KNEE])
        fittingwork.go_in(session, self.technician, ticket, scanned, slot_path=path)

    def use_up(self, session: Session, ticket: Ticket) -> None:
        number = GREASE if self.sometimes(0.9) else KNEE_PART
        fittingwork.go_in(session, self.somebody(), ticket, Scanned(number=number))

    def take_out(self, session: Session, ticket: Ticket) -> None:
        path = KNEE if self.sometimes(0.8) else OTHER_KNEE
        fittingwork.come_out(session, self.technician, ticket, path, reason="Wrong screws")

    def past_the_bench(self, session: Session, ticket: Ticket) -> None:
        """On the robot's own page, where nobody thinks of a ticket; or types its number."""
        work = Work(reference=self.dice.choice(["", "", tickets.label(ticket)]))
        if self.sometimes(0.5):
            fitting.remove(session, self.manager, ticket.unit, KNEE, work=work)
            return
        piece = choosing.Part(part_number=KNEE_PART, serial=self._a_serial(session))
        fitting.fit(session, self.manager, ticket.unit, KNEE, part=piece, work=work)

    def settle(self, session: Session, ticket: Ticket) -> None:
        lying = [one.issued for one in oldparts.lying(session, ticket)]
        one = self.dice.choice(lying) if lying else None
        component = one.component if one is not None else None
        fate = self.dice.choice(list(Fate))
        oldparts.settle(
            session,
            self.technician,
            ticket,
            one.part.id if one is not None else self.grease_id,
            fate,
            component_id=component.id if component else None,
            place_code=BIN if fate is Fate.SHELF else "",
        )

    def swap(self, session: Session, ticket: Ticket | None) -> None:
        """Between two robots, by whoever looks for a fault; a ticket may be named."""
        units = self.dice.sample(self.unit_ids, 2)
        one, other = (fitting.Place(session.get_one(Unit, id_), KNEE) for id_ in units)
        named = tickets.reference(ticket) if ticket is not None and self.sometimes(0.5) else ""
        fitting.swap(session, self.technician, one, other, work=Work(reference=named))

    def swap_knee(self, session: Session, ticket: Ticket | None) -> None:
        unit = ticket.unit if ticket is not None else self.some_unit(session)
        one, other = (fitting.Place(unit, path) for path in (KNEE, OTHER_KNEE))
        fitting.swap(session, self.technician, one, other)

    def _a_serial(self, session: Session) -> str:
        """Mostly one that lies on a shelf."""
        if self.sometimes(0.75):
            shelf = (
                select(Component.serial)
                .join(Balance, Balance.component_id == Component.id)
                .join(Place, Place.id == Balance.place_id)
                .where(Balance.quantity > 0, Place.kind == PlaceKind.BIN)
                .order_by(Component.id)
            )
            return next(iter(session.scalars(shelf)), "AK-A")
        known = session.scalars(select(Component.serial).order_by(Component.id.desc())).all()
        return self.dice.choice([*known[:8], *known[:8], *known, "NOBODY-9"])

    # Work

    def work_on(self, session: Session, ticket: Ticket) -> None:
        """What a good technician does next."""
        used = linesdone.used(session, ticket)
        lines_open = linesdone.open_lines(session, ticket)
        wanting = [
            line
            for line in lines_open
            if line.kind is LineKind.PART and used.get(line.key, 0) < line.quantity
        ]
        needed = safety.needed_for(session, ticket)
        if needed and not safety.confirmed(session, ticket).keys() >= set(needed):
            safety.confirm(session, self.technician, ticket, needed)
        elif wanting and wanting[0].part_id == self.knee_id:
            self.fit(session, ticket)
        elif wanting:
            self.use_up(session, ticket)
        elif lines_open:
            linesdone.finish(session, self.technician, ticket, lines_open[0].key)
        else:
            self.to_the_check(session, ticket)

    def make_safe(self, session: Session, ticket: Ticket) -> None:
        ticks = list(SafetyTick) if self.sometimes(0.8) else [SafetyTick.HOIST]
        safety.confirm(session, self.technician, ticket, ticks)

    def start_clock(self, session: Session, ticket: Ticket) -> None:
        keys = [line.key for line in linesdone.of_ticket(session, ticket)]
        key = self.dice.choice(["", *keys, "99"])
        labour.start(session, self.somebody(), ticket, line_key=key)

    def stop_clock(self, session: Session, _: Ticket | None) -> None:
        runs = select(Labour).where(Labour.stopped_at.is_(None))
        running = session.scalar(runs.order_by(Labour.id).limit(1))
        if running is not None and self.sometimes(0.7):
            ended = running.started_at + timedelta(minutes=5)
            at = min(ended, clock.now()) if self.sometimes(0.5) else None
            labour.stop(session, self.manager, labour_id=running.id, at=at, reason="Forgotten")
        else:
            labour.stop(session, self.somebody())

    def finish(self, session: Session, ticket: Ticket) -> None:
        keys = [line.key for line in linesdone.of_ticket(session, ticket)]
        key = self.dice.choice(keys) if keys else "1"
        linesdone.finish(session, self.technician, ticket, key)

    def reopen(self, session: Session, ticket: Ticket) -> None:
        linesdone.require_in_work(ticket)
        keys = [line.key for line in linesdone.of_ticket(session, ticket)]
        linesdone.reopen(session, self.somebody(), ticket, keys[:1], why="Loose")

    def to_the_check(self, session: Session, ticket: Ticket) -> None:
        tickets.move(session, self.technician, ticket, TicketState.CHECKING)

    def check(self, session: Session, ticket: Ticket) -> None:
        keys = [line.key for line in linesdone.of_ticket(session, ticket)]
        failed = self.dice.sample(keys, 1) if keys and self.sometimes(0.2) else []
        checker = self.manager if self.sometimes(0.8) else self.technician
        quality.check(session, checker, ticket, Verdict(failed, "Cover is loose"))

    def let_go(self, session: Session, ticket: Ticket) -> None:
        word = Override(self.manager, "Only shown, never walks") if self.sometimes(0.3) else None
        release.release(session, self.somebody(), ticket, override=word)

    def the_gate(self, _session: Session, _: Ticket | None) -> None:
        self.is_gate_closed = not self.is_gate_closed and self.sometimes(0.4)

    # Money, and the way back

    def pay_cash(self, session: Session, ticket: Ticket) -> None:
        amount = self.dice.choice([None, None, None, Money(1, "EUR"), Money(10**7, "EUR")])
        billing.pay_cash(session, self.manager, ticket, till_id=self.till_id, amount=amount)

    def on_terms(self, session: Session, ticket: Ticket) -> None:
        billing.put_on_terms(session, self.manager, ticket)

    def give_back(self, session: Session, ticket: Ticket) -> None:
        outcome = "Runs quietly" if self.sometimes(0.7) else ""
        signed = Signed("Kerstin Arndt" if self.sometimes(0.9) else "")
        acceptance.give_back(session, self.technician, ticket, signed=signed, outcome=outcome)

    def claim(self, session: Session, ticket: Ticket) -> None:
        """A claim is drafted, or goes its next step, or any."""
        known = claims.of_ticket(session, ticket)
        if not known or self.sometimes(0.2):
            claims.draft(session, self.manager, ticket)
            return
        claim = self.dice.choice(known)
        act = self.dice.choice(
            ["submit", "submit", "answer", "answer", "resubmit", "settle", "off"]
        )
        if act == "submit":
            claims.submit(session, self.manager, claim, debtor="Allrisk")
        elif act == "answer":
            asked = claim.amount_minor
            granted = Money(self.dice.choice([0, asked // 2, asked, asked]), claim.currency)
            claims.answer(session, self.manager, claim, granted=granted, note="Time cut")
        elif act == "resubmit":
            claims.resubmit(session, self.manager, claim, note="Time sheet")
        elif act == "settle":
            claims.settle(session, self.manager, claim, note="Transfer 4711")
        else:
            claims.write_off(session, self.manager, claim, note="Not worth a lawyer")
