"""Thousands of steps of trade in any order, on both engines. `make soak` takes 100,000."""

import os
from collections import Counter

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.conftest import SUPPLY, engines
from tests.databases import ENGINES, EngineName
from tests.sales.machine_vouchers import Vouching

STEPS_A_RUN = 100
STEPS = int(os.environ.get("QUATREFOIL_TEST_SALE_STEPS", "2700"))
# PostgreSQL answers from another process: a step there takes three times as long
SHARES: dict[EngineName, int] = {"sqlite": 2, "postgresql": 1}
IS_SOAK = "QUATREFOIL_TEST_SALE_STEPS" in os.environ


@pytest.mark.parametrize("engine", ENGINES)
def test_no_order_of_steps_breaks_the_books(
    engine: EngineName, pytestconfig: pytest.Config
) -> None:
    if engine not in engines(pytestconfig):
        pytest.skip("another engine was chosen")
    steps = STEPS * SHARES[engine] // sum(SHARES.values())
    happened: Counter[str] = Counter()
    with pytestconfig.stash[SUPPLY].recurring() as supply:
        facts: dict[str, object] = {"supply": supply, "engine": engine, "happened": happened}

        run_state_machine_as_test(
            type("Trade", (Vouching,), facts),
            settings=settings(
                max_examples=max(steps // STEPS_A_RUN, 1),
                stateful_step_count=STEPS_A_RUN,
                deadline=None,
                # the suite walks the same ways each time, a soak others
                derandomize=not IS_SOAK,
                database=None,
                phases=[Phase.generate, Phase.shrink] if IS_SOAK else [Phase.generate],
                suppress_health_check=list(HealthCheck),
                report_multiple_bugs=False,
            ),
        )

    # a machine whose every step is refused, or that ends early, would prove nothing
    sold = happened["cash"] + happened["transfer"] + happened["unknown → captured"]
    assert happened["steps"] > steps * 2 // 3
    assert sold > steps // 100
    assert happened["cancelled → captured"] > steps // 500
    assert happened["return"] + happened["return at once"] > steps // 200
    assert happened["pay by exchange"] + happened["give held"] > steps // 300
    # drawn at random, long ways rarely come to it: a soak expects one in 700 steps
    assert happened["traded in"] > steps // (2_500 if IS_SOAK else 400)
    assert happened["ask deposit"] > steps // (2_500 if IS_SOAK else 400)
    assert happened["hand out"] > steps // (2_500 if IS_SOAK else 300)
    assert happened["pay with voucher"] > steps // (2_500 if IS_SOAK else 400)
    assert happened["pay with card"] > steps // (2_500 if IS_SOAK else 400)
    if IS_SOAK:
        print(dict(happened))  # what a soak is read for
