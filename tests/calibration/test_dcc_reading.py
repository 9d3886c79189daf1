"""Digital certificates of references: no value lost, signatures named, hostile files refused."""

from collections import Counter
from pathlib import Path

import pytest
from lxml import etree

from app.calibration import dccreading
from app.calibration.dsiunits import read_unit
from app.calibration.figures import read_figure
from app.calibration.readers.findings import MOST_BYTES, BadFile
from app.kernel.errors import StoreError

SAMPLES = Path(__file__).parents[3] / "shared/data/dcc/samples"
FILES = sorted(SAMPLES.glob("*.xml"))
SI = "{https://ptb.de/si}"
ROOT = b'<d:digitalCalibrationCertificate xmlns:d="https://ptb.de/dcc">%s</d:x>'

pytestmark = [
    pytest.mark.only_on("sqlite"),
    pytest.mark.skipif(not FILES, reason="the samples are not at hand"),
]


def numbers_in(data: bytes) -> Counter[str]:
    root = etree.fromstring(data)
    found: Counter[str] = Counter()
    for name in ("value", "valueXMLList", "uncertainty", "uncertaintyXMLList"):
        for element in root.iter(f"{SI}{name}"):
            found.update((element.text or "").split())
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_number_of_a_sample_stands_in_a_line(path: Path) -> None:
    data = path.read_bytes()

    lines = dccreading.read(data).results

    kept = Counter(
        figure
        for line in lines
        for figure in (line.nominal, line.value, line.error, line.expanded)
        if figure
    )
    assert not numbers_in(data) - kept
    assert all(read_figure(figure) == figure.replace(",", ".") for figure in kept)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_signature_is_what_its_file_is_called(path: Path) -> None:
    state = dccreading.read(path.read_bytes()).signature.state.value

    wanted = next(
        (
            word
            for part, word in (
                ("manipulated", "broken"),
                ("revoked", "revoked"),
                ("signed", "valid"),
            )
            if part in path.stem
        ),
        "absent",
    )
    assert state == wanted


def test_reference_indication_and_error_are_one_line() -> None:
    path = SAMPLES / "dcc_gp_temperature_typical_adjustment_v12.xml"

    read = dccreading.read(path.read_bytes())
    lines = [line for line in read.results if line.error]

    assert (lines[0].nominal, lines[0].value, lines[0].error) == ("306.245", "306.35", "0.105")
    assert (lines[0].expanded, lines[0].factor, lines[0].unit) == ("0.89", "2", "K")
    assert {line.phase for line in lines} == {"as_found", "as_left"}
    assert (read.adjusted, read.as_found_ok) == (True, "yes")


@pytest.mark.parametrize(
    ("written", "unit"),
    [
        (r"\milli\metre", "mm"),
        (r"\newton\metre", "N·m"),
        (r"\metre\per\second", "m·s^-1"),
        (r"\kilogram\metre\tothe{2}\second\tothe{-3}\ampere\tothe{-2}", "kg·m^2·s^-3·A^-2"),
        (r"\furlong", r"\furlong"),
    ],
)
def test_units_are_written_as_the_house_does(written: str, unit: str) -> None:
    assert read_unit(written) == unit


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(
            b'<!DOCTYPE d [<!ENTITY e SYSTEM "file:///etc/passwd">]>' + ROOT % b"&e;",
            id="external entity",
        ),
        pytest.param(
            b'<!DOCTYPE d [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>' + ROOT % b"&b;",
            id="billion laughs",
        ),
        pytest.param(b" " * (MOST_BYTES + 1), id="too large"),
        pytest.param(b"<html/>", id="another file"),
        pytest.param(b"", id="empty"),
        pytest.param(
            b'<d:digitalCalibrationCertificate xmlns:d="https://ptb.de/dcc"/>', id="no number"
        ),
    ],
)
def test_what_is_no_certificate_is_refused_with_a_sentence(data: bytes) -> None:
    with pytest.raises(StoreError) as refused:
        dccreading.read(data)

    assert isinstance(refused.value, BadFile) or refused.value.code == "too_large"
    assert str(refused.value)
