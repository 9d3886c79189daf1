"""Thousands of steps in the store room in any order, on both engines. `make soak`: 100,000."""

import os
from collections import Counter

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.conftest import SUPPLY, engines
from tests.databases import ENGINES, EngineName
from tests.parts.machine import STEPS_A_RUN, StoreRoom

STEPS = int(os.environ.get("QUATREFOIL_TEST_STOCK_STEPS", "2100"))
# PostgreSQL answers from another process: a step there takes three times as long
SHARES: dict[EngineName, int] = {"sqlite": 2, "postgresql": 1}
IS_SOAK = "QUATREFOIL_TEST_STOCK_STEPS" in os.environ


@pytest.mark.parametrize("engine", ENGINES)
def test_no_order_of_steps_parts_ledger_shelves_and_slots(
    engine: EngineName, pytestconfig: pytest.Config
) -> None:
    if engine not in engines(pytestconfig):
        pytest.skip("another engine was chosen")
    steps = STEPS * SHARES[engine] // sum(SHARES.values())
    happened: Counter[str] = Counter()
    with pytestconfig.stash[SUPPLY].recurring() as supply:
        facts: dict[str, object] = {"supply": supply, "engine": engine, "happened": happened}

        run_state_machine_as_test(
            type("StoreRoom", (StoreRoom,), facts),
            settings=settings(
                # some end early
                max_examples=steps // STEPS_A_RUN + 2,
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
    assert happened["steps"] > steps * 9 // 10
    for name in ("issue", "settle", "fit", "remove", "swap", "undo", "count", "hand over"):
        assert happened[name] > steps // 500, (name, happened)
