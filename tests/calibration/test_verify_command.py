"""`quatrefoil verify`: whether a byte of a certificate has changed, by the command line itself."""

from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session
from typer.testing import CliRunner

from app import cli
from app.calibration.certificate_models import CalibrationCertificate
from tests.kernel.tables import drop_triggers
from tests.makers.calibration import Lab
from tests.makers.certificates import a_certificate

pytestmark = pytest.mark.only_on("sqlite")


@pytest.fixture
def issued(
    session: Session,
    lab: Lab,
    monkeypatch: pytest.MonkeyPatch,
    database_url: str,
    tmp_path: Path,
) -> CalibrationCertificate:
    """One certificate, in the database that the command is told of."""
    monkeypatch.setenv("QUATREFOIL_DATABASE_URL", database_url)
    monkeypatch.setenv("QUATREFOIL_DATA_DIR", str(tmp_path))
    made = a_certificate(session, lab)
    session.commit()
    return made


def run(*words: str) -> tuple[int, str]:
    done = CliRunner().invoke(cli.cli, ["verify", *words])
    return done.exit_code, done.output


def test_a_changed_byte_is_told_with_its_certificate_and_ends_with_an_error(
    session: Session, issued: CalibrationCertificate
) -> None:
    number = issued.number
    before = run()
    drop_triggers(session)
    session.execute(text("UPDATE calibration_certificates SET pdf = CAST(pdf || x'20' AS BLOB)"))
    session.commit()

    after = run()

    assert before == (0, "Not a byte of 1 certificates has changed.\n")
    assert after == (cli._BREACHES, f"certificate {number}: the PDF was changed\n")


def test_a_file_is_known_by_its_bytes_and_by_no_others(
    issued: CalibrationCertificate, tmp_path: Path
) -> None:
    for form in ("pdf", "dcc"):
        good, bad = tmp_path / f"good.{form}", tmp_path / f"bad.{form}"
        good.write_bytes(getattr(issued, form))
        bad.write_bytes(getattr(issued, form)[:-1])

        code, said = run(str(good))

        assert (code, f"certificate {issued.number}, not a byte has changed" in said) == (0, True)
        assert run(str(bad))[0] == cli._BREACHES
