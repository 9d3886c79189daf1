"""The list of due work: its pages are full, and say what each robot's own page says."""

from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest
from sqlalchemy.orm import Session

from app.kernel import clock
from app.robots import counters
from app.robots.models import Unit
from app.robots.slot_models import Counter
from app.service import duework, intake, plans, tickets
from app.service.duework import DueWork
from app.service.planning_models import Occasion, PlanTicket, ServicePlan, UnitOccasion
from app.service.plans import PlanInput
from app.web import paging
from tests.makers.browsing import Browser
from tests.makers.robots import a_model, a_unit
from tests.makers.service import Workshop

TODAY = datetime(2026, 3, 1, 12, tzinfo=UTC)
_HOUR = counters.SECONDS_PER_HOUR


def some_plans(session: Session, shop: Workshop) -> list[ServicePlan]:
    other = a_model(session, "R1")
    return [
        plans.add(session, shop.manager, typed)
        for typed in (
            PlanInput("Monthly", every_months=1, occasion=Occasion.FALL),
            PlanInput("Yearly", every_months=12, every_hours=100, model_id=shop.unit.model_id),
            PlanInput("By use", every_hours=50, every_cycles=20),
            PlanInput("Of another model", every_months=1, model_id=other.id),
        )
    ]


def a_life(session: Session, shop: Workshop, unit: Unit, chance: Random) -> None:
    """Some of what makes work due, or not: beginnings around month ends, use, meters, occasions."""
    day = date(2026, 1, 25) + timedelta(days=chance.randrange(55))
    if chance.random() < 0.5:
        unit.warranty_starts_on = day
    elif chance.random() < 0.8:
        unit.received_at = datetime(day.year, day.month, day.day, chance.randrange(24), tzinfo=UTC)
    else:
        unit.received_at = None
    hours, cycles = chance.randrange(120), chance.randrange(40)
    if chance.random() < 0.6:
        use = {Counter.HOURS: hours * _HOUR, Counter.CYCLES: cycles}
        counters.read(session, shop.manager, unit, use)
    if chance.random() < 0.3:
        counters.exchange(
            session, shop.manager, unit, Counter.HOURS, last=hours * _HOUR, first=0, reason="New"
        )
        counters.read(session, shop.manager, unit, {Counter.HOURS: chance.randrange(60) * _HOUR})
    if chance.random() < 0.3:
        session.add(
            UnitOccasion(
                store_id=shop.store.id,
                unit_id=unit.id,
                occasion=chance.choice(list(Occasion)),
                at=TODAY - timedelta(days=chance.randrange(1, 40)),
                by="Emre",
            )
        )
    session.flush()


def done_before(
    session: Session, shop: Workshop, unit: Unit, plan: ServicePlan, chance: Random
) -> None:
    ticket = intake.book_in(session, shop.manager, unit, complaint="Service")
    tickets.cancel(session, shop.manager, ticket, why="Only its plan counts here")
    on = date(2026, 1, 25) + timedelta(days=chance.randrange(35))
    session.add(
        PlanTicket(
            ticket_id=ticket.id,
            plan_id=plan.id,
            unit_id=unit.id,
            made_at=TODAY,
            made_by="Emre",
            done_on=on,
            done_at=datetime(on.year, on.month, on.day, 12, tzinfo=UTC),
            hours_s=chance.randrange(60) * _HOUR,
            cycles=chance.randrange(20),
        )
    )
    session.flush()


def all_pages(session: Session, shop: Workshop) -> list[list[DueWork]]:
    found, cursor = [], None
    while True:
        page = duework.due(session, shop.manager, cursor=cursor)
        found.append(list(page.items))
        cursor = page.next
        if cursor is None:
            return found


def test_the_list_says_of_every_robot_what_its_own_page_says(
    session: Session, shop: Workshop
) -> None:
    chance = Random(7)
    rules = some_plans(session, shop)
    with clock.set_to(TODAY):
        units = [shop.unit]
        for number in range(60):
            model = a_model(session, chance.choice(["G1", "R1"]))
            serial = f"DEMO-DUE-{number}"
            unit = a_unit(session, shop.store, serial, model=model)
            units.append(unit)
        for number, unit in enumerate(units):
            unit.holding = shop.unit.holding
            a_life(session, shop, unit, chance)
            if number % 4 == 0:
                done_before(session, shop, unit, chance.choice(rules), chance)
        session.flush()
        today = duework.today_of(session, shop.store.id)

        listed = [(one.unit.id, one.plan.id) for page in all_pages(session, shop) for one in page]
        own = [
            (one.unit.id, one.plan.id)
            for unit in units
            for one in duework.of_unit(session, unit)
            if one.next.is_due(today)
        ]

    assert sorted(listed) == sorted(own)
    assert len(set(listed)) == len(listed)
    assert paging.PAGE < len(listed) < 4 * len(units)


@pytest.mark.only_on("sqlite")
def test_every_page_but_the_last_is_full_however_many_are_not_due(
    session: Session, shop: Workshop, bench: Browser, statements_of_app: list[str]
) -> None:
    plans.add(session, shop.manager, PlanInput("Yearly", every_months=12))
    plans.add(session, shop.manager, PlanInput("After 900 hours", every_hours=900, every_months=24))
    for number in range(520):
        serial = f"DEMO-DUE-{number:03}"
        unit = a_unit(session, shop.store, serial)
        unit.holding = shop.unit.holding
        # of five, four are not due for a long time
        since = date(2020, 1, 1) if number % 5 == 0 else clock.now().date()
        unit.warranty_starts_on = since
    session.commit()

    sizes = [len(page) for page in all_pages(session, shop)]
    session.rollback()
    statements_of_app.clear()
    first = bench.get("/service/due").text

    # 104 robots with two plans each
    assert sizes == [50, 50, 50, 50, 8]
    assert first.count("never here") == 50
    assert len(statements_of_app) <= 15
    following = first.partition('href="/service/due?after=')[2].partition('"')[0]
    assert "Next page" in first
    assert bench.get(f"/service/due?after={following}").text.count("never here") == 50
