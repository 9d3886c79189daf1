"""Thousands of steps in a workshop in any order, on both engines. `make soak` takes 100,000."""

import os
from collections import Counter
from contextlib import closing
from random import Random, SystemRandom

import pytest

from tests.conftest import SUPPLY, engines
from tests.databases import ENGINES, EngineName
from tests.service.hands import Hands
from tests.service.machine import STEPS_A_RUN

STEPS = int(os.environ.get("QUATREFOIL_TEST_SALE_STEPS", "2000"))
# PostgreSQL answers from another process: a step there takes three times as long
SHARES: dict[EngineName, int] = {"sqlite": 2, "postgresql": 1}
IS_SOAK = "QUATREFOIL_TEST_SALE_STEPS" in os.environ


@pytest.mark.parametrize("engine", ENGINES)
def test_no_order_of_steps_parts_tickets_robots_ledger_and_books(
    engine: EngineName, pytestconfig: pytest.Config
) -> None:
    if engine not in engines(pytestconfig):
        pytest.skip("another engine was chosen")
    steps = STEPS * SHARES[engine] // sum(SHARES.values())
    happened: Counter[str] = Counter()
    runs = max(round(steps / STEPS_A_RUN), 1)
    for run in range(1, runs + 1):
        # the suite walks the same ways each time, a soak others
        seed = SystemRandom().randrange(2**32) if IS_SOAK else run
        hands = Hands(pytestconfig.stash[SUPPLY], engine, Random(seed), happened)
        with closing(hands):
            try:
                for _ in range(STEPS_A_RUN):
                    hands.step()
                hands.prove_all()
            except BaseException as error:
                error.add_note(f"seed {seed}, after:\n" + "\n".join(hands.last))
                raise

    # hands whose every step is refused, or whose tickets never end, would prove nothing
    assert happened["steps"] == runs * STEPS_A_RUN
    done = ("work_on", "decide", "take_out", "past_the_bench", "swap", "check", "let_go")
    for name in (*done, "give_back", "claim"):
        assert happened[name] > steps // 1_000, (name, happened)
