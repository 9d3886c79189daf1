"""Estimates under random hands: whatever is tried, shares add up and what was sent stays."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import wiring
from app.kernel import clock
from app.kernel.errors import StoreError
from app.kernel.money import Money
from app.service import decisions, estimate_checks, estimates, lines, sending, tickets
from app.service.decisions import Answer
from app.service.estimate_models import Decision, EstimateLine, How
from app.service.estimates import Sheet
from app.service.lines import ChangeInput
from app.service.models import Ticket
from app.service.payers import Measure, Payer, Share
from app.service.states import TicketState
from tests.makers.estimates import KNEE_PART, SWAP, a_code, a_fee, a_part, an_operation, priced
from tests.makers.service import Workshop, a_ticket, unguarded

STEPS = 400


@dataclass
class Hands:
    """Somebody who presses anything, and a customer who answers anything, of any version."""

    session: Session
    shop: Workshop
    ticket: Ticket
    dice: random.Random
    done: dict[str, int] = field(default_factory=dict)

    def step(self) -> None:
        act: Callable[[], None] = self.dice.choice(
            [
                *[self.add] * 4,
                *[self.split] * 4,
                *[self.change] * 3,
                self.remove,
                *[self.send] * 2,
                self.recall,
                *[self.decide] * 3,
                self.back_to_the_diagnosis,
            ]
        )
        try:
            with self.session.begin_nested():
                act()
        except StoreError:
            return
        self.done[act.__name__] = self.done.get(act.__name__, 0) + 1

    def draft(self) -> Sheet:
        return estimates.draft(self.session, self.shop.manager, self.ticket)

    def a_line(self, sheet: Sheet) -> tuple[Sheet, EstimateLine]:
        if not sheet.estimate.lines:
            self.add()
            sheet = self.draft()
        return sheet, self.dice.choice(sheet.estimate.lines)

    def add(self) -> None:
        typed = self.dice.choice(
            [a_code(SWAP), a_code(KNEE_PART, self.dice.randint(1, 3)), a_fee("Fee", self.any())]
        )
        lines.add(self.session, self.shop.manager, self.draft(), typed)

    def split(self) -> None:
        sheet, line = self.a_line(self.draft())
        payers = self.dice.sample(list(Payer), self.dice.randint(1, 4))
        measure = self.dice.choice([Measure.PERCENT, Measure.AMOUNT])
        most = 10_000 if measure is Measure.PERCENT else max(line.total_minor, 1)
        shares = [Share(payer, measure, self.dice.randint(0, most)) for payer in payers[1:]]
        shares = [one for one in shares if one.payer is not Payer.CONTRACT]
        shares.append(Share(payers[0], Measure.REST))
        if shares[-1].payer is Payer.CONTRACT:
            shares[-1] = Share(Payer.STORE, Measure.REST)
        lines.split(self.session, self.shop.manager, sheet, line, shares, seen=line.revision)

    def change(self) -> None:
        sheet, line = self.a_line(self.draft())
        typed = ChangeInput(
            seen=line.revision,
            quantity=self.dice.randint(1, 9),
            price=Money(self.any(), "EUR") if self.dice.random() < 0.5 else None,
            price_reason="Agreed",
        )
        lines.change(self.session, self.shop.manager, sheet, line, typed)

    def remove(self) -> None:
        sheet, line = self.a_line(self.draft())
        lines.remove(self.session, self.shop.manager, sheet, line)

    def send(self) -> None:
        sending.send(self.session, self.shop.manager, self.draft())

    def recall(self) -> None:
        newest = estimates.newest(self.session, self.ticket)
        if newest is not None:
            late = clock.now() + timedelta(seconds=self.dice.choice([0, 0, 30]))
            with clock.set_to(late):
                sending.recall(self.session, self.shop.manager, Sheet(self.ticket, newest))

    def decide(self) -> None:
        versions = estimates.versions(self.session, self.ticket)
        if not versions:
            return
        chosen = self.dice.choice(versions[:3])
        estimate = estimates.by_version(self.session, self.ticket, chosen.version)
        approved = {
            line.key: self.dice.random() < 0.7
            for line in estimate.lines
            if self.dice.random() < 0.8
        }
        answer = Answer(approved, by="Kerstin Arndt", how=How.LINK)
        decisions.decide(self.session, self.shop.manager, Sheet(self.ticket, estimate), answer)

    def back_to_the_diagnosis(self) -> None:
        """More was found in the work: the estimate is written anew."""
        way = {
            TicketState.APPROVED: TicketState.IN_WORK,
            TicketState.WAITING_PARTS: TicketState.IN_WORK,
            TicketState.IN_WORK: TicketState.DIAGNOSING,
        }
        while self.ticket.state in way:
            with unguarded():
                tickets.move(self.session, self.shop.manager, self.ticket, way[self.ticket.state])

    def any(self) -> int:
        return self.dice.choice([0, 1, 3, 99, 100, 3_333, 10_001, self.dice.randint(0, 10**7)])


@pytest.mark.parametrize("seed", [1, 2])
def test_random_hands_break_nothing(session: Session, shop: Workshop, seed: int) -> None:
    wiring.connect()
    priced(session, shop)
    an_operation(session, shop, minutes=50)
    a_part(session, shop, price_minor=3_333, on_hand=5)
    ticket = a_ticket(session, shop, state=TicketState.DIAGNOSING)
    hands = Hands(session, shop, ticket, random.Random(seed))

    for number in range(STEPS):
        if ticket.state is TicketState.DECLINED:
            break
        hands.step()
        if number % 100 == 0:
            assert list(estimate_checks.breaches(session)) == []

    session.flush()
    assert list(estimate_checks.breaches(session)) == []
    assert hands.done.keys() >= {"add", "split", "change", "send", "decide"}, hands.done
    assert session.scalar(select(func.count()).select_from(Decision))
