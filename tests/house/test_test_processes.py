"""The programs that run beside tests begin when they answer, and end with their block."""

import sys
from pathlib import Path

import pytest

from tests.processes import accepts, free_port, running


def test_a_program_that_ends_at_once_says_why(tmp_path: Path) -> None:
    log = tmp_path / "log"

    with (
        pytest.raises(RuntimeError, match="no such flour"),
        running(
            ("sh", "-c", "echo no such flour; exit 3"),
            settings={},
            is_up=lambda: False,
            log=log,
        ),
    ):
        pass


def test_a_program_ends_with_its_block(tmp_path: Path) -> None:
    port = free_port()
    command = (sys.executable, "-m", "http.server", "--bind", "127.0.0.1", str(port))

    with running(command, settings={}, is_up=lambda: accepts(port), log=tmp_path / "log"):
        assert accepts(port)

    assert not accepts(port)
