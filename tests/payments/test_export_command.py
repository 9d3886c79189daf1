"""`quatrefoil export`: the books as files, by the command line itself."""

from pathlib import Path

import pytest
from sqlalchemy.orm import Session
from typer.testing import CliRunner

from app import cli
from tests.makers.payments import opened, shop

pytestmark = pytest.mark.only_on("sqlite")


@pytest.fixture
def books(session: Session, monkeypatch: pytest.MonkeyPatch, database_url: str) -> None:
    """A float of 200.00 in the database that the command is told of."""
    monkeypatch.setenv("QUATREFOIL_DATABASE_URL", database_url)
    opened(session, shop(session))
    session.commit()


@pytest.mark.usefixtures("books")
def test_the_journal_goes_to_a_file(tmp_path: Path) -> None:
    file = tmp_path / "journal.csv"

    done = CliRunner().invoke(cli.cli, ["export", "journal", "--out", str(file)])

    assert done.exit_code == 0
    lines = file.read_text("utf-8-sig").splitlines()
    assert [line.split(",")[7:] for line in lines[1:]] == [
        ['"cash"', '"200.00"', '""', '"EUR"'],
        ['"safe"', '""', '"200.00"', '"EUR"'],
    ]


@pytest.mark.usefixtures("books")
def test_the_balance_goes_to_standard_output() -> None:
    done = CliRunner().invoke(cli.cli, ["export", "balance"])
    assert done.exit_code == 0
    assert '"safe","EUR","0.00","0.00","200.00","-200.00"' in done.output


@pytest.mark.usefixtures("books")
def test_a_day_that_is_none_is_refused() -> None:
    assert cli.run(["export", "journal", "--from", "yesterday"]) == 2
