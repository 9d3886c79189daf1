"""Labels: nothing lost, nothing outside, and no text that becomes a command."""

import re
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from pypdf import PdfReader

from app.web import raster
from app.web.labels import STOCKS, Label, Stock, laid_out, pdf, svg, zpl

needs_chinese_font = pytest.mark.skipif(
    not raster.has_letters_for("你"), reason="no Chinese font is installed (fonts-noto-cjk)"
)
UNIT = Label("NORA H2 Pro", "H2P-25-004817", "https://vierblatt.example/r/H2P-25-004817")
LONG = Label(
    "Ein sehr langer Name " * 9, "UB-2025-" + "0123456789" * 4, "https://v.example/" + "x" * 90
)
ROLL, SHEET = STOCKS["62x29"], STOCKS["a4"]
MM = 72 / 25.4


@pytest.mark.parametrize("stock", STOCKS.values(), ids=STOCKS)
@pytest.mark.parametrize("label", [UNIT, LONG], ids=["short", "long"])
def test_everything_stands_inside_the_label(label: Label, stock: Stock) -> None:
    layout = laid_out(label, stock)

    assert layout.code_mm + 1.5 < layout.texts[0].x
    assert all(box.y > 0 and box.y + box.size <= stock.height_mm for box in layout.texts)
    assert all(box.size >= 1.6 for box in layout.texts)


@pytest.mark.parametrize("stock", STOCKS.values(), ids=STOCKS)
def test_an_identity_is_never_shortened(stock: Stock) -> None:
    bold = [box.text for box in laid_out(LONG, stock).texts if box.bold]

    assert "".join(bold) == LONG.identity


def test_a_long_title_is_visibly_cut_and_a_long_address_left_to_the_code() -> None:
    plain = [box.text for box in laid_out(LONG, ROLL).texts if not box.bold]

    assert len(plain) == 2
    assert plain[1].endswith("…")


def test_svg_is_well_formed_and_without_style() -> None:
    tree = etree.fromstring(
        svg(Label("<Pro> & Co", "A7", "https://v.example/?a=1&b=2"), ROLL).encode()
    )

    assert tree.get("width") == "62mm"
    texts = [element.text for element in tree.iterfind("{*}text")]
    assert texts == ["<Pro> & Co", "A7", "v.example/?a=1&b=2"]
    assert not [element for element in tree.iter() if element.get("style")]


def test_a_roll_has_a_page_per_label_in_its_size() -> None:
    pages = PdfReader(BytesIO(pdf([UNIT, LONG], ROLL))).pages

    assert len(pages) == 2
    assert float(pages[0].mediabox.width) == pytest.approx(62 * MM, abs=0.1)
    assert float(pages[0].mediabox.height) == pytest.approx(29 * MM, abs=0.1)
    assert "H2P-25-004817" in pages[0].extract_text()


def test_a_sheet_leaves_out_what_was_used() -> None:
    pages = PdfReader(BytesIO(pdf([UNIT] * 24, SHEET, skip=3))).pages

    counts = [page.extract_text().count("\nH2P-25-004817") for page in pages]
    assert counts == [21, 3]
    assert float(pages[0].mediabox.height) == pytest.approx(297 * MM, abs=0.2)


def test_labels_have_the_same_bytes_each_time() -> None:
    assert pdf([UNIT], ROLL) == pdf([UNIT], ROLL)


def test_zpl_has_size_code_and_text() -> None:
    code = zpl(UNIT, ROLL)

    assert code.startswith("^XA^CI28")
    assert "^PW496^LL232" in code
    assert "^FH_^FDMA,https://vierblatt.example/r/H2P-25-004817^FS" in code
    assert "^FDH2P-25-004817^FS" in code
    assert code.endswith("^XZ\n")


def test_a_finer_printer_gets_the_same_label_in_more_dots() -> None:
    assert "^PW744^LL348" in zpl(UNIT, ROLL, dots_per_mm=12)


@given(st.text(max_size=40), st.text(max_size=40))
def test_no_text_becomes_a_command(title: str, identity: str) -> None:
    code = zpl(Label(title, identity, f"https://v.example/{identity}"), ROLL)

    commands = re.findall(r"[\^~][A-Z0-9@]{2}", code)
    assert set(commands) <= {
        "^XA", "^CI", "^LH", "^PW", "^LL", "^FO", "^BQ", "^FH", "^FD", "^A0", "^GF", "^FS", "^XZ"
    }  # fmt: skip
    assert commands.count("^XA") == commands.count("^XZ") == 1
    assert code.count("^") + code.count("~") == len(commands)
    assert code.isascii()


def test_signs_of_zpl_are_spelled_in_hex() -> None:
    code = zpl(Label("Größe ^XZ~JA_", "A^7", "https://v.example/^"), ROLL)

    assert "^FDGr_C3_B6_C3_9Fe _5EXZ_7EJA_5F^FS" in code
    assert "^FDA_5E7^FS" in code


@needs_chinese_font
def test_chinese_on_a_zebra_is_a_picture() -> None:
    code = zpl(Label("四叶机器人", "A7", "https://v.example/1"), ROLL)

    found = re.search(r"\^GFA,(\d+),\1,(\d+),([0-9A-F]+)\^FS", code)
    assert found is not None
    total, per_row, dots = int(found[1]), int(found[2]), bytes.fromhex(found[3])
    assert len(dots) == total
    assert total % per_row == 0
    black = sum(byte.bit_count() for byte in dots)
    assert 0.05 < black / (8 * total) < 0.5
