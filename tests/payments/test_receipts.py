"""Receipts as ESC/POS: read back as a printer would, letter by letter."""

from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from app.kernel.errors import Refused
from app.payments.receipts import escpos_receipt
from app.web import raster
from app.web.escpos import ReceiptPrinter, Slip, Style
from tests.payments import papers
from tests.web.slips import read

needs_chinese_font = pytest.mark.skipif(
    not raster.has_letters_for("你"), reason="no Chinese font is installed (fonts-noto-cjk)"
)
CHINESE_PRINTER = ReceiptPrinter(gb18030=True)


def test_a_receipt_has_its_amounts_at_the_right_edge() -> None:
    found = read(escpos_receipt(papers.receipt("de")))

    lines = found.text.splitlines()
    amounts = [line for line in lines if line.endswith("€") and not line.startswith("2 ×")]
    assert "Gripper set, soft, for Müller's   940,00 €" in amounts
    assert {len(line) for line in amounts} == {42}
    assert found.pictures == []


def test_the_printer_gets_the_bytes_of_its_code_page() -> None:
    data = escpos_receipt(papers.receipt("de"))

    assert data.startswith(b"\x1b@\x1bR\x00\x1bt\x13")
    assert "Müller".encode("cp858") in data
    assert "940,00 €".encode("cp858") in data


@pytest.mark.parametrize("copy", [True, False])
def test_only_a_reprint_says_copy(copy: bool) -> None:
    text = read(escpos_receipt(papers.receipt(), copy=copy)).text

    assert ("*** COPY ***" in text) is copy


def test_cutting_and_the_drawer_are_asked_for() -> None:
    both = read(escpos_receipt(papers.receipt(), drawer_kick=True))
    neither = read(escpos_receipt(papers.receipt(), cut=False))

    assert (both.cuts, both.kicks) == (1, 1)
    assert (neither.cuts, neither.kicks) == (0, 0)


def test_the_square_code_says_the_receipts_address() -> None:
    assert "<qr https://vierblatt.example/r/10481>" in read(escpos_receipt(papers.receipt())).text


def test_a_printer_without_square_codes_gets_a_picture_of_one() -> None:
    found = read(
        escpos_receipt(
            papers.receipt(), printer=ReceiptPrinter(model="simple", code_pages=("CP437",))
        )
    )

    assert "<qr" not in found.text
    assert len([picture for picture in found.pictures if picture.width != 42 * 12]) == 1


def test_the_same_receipt_has_the_same_bytes() -> None:
    assert escpos_receipt(papers.receipt()) == escpos_receipt(papers.receipt())


@needs_chinese_font
def test_chinese_is_printed_as_dots_by_a_printer_without_its_letters() -> None:
    """TXT-13."""
    data = escpos_receipt(papers.chinese_receipt())

    found = read(data)
    assert "你好".encode("gb18030") not in data
    assert len(found.pictures) >= 5
    assert all(picture.width == 42 * 12 for picture in found.pictures)
    assert all(picture.convert("L").getextrema() == (0, 255) for picture in found.pictures)
    assert "-" * 42 in found.text  # what it has letters for stays text


def test_a_chinese_printer_gets_gb18030() -> None:
    """TXT-13."""
    data = escpos_receipt(papers.chinese_receipt(), printer=CHINESE_PRINTER)

    found = read(data)
    assert b"\x1c&" in data
    assert "你好，欢迎再次光临" in found.text
    assert "现金                            ￥1,600.00" in found.text
    assert found.pictures == []


def test_letters_that_nobody_has_become_plain_ones_with_a_warning() -> None:
    polish = replace(papers.receipt(), notes=("Dla Łódź, ő",))

    with capture_logs() as logs:
        text = read(escpos_receipt(polish)).text

    assert "Dla Lódz, o" in text
    assert logs[0]["event"] == "letters_replaced"
    assert logs[0]["letters"] == "U+0141, U+0151, U+017A"


def test_a_second_code_page_is_used_where_the_printer_has_it() -> None:
    polish = replace(papers.receipt(), notes=("Dla Łódź",))

    data = escpos_receipt(polish, printer=ReceiptPrinter(code_pages=("CP858", "CP852")))

    assert "Dla Łódź" in read(data).text
    assert "Dla Łódź".encode("cp852") in data


def test_a_letter_without_any_form_shows_its_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(raster, "_font", lambda *_, **__: None)

    with capture_logs() as logs:
        text = read(escpos_receipt(replace(papers.receipt(), notes=("你 ok",)))).text

    assert "[U+4F60] ok" in text
    assert [log["letters"] for log in logs] == ["U+4F60"]


def test_a_name_cannot_give_the_printer_commands() -> None:
    evil = replace(papers.receipt(), notes=("\x1bp\x00\x32\x32 pay \x1d(k nothing",))

    found = read(escpos_receipt(evil))

    assert found.kicks == 0
    assert "p22 pay (k nothing" in found.text


@pytest.mark.parametrize(
    "printer", [ReceiptPrinter(model="toaster"), ReceiptPrinter(model="simple")]
)
def test_a_printer_that_cannot_be_is_refused(printer: ReceiptPrinter) -> None:
    with pytest.raises(Refused):
        escpos_receipt(papers.receipt(), printer=printer)


def test_long_words_and_narrow_paper_keep_the_amount() -> None:
    narrow = ReceiptPrinter(width_chars=32)

    lines = read(escpos_receipt(papers.receipt(), printer=narrow)).text.splitlines()

    assert "Gripper set, soft, for   €940.00" in lines
    assert max(len(line) for line in lines if not line.startswith("<qr")) == 32


def test_a_large_style_ends_with_its_line() -> None:
    slip = Slip(ReceiptPrinter())
    slip.text("Total", style=Style.LARGE)
    slip.text("plain")

    commands = read(slip.data).commands
    assert commands[-1] == b"\x1bE\x00"
    assert b"\x1b!\x30" in commands


def test_a_z_report_prints_its_difference_and_the_chains_head() -> None:
    text = read(escpos_receipt(papers.z_report())).text

    assert "Z report Z-2025-0214" in text
    assert "Difference                          -€0.01" in text
    assert "9f2c" * 10 in text


def test_an_x_report_has_no_count_yet() -> None:
    text = read(escpos_receipt(papers.x_report())).text

    assert "X report" in text
    assert "Cash expected" in text
    assert "Cash counted" not in text
