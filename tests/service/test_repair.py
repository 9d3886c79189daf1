"""The whole way of a repair: from the estimate that three pay to the maker's answer."""

import pytest
from sqlalchemy.orm import Session

from app import wiring
from app.kernel.errors import Conflict
from app.kernel.money import Money
from app.kernel.signatures import Signed
from app.payments import tills
from app.robots import choosing, fitting
from app.robots.slot_models import Control
from app.service import (
    acceptance,
    billing,
    claimfacts,
    claims,
    fittingwork,
    linesdone,
    oldparts,
    quality,
    release,
    reserving,
    safety,
    tickets,
)
from app.service.claim_models import ClaimState
from app.service.fittingwork import Scanned
from app.service.models import Ticket
from app.service.oldparts import Fate
from app.service.operation_models import SafetyTick
from app.service.payers import Measure, Payer, Share
from app.service.quality import Verdict
from app.service.states import TicketState
from app.stores.models import Till
from tests.makers.books import breaches_of
from tests.makers.estimates import (
    KNEE_PART,
    SWAP,
    a_code,
    a_fee,
    a_part,
    an_operation,
    answered,
    priced,
    sent,
)
from tests.makers.parts import stocked_serials
from tests.makers.service import KNEE, Workshop

THREE = (
    Share(Payer.WARRANTY, Measure.PERCENT, 5_000),
    Share(Payer.GOODWILL, Measure.PERCENT, 2_500),
    Share(Payer.CUSTOMER, Measure.REST),
)
SIGNED = Signed("Kerstin Arndt")


@pytest.fixture
def job(session: Session, shop: Workshop) -> Ticket:
    """A knee with an old actuator: its swap is approved and shared by three, a wash declined."""
    wiring.connect()
    priced(session, shop)
    an_operation(session, shop, ticks=(SafetyTick.HOIST,))
    part = a_part(session, shop, control=Control.SERIAL)
    part.core_days = 30
    stocked_serials(session, shop.manager, part, "AK-NEW-1")
    sheet = sent(
        session, shop, a_code(SWAP, 1, *THREE), a_code(KNEE_PART, 1, *THREE), a_fee("Wash")
    )
    answered(session, shop, sheet, declined=("3",))
    old = choosing.Part(part_number=KNEE_PART, serial="AK-OLD-1")
    fitting.fit(session, shop.manager, shop.unit, KNEE, part=old)
    return sheet.ticket


def repaired(session: Session, shop: Workshop, job: Ticket) -> None:
    """Swapped by scan, looked at by a second person, released."""
    tickets.move(session, shop.technician, job, TicketState.IN_WORK)
    safety.confirm(session, shop.technician, job, list(SafetyTick))
    fittingwork.go_in(session, shop.technician, job, Scanned(serial="AK-NEW-1"))
    for line in linesdone.of_ticket(session, job):
        linesdone.finish(session, shop.technician, job, line.key)
    (lying,) = oldparts.lying(session, job)
    assert lying.issued.component is not None
    oldparts.settle(
        session,
        shop.technician,
        job,
        lying.issued.part.id,
        Fate.MAKER,
        component_id=lying.issued.component.id,
    )
    tickets.move(session, shop.technician, job, TicketState.CHECKING)
    quality.check(session, shop.manager, job, Verdict())
    release.release(session, shop.manager, job)


def test_from_the_estimate_to_the_makers_answer(
    session: Session, shop: Workshop, job: Ticket
) -> None:
    (standing,) = reserving.standings(session, job).values()
    assert standing.missing == 0
    repaired(session, shop, job)
    assert breaches_of(session) == []

    with pytest.raises(Conflict, match="is due"):
        acceptance.give_back(session, shop.manager, job, signed=SIGNED)
    till = Till(store_id=shop.store.id, name="Till 1")
    session.add(till)
    session.flush()
    tills.open_session(session, shop.manager, till, Money(20_000, "EUR"))
    paid = billing.pay_cash(session, shop.manager, job, till_id=till.id)
    acceptance.give_back(session, shop.manager, job, signed=SIGNED, outcome="Knee runs quietly")
    assert job.state is TicketState.CLOSED

    warranty, goodwill = claims.draft(session, shop.manager, job)
    for claim in (warranty, goodwill):
        claims.submit(session, shop.manager, claim)
    lines = claims.by_number(session, shop.manager, warranty.number).lines
    part = next(line for line in lines if line.part_number)
    assert (part.removed, part.fitted) == ("AK-OLD-1", "AK-NEW-1")
    assert claimfacts.faults_read(warranty)[0]["slot"] == KNEE
    (old,) = claimfacts.old_parts(session, job)
    assert old.ended_at is None
    # 240.00 of work and 1,940.00 of parts, shared by three, to the cent
    whole = paid.amount_minor + warranty.amount_minor + goodwill.amount_minor
    assert whole == 24_000 + 194_000
    claims.answer(session, shop.manager, warranty, granted=claims.amount_of(warranty))
    claims.settle(session, shop.manager, warranty, note="Transfer 4711")
    assert warranty.state is ClaimState.SETTLED
    assert breaches_of(session) == []
