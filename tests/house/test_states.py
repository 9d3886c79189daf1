"""State tables: each state has a word, can be reached, and leads somewhere known."""

import pkgutil
import sys
from importlib import import_module

import pytest

import app
from app.kernel.states import Moves, WrongState
from app.kernel.text import msg
from app.payments.states import ATTEMPT_MOVES, AttemptState
from app.robots.states import UNIT_MOVES, UnitState
from app.sales.orderstatus import STATUS_LABELS, OrderStatus


def tables() -> dict[str, Moves[UnitState]]:
    """Every state table of the house, found in its modules."""
    for module in pkgutil.walk_packages(app.__path__, "app."):
        import_module(module.name)
    return {
        f"{module}.{name}": value
        for module, loaded in list(sys.modules.items())
        if module.startswith("app.")
        for name, value in vars(loaded).items()
        if isinstance(value, Moves)
    }


def reached(moves: Moves[UnitState]) -> set[UnitState]:
    """What can be reached from the states that nothing leads to."""
    kind = type(next(iter(moves.table)))
    targets = {there for following in moves.table.values() for there in following}
    frontier = [state for state in kind if state not in targets]
    found = set(frontier)
    while frontier:
        for there in moves.allowed(frontier.pop()) - found:
            found.add(there)
            frontier.append(there)
    return found


def test_the_known_tables_are_found() -> None:
    found = list(tables().values())

    assert UNIT_MOVES in found
    assert ATTEMPT_MOVES in found  # type: ignore[comparison-overlap]


def test_each_state_can_be_reached_from_a_first_one() -> None:
    for name, moves in tables().items():
        kind = type(next(iter(moves.table)))
        assert reached(moves) == set(kind), name


def test_each_state_has_a_word_for_people() -> None:
    for name, moves in tables().items():
        kind = type(next(iter(moves.table)))
        assert set(moves.labels) == set(kind), name
    assert set(STATUS_LABELS) == set(OrderStatus)


def test_nothing_moves_to_where_it_is() -> None:
    for name, moves in tables().items():
        for here, following in moves.table.items():
            assert here not in following, f"{name}: {here}"


def test_a_move_that_is_not_in_the_table_names_those_that_are() -> None:
    with pytest.raises(WrongState, match=r"Possible next: Received, Retired\."):
        UNIT_MOVES.check(UnitState.EXPECTED, UnitState.SOLD)
    with pytest.raises(WrongState, match="final"):
        UNIT_MOVES.check(UnitState.RETIRED, UnitState.SOLD)


def test_a_captured_payment_stays_captured() -> None:
    """WHK-07: a state never steps backwards, whatever arrives late."""
    assert ATTEMPT_MOVES.allowed(AttemptState.CAPTURED) == frozenset()


def test_a_table_answers_for_states_that_it_does_not_list() -> None:
    moves = Moves({UnitState.SOLD: frozenset()}, labels={state: msg("x") for state in UnitState})

    assert moves.allowed(UnitState.RETIRED) == frozenset()
