"""The writers' gate: who came first goes first, and nobody waits for ever."""

import threading
import time
from collections import Counter

import pytest

from app.kernel import gate as gates
from app.kernel.errors import Unavailable
from app.kernel.gate import Gate


def queued(gate: Gate, count: int) -> None:
    """Wait until so many stand before the gate."""
    while len(gate._queue) < count:
        time.sleep(0.001)


def test_who_came_first_goes_first() -> None:
    gate, order = Gate(), []
    gate.enter()

    def pass_through(name: int) -> None:
        gate.enter()
        order.append(name)
        gate.leave()

    crowd = [threading.Thread(target=pass_through, args=(name,)) for name in range(12)]
    for count, person in enumerate(crowd, start=1):
        person.start()
        queued(gate, count)
    gate.leave()
    for person in crowd:
        person.join()

    assert order == list(range(12))


def test_one_is_inside_at_a_time_and_each_gets_a_share() -> None:
    gate, inside, most, turns = Gate(), 0, 0, Counter[int]()
    all_here, until = threading.Barrier(8), 0.0

    def work(name: int) -> None:
        nonlocal inside, most, until
        if all_here.wait() == 0:  # who came first alone would have had turns alone
            until = time.monotonic() + 0.4
        all_here.wait()
        while time.monotonic() < until:
            gate.enter()
            inside += 1
            most = max(most, inside)
            time.sleep(0.0005)
            inside -= 1
            turns[name] += 1
            gate.leave()

    crowd = [threading.Thread(target=work, args=(name,)) for name in range(8)]
    for person in crowd:
        person.start()
    for person in crowd:
        person.join()

    assert most == 1
    assert max(turns.values()) - min(turns.values()) <= 2


def test_who_waits_too_long_is_told_and_does_not_block_the_next(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(gates, "PATIENCE_S", 0.02)
    gate = Gate()
    gate.enter()
    with pytest.raises(Unavailable, match="busy"):
        gate.enter()

    gate.leave()
    gate.enter()
    gate.leave()
