"""One clock: business days of a store, and months that end when they end."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kernel import clock

MIDNIGHT = time(0)


@pytest.mark.parametrize(
    ("day", "months", "then"),
    [
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2024, 1, 31), 1, date(2024, 2, 29)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2023, 3, 1), 12, date(2024, 3, 1)),
        (date(2026, 12, 15), 1, date(2027, 1, 15)),
        (date(2026, 3, 31), -1, date(2026, 2, 28)),
        (date(2026, 1, 15), -1, date(2025, 12, 15)),
        (date(2026, 5, 5), 0, date(2026, 5, 5)),
    ],
)
def test_a_month_later_is_the_same_day_or_the_months_last(
    day: date, months: int, then: date
) -> None:
    """SVC-13, SVC-15: one rule for all due dates."""
    assert clock.add_months(day, months) == then


@given(
    day=st.dates(date(1990, 1, 1), date(2090, 1, 1)), months=st.integers(min_value=0, max_value=600)
)
def test_months_never_skip_a_month(day: date, months: int) -> None:
    later = clock.add_months(day, months)

    assert (later.year * 12 + later.month) - (day.year * 12 + day.month) == months
    assert later.day <= day.day


@pytest.mark.parametrize(
    ("moment", "zone", "day"),
    [
        # an evening sale stays on its day (TIM-01), a morning far east is on the next (TIM-03)
        (datetime(2026, 3, 3, 0, 30, tzinfo=UTC), "America/Chicago", date(2026, 3, 2)),
        (datetime(2026, 3, 2, 16, 0, tzinfo=UTC), "Asia/Shanghai", date(2026, 3, 3)),
        (datetime(2026, 3, 2, 15, 59, tzinfo=UTC), "Asia/Shanghai", date(2026, 3, 2)),
        (datetime(2026, 3, 2, 23, 30, tzinfo=UTC), "Europe/Berlin", date(2026, 3, 3)),
    ],
)
def test_a_moment_belongs_to_the_stores_own_day(moment: datetime, zone: str, day: date) -> None:
    assert clock.business_day(moment, zone=zone, cut_off=MIDNIGHT) == day


def test_before_the_cut_off_it_is_still_yesterday() -> None:
    late = datetime(2026, 3, 3, 2, 59, tzinfo=UTC)

    assert clock.business_day(late, zone="UTC", cut_off=time(3)) == date(2026, 3, 2)
    assert clock.business_day(late + timedelta(minutes=1), zone="UTC", cut_off=time(3)) == date(
        2026, 3, 3
    )


@given(
    moment=st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1)),  # noqa: DTZ001 - made aware
    zone=st.sampled_from(["Europe/Berlin", "Asia/Shanghai", "America/Chicago", "UTC"]),
    hour=st.integers(0, 6),
)
def test_each_moment_is_within_the_bounds_of_its_day(
    moment: datetime, zone: str, hour: int
) -> None:
    """Days of 23 and 25 hours included."""
    aware = moment.replace(tzinfo=UTC)
    day = clock.business_day(aware, zone=zone, cut_off=time(hour))
    start, end = clock.day_bounds(day, zone=zone, cut_off=time(hour))

    assert end - start in {timedelta(hours=23), timedelta(hours=24), timedelta(hours=25)}
    # in the hour that a clock goes through twice, or not at all, a day may begin late
    slack = timedelta(hours=1)
    assert start - slack <= aware < end + slack


def test_a_context_can_live_at_another_moment() -> None:
    then = datetime(2020, 2, 2, 2, tzinfo=UTC)
    with clock.set_to(then):
        assert clock.now() == then
    assert clock.now() > then


def test_a_moment_without_a_zone_is_none() -> None:
    with pytest.raises(ValueError, match="zone"), clock.set_to(datetime(2026, 1, 1)):  # noqa: DTZ001
        pass
