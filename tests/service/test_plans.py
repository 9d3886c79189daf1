"""Preventive plans: what is due when, reckoned anew each time; done when the robot goes back."""

from datetime import UTC, date, datetime

import pytest
from sqlalchemy.orm import Session

from app import wiring
from app.kernel import clock
from app.kernel.errors import Conflict, Invalid
from app.robots import counters, firmware
from app.robots.slot_models import Counter, VersionOf
from app.service import duework, plans, planwork, tickets
from app.service.duework import Known
from app.service.intake import IntakeInput, intake
from app.service.planning_checks import breaches
from app.service.planning_models import Occasion, ServicePlan
from app.service.plans import PlanInput
from app.service.states import TicketState
from tests.makers.service import Workshop, a_finding, unguarded


def a_plan_of(session: Session, shop: Workshop, **typed: object) -> ServicePlan:
    given = {"name": "Look it over", "items": ("Screws of the hips", "Cables of the neck")} | typed
    return plans.add(session, shop.manager, PlanInput(**given))  # type: ignore[arg-type]


def the_next(session: Session, shop: Workshop) -> duework.Next:
    (work,) = duework.of_unit(session, shop.unit)
    return work.next


@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize(
    ("done", "months", "due"),
    [
        (date(2023, 3, 1), 12, date(2024, 3, 1)),  # SVC-13: over a leap day
        (date(2025, 1, 31), 1, date(2025, 2, 28)),  # SVC-15
        (date(2024, 1, 31), 1, date(2024, 2, 29)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
    ],
)
def test_months_are_those_of_the_calendar(
    session: Session, shop: Workshop, done: date, months: int, due: date
) -> None:
    plan = a_plan_of(session, shop, every_months=months)

    assert duework.reckon(plan, Known(since=None, done_on=done)).on == due


def test_the_page_the_list_and_the_program_say_the_same_day(
    session: Session, shop: Workshop
) -> None:
    """SVC-15: one reckoning for all."""
    a_plan_of(session, shop, every_months=1)
    shop.unit.warranty_starts_on = date(2026, 1, 31)
    with clock.set_to(datetime(2026, 2, 20, 12, tzinfo=UTC)):
        (listed,) = duework.due(session, shop.manager).items

        assert listed.next.on == the_next(session, shop).on == date(2026, 2, 28)


def test_nothing_due_keeps_an_old_serial(session: Session, shop: Workshop) -> None:
    """SVC-07: due work is reckoned from the robot as it is now."""
    a_plan_of(session, shop, every_months=1)
    shop.unit.warranty_starts_on = date(2026, 1, 31)
    session.flush()
    shop.unit.serial = "DEMO-G1-NEW"
    session.flush()

    with clock.set_to(datetime(2026, 6, 1, 12, tzinfo=UTC)):
        (work,) = duework.due(session, shop.manager).items

    assert work.unit.serial == "DEMO-G1-NEW"


def test_hours_count_over_all_meters_from_the_last_time(session: Session, shop: Workshop) -> None:
    plan = a_plan_of(session, shop, every_hours=100, every_cycles=50)
    counters.read(session, shop.manager, shop.unit, {Counter.HOURS: 99 * 3600, Counter.CYCLES: 49})
    before = the_next(session, shop)
    counters.exchange(
        session,
        shop.manager,
        shop.unit,
        Counter.HOURS,
        last=99 * 3600 + 1800,
        first=0,
        reason="New",
    )
    counters.read(session, shop.manager, shop.unit, {Counter.HOURS: 1800})

    assert not before.by_use
    assert the_next(session, shop).hours_due
    assert [one.plan.id for one in duework.due(session, shop.manager).items] == [plan.id]


def test_a_fall_and_a_new_firmware_make_a_plan_due(session: Session, shop: Workshop) -> None:
    wiring.connect()
    fall = a_plan_of(session, shop, occasion=Occasion.FALL)
    a_plan_of(session, shop, name="After update", occasion=Occasion.FIRMWARE)
    counters.read(session, shop.manager, shop.unit, {Counter.FALLS: 2})
    assert duework.due(session, shop.manager).items == []

    counters.read(session, shop.manager, shop.unit, {Counter.FALLS: 3})

    (work,) = duework.due(session, shop.manager).items
    assert work.plan.id == fall.id
    for number in ("1.0", "1.1"):
        firmware.record(session, shop.manager, shop.unit, VersionOf.ROBOT, number)
    assert len(duework.due(session, shop.manager).items) == 2


def test_the_work_is_done_when_its_robot_goes_back(session: Session, shop: Workshop) -> None:
    wiring.connect()
    plan = a_plan_of(session, shop, every_months=12, occasion=Occasion.SHIPPING)
    planwork.happened(session, shop.manager, shop.unit, Occasion.SHIPPING)
    ticket = planwork.book(session, shop.manager, shop.unit, plan)
    with pytest.raises(Conflict):
        planwork.book(session, shop.manager, shop.unit, plan)
    assert "Screws of the hips" in ticket.complaint
    assert the_next(session, shop).by_use

    intake(session, shop.manager, shop.unit, IntakeInput(complaint=ticket.complaint))
    a_finding(session, shop, ticket, symptom="planned")
    ticket.outcome = "Done"
    with unguarded():
        for state in ("estimated", "approved", "in_work", "checking", "ready", "returned"):
            tickets.move(session, shop.manager, ticket, TicketState(state))

    after = the_next(session, shop)
    today = duework.today_of(session, shop.store.id)
    assert not after.by_use
    assert after.on == clock.add_months(today, 12)
    assert list(breaches(session)) == []


def test_a_plan_is_for_its_model_and_says_how_often(session: Session, shop: Workshop) -> None:
    with pytest.raises(Invalid):
        a_plan_of(session, shop)
    plan = a_plan_of(session, shop, every_months=6, model_id=shop.unit.model_id)
    plans.archive(session, shop.manager, plan)

    assert duework.of_unit(session, shop.unit) == []
