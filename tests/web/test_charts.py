"""Plots: bars stand in their window, in order, on a scale of whole numbers."""

from hypothesis import given
from hypothesis import strategies as st

from app.web.charts import BOTTOM, LEFT, RIGHT, TOP, in_bars


@given(values=st.lists(st.integers(0, 10**6), min_size=1, max_size=24))
def test_bars_stand_in_their_window_each_as_high_as_its_count(values: list[int]) -> None:
    chart = in_bars(values)

    assert len(chart.bars) == len(values)
    for bar in chart.bars:
        assert LEFT <= bar.x < bar.x + bar.width <= RIGHT
        assert TOP - 0.1 <= bar.y <= BOTTOM
    heights = [bar.height for bar in chart.bars]
    ordered = sorted(zip(values, heights, strict=True))
    assert [height for _, height in ordered] == sorted(heights)
    assert all(tick.value == int(tick.value) for tick in chart.up)
    assert chart.up[0].value == 0
    assert chart.up[-1].value >= max(values)
