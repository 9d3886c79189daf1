"""When the workshop is open: set by the store, followed by free times, promises and calendar."""

import re
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.kernel import clock
from app.kernel.errors import Conflict, Forbidden, Invalid
from app.service import appointments, benches, diary, freetimes, hours, intake
from app.service.appointments import Wish
from app.service.hours import Span
from app.service.planning_models import Bench, BenchKind, WorkshopDay
from tests.makers.browsing import Browser
from tests.makers.service import SERIAL, Workshop, a_customers_unit

# A Monday, summer time in Berlin.
MONDAY = datetime(2026, 8, 3, 6, tzinfo=UTC)
SATURDAYS = [None] * 5 + [Span(9 * 60, 13 * 60), None]


def a_bench(session: Session, shop: Workshop) -> Bench:
    return benches.add(session, shop.manager, name="Bench 1", kind=BenchKind.BENCH)


def free(session: Session, shop: Workshop, day: date) -> list[str]:
    found = freetimes.proposed(session, shop.manager, kind=None, minutes=60, day=day)
    return [one.starts_at.strftime("%a %H:%M") for one in found]


def booked(session: Session, shop: Workshop, kept: Bench, start: datetime, minutes: int) -> None:
    unit = a_customers_unit(session, shop.store, shop.manager, shop.owner, f"DEMO-H-{start:%d%H}")
    ticket = intake.book_in(session, shop.manager, unit, complaint="Service")
    wish = Wish(kept.id, start, start + timedelta(minutes=minutes))
    appointments.make(session, shop.manager, ticket, wish)


def test_free_times_lie_within_the_stores_own_hours(session: Session, shop: Workshop) -> None:
    with clock.set_to(MONDAY):
        a_bench(session, shop)
        usual = free(session, shop, MONDAY.date())
        hours.set_week(session, shop.manager, SATURDAYS)

        found = free(session, shop, MONDAY.date())

    assert usual[0] == "Mon 08:00"
    # the last begins an hour before the workshop closes; the next Saturday follows
    assert found[:7] == [
        f"Sat {hour:02}:{half}" for hour in (9, 10, 11) for half in ("00", "30")
    ] + ["Sat 12:00"]
    assert found[7] == "Sat 09:00"


def test_a_closed_day_is_passed_by_until_it_is_open_after_all(
    session: Session, shop: Workshop
) -> None:
    day = MONDAY.date()
    with clock.set_to(MONDAY):
        a_bench(session, shop)
        hours.close(session, shop.manager, day, why="Training")
        with pytest.raises(Conflict):
            hours.close(session, shop.manager, day)
        closed = free(session, shop, day)
        hours.reopen(session, shop.manager, day)

        assert closed[0] == "Tue 08:00"
        assert free(session, shop, day)[0] == "Mon 08:00"


def test_a_promise_is_an_open_evening_with_an_hour_left_on_a_bench(
    session: Session, shop: Workshop
) -> None:
    with clock.set_to(MONDAY):
        kept = a_bench(session, shop)
        hours.close(session, shop.manager, MONDAY.date() + timedelta(days=2))
        # Tuesday: the whole day but for half an hour
        booked(session, shop, kept, MONDAY + timedelta(days=1), 570)

        evenings = freetimes.promises(session, shop.manager)

    # Thursday is the first, then the third and the fifth open day over a weekend
    assert [one.strftime("%a %H:%M") for one in evenings] == ["Thu 18:00", "Mon 18:00", "Wed 18:00"]


def test_the_calendar_reckons_capacity_from_the_hours(session: Session, shop: Workshop) -> None:
    with clock.set_to(MONDAY):
        kept = a_bench(session, shop)
        booked(session, shop, kept, MONDAY + timedelta(days=5, hours=1), 60)
        before = diary.week(session, shop.manager, MONDAY.date())[5].load
        hours.set_week(session, shop.manager, SATURDAYS)

        days = diary.week(session, shop.manager, MONDAY.date())
        _, (column,) = diary.by_bench(session, shop.manager, days[5].day)

    assert (before.open_min, before.taken_min) == (0, 0)
    assert [one.span is None for one in days] == [True] * 5 + [False, True]
    assert days[5].load == column.load == diary.Load(open_min=240, taken_min=60)
    assert column.load.share_percent == 25


def test_hours_end_after_they_begin_and_only_managers_set_them(
    session: Session, shop: Workshop
) -> None:
    with pytest.raises(Invalid) as refusal:
        hours.set_week(session, shop.manager, [Span(600, 600)] + [None] * 6)
    with pytest.raises(Forbidden):
        hours.set_week(session, shop.technician, SATURDAYS)
    row = {"store_id": shop.store.id, "weekday": 0, "opens": 600, "closes": 600}
    with pytest.raises(IntegrityError), session.begin_nested():
        session.execute(insert(WorkshopDay), [row])

    assert list(refusal.value.problems) == ["closes-0"]


def test_a_manager_sets_the_week_and_what_cannot_be_read_stands_at_its_field(
    session: Session, office: Browser, shop: Workshop
) -> None:
    week = {f"{name}-{n}": "" for name in ("opens", "closes") for n in range(7)}

    wrong = office.send(
        "/service/benches/hours",
        week | {"opens-0": "half past", "closes-0": "18:00", "opens-1": "9", "closes-2": "25:00"},
    )
    right = office.send(
        "/service/benches/hours",
        week | {"opens-0": "7.30", "closes-0": "16", "opens-4": "14:00", "closes-4": "24:00"},
    )

    assert (wrong.status_code, right.status_code) == (422, 303)
    for name, typed in (("opens-0", "half past"), ("closes-2", "25:00")):
        field = re.search(rf'<input[^>]*name="{name}"[^>]*>', wrong.text)
        assert field is not None
        assert f'value="{typed}"' in field[0]
        assert 'aria-invalid="true"' in field[0]
    session.rollback()
    now = hours.of(session, shop.store.id).week
    assert now[0] == Span(450, 960)
    assert now[4] == Span(840, 1440)
    assert now[1] is None
    assert 'value="00:00"' in office.get("/service/benches").text


def test_a_closed_day_is_written_down_and_says_what_stands_on_it(
    session: Session, office: Browser, bench: Browser, shop: Workshop
) -> None:
    day = clock.now().date() + timedelta(days=7 - clock.now().weekday())
    kept = a_bench(session, shop)
    booked(session, shop, kept, datetime(day.year, day.month, day.day, 10, tzinfo=UTC), 60)
    session.commit()

    past = office.post("/service/benches/closures", day="2020-01-01", why="Long ago")
    odd = office.post("/service/benches/closures", day="soon", why="Some day")
    closed = office.post("/service/benches/closures", day=f"{day}", why="Company outing")

    assert (past.status_code, odd.status_code, closed.status_code) == (422, 422, 303)
    assert 'value="Some day"' in odd.text
    shown = bench.get("/service/benches").text
    assert "Company outing" in shown
    assert "1 appointment stands" in shown
    assert "closed: Company outing" in bench.get(f"/service/calendar?view=day&day={day}").text
    assert office.post(f"/service/benches/closures/{day}/reopen").status_code == 303
    assert office.post(f"/service/benches/closures/{day}/reopen").status_code == 404
    assert "Company outing" not in bench.get("/service/benches").text


def test_the_intake_proposes_evenings_for_the_promise(
    session: Session, bench: Browser, shop: Workshop
) -> None:
    today = clock.now().astimezone(ZoneInfo(shop.store.zone)).date()
    hours.set_week(session, shop.manager, [Span(540, 1_035)] * 7)
    session.commit()

    shown = bench.get(f"/service/new?code={SERIAL}").text

    proposed = [
        re.sub(r'.*value="([^"]+)".*', r"\1", tag)
        for tag in re.findall(r"<button[^>]*>", shown)
        if 'data-fill="#f-promised_at"' in tag
    ]
    assert proposed == [f"{today + timedelta(days=n)}T17:15" for n in (1, 3, 5)]


def test_an_appointment_outside_the_hours_says_so(
    session: Session, office: Browser, shop: Workshop
) -> None:
    sunday = clock.now().date() + timedelta(days=13 - clock.now().weekday())
    kept = a_bench(session, shop)
    booked(session, shop, kept, datetime(sunday.year, sunday.month, sunday.day, 10, tzinfo=UTC), 60)
    session.commit()
    (row,) = diary.week(session, shop.manager, sunday)[6].rows
    here = appointments.page(row)
    session.rollback()

    assert "not within the workshop’s opening hours" in office.get(here).text
