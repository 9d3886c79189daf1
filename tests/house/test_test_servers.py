"""The programs and the browser that journeys rest on start, answer and end."""

import sys
from pathlib import Path
from urllib.request import urlopen

import pytest
from playwright.sync_api import Page

from tests.processes import accepts, free_port, running


def test_the_service_answers_from_a_process_of_its_own(live_server: str) -> None:
    with urlopen(f"{live_server}/healthz") as answer:
        assert answer.status == 200


@pytest.mark.only_on("sqlite")
def test_a_browser_reaches_the_service(live_server: str, page: Page) -> None:
    answer = page.goto(f"{live_server}/healthz")

    assert answer is not None
    assert answer.ok


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
