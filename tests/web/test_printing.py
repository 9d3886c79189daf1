"""Documents as pages and PDF: readable, embedded, byte for byte the same; and bytes to printers."""

import os
import re
import socket
import threading
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from pypdf import PdfReader
from pypdf.generic import DictionaryObject, StreamObject

from app.kernel.errors import Refused, StoreError, Unavailable
from app.payments.documents import DocumentContent
from app.web import printing, raster
from app.web.printing import (
    document_html,
    pdf_document,
    pdf_from_html,
    printer_address,
    send_to_printer,
)
from app.web.qr import modules, qr_code
from tests.payments import papers

needs_chinese_font = pytest.mark.skipif(
    not raster.has_letters_for("你"), reason="no Chinese font is installed (fonts-noto-cjk)"
)
MM = 72 / 25.4
DOCUMENTS = [
    ("invoice", papers.invoice()),
    ("invoice", papers.credit_note()),
    ("quote", papers.quote()),
    ("receipt", papers.receipt()),
    ("receipt", papers.chinese_receipt()),
    ("handover", papers.handover()),
    ("z_report", papers.z_report()),
    ("z_report", papers.x_report()),
]


def opened(pdf: bytes) -> PdfReader:
    return PdfReader(BytesIO(pdf))


def words(pdf: bytes) -> str:
    """The text of all pages, with single spaces."""
    return " ".join(" ".join(page.extract_text() for page in opened(pdf).pages).split())


def fonts(pdf: bytes) -> dict[str, bool]:
    """Name of each font, and whether its letters are in the file."""
    found = {}
    for page in opened(pdf).pages:
        resources = page["/Resources"]
        assert isinstance(resources, DictionaryObject)
        listed = resources["/Font"]
        assert isinstance(listed, DictionaryObject)
        for reference in listed.values():
            inner = reference.get_object()["/DescendantFonts"][0].get_object()
            descriptor = inner["/FontDescriptor"].get_object()
            found[str(inner["/BaseFont"])] = any(key.startswith("/FontFile") for key in descriptor)
    return found


def test_an_invoice_reads_as_it_was_issued() -> None:
    pdf = pdf_document("documents/invoice.html", papers.invoice())

    text = words(pdf)
    for part in (
        "R-2025-10482",
        "Lindenhof Robotik GmbH",
        "Spinnereistraße 7",
        "H2P-25-004817",
        "BT22-90311, BT22-90312",
        "Bündelrabatt",
        "−2.000,00 €",
        "46.926,00 €",
        "19 %",
        "USt-IdNr.|VAT ID",
        "IBAN DE89",
    ):
        assert re.search(part, text), part
    assert set(fonts(pdf).values()) == {True}
    assert any("Inter" in name for name in fonts(pdf))


@needs_chinese_font
def test_chinese_reads_and_is_embedded() -> None:
    pdf = pdf_document("documents/receipt.html", papers.chinese_receipt())

    text = words(pdf)
    assert "四叶机器人（上海）" in text
    assert "软体夹爪套装" in text
    assert "2025年11月25日 17:31" in text
    assert "¥1,500.00" in text
    assert set(fonts(pdf).values()) == {True}
    assert any("CJK" in name for name in fonts(pdf))


def test_a_pdf_says_what_it_is_and_when_it_was_issued() -> None:
    reader = opened(pdf_document("documents/invoice.html", papers.invoice()))

    assert reader.metadata is not None
    assert reader.metadata.title is not None
    assert reader.metadata.title.endswith("R-2025-10482")
    assert reader.metadata.author == "Vierblatt Leipzig GmbH"
    assert reader.metadata.creation_date == papers.ISSUED
    assert reader.metadata.modification_date == papers.ISSUED
    assert str(reader.root_object["/Lang"]) == "de"
    assert "/OutputIntents" in reader.root_object
    described = reader.root_object["/Metadata"].get_object()
    assert isinstance(described, StreamObject)
    assert b'pdfaid:part="3"' in described.get_data()


@pytest.mark.parametrize(("template", "content"), [DOCUMENTS[0], DOCUMENTS[5]])
def test_the_same_content_gives_the_same_bytes(
    template: str, content: DocumentContent, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = pdf_document(f"documents/{template}.html", content)

    # letters cut from a variable font carry a time; another second must not show
    monkeypatch.setattr("time.time", lambda: 2_000_000_000.0)
    assert pdf_document(f"documents/{template}.html", content) == first


@pytest.mark.parametrize(("template", "content"), DOCUMENTS)
@pytest.mark.parametrize("language", ["en", "de", "zh"])
def test_a_page_is_strict_and_speaks_each_language(
    template: str, content: DocumentContent, language: str
) -> None:
    html = document_html(
        f"documents/{template}.html", replace(content, language=language), copy=True
    )

    assert not re.search(r"\sstyle=|<style|<script|\son[a-z]+=|javascript:|http:", html)
    assert f'<html lang="{ {"zh": "zh-Hans"}.get(language, language) }">' in html


@pytest.mark.parametrize(("template", "content"), DOCUMENTS)
def test_only_a_reprint_is_marked(template: str, content: DocumentContent) -> None:
    first = document_html(f"documents/{template}.html", replace(content, language="en"))
    second = document_html(f"documents/{template}.html", replace(content, language="en"), copy=True)

    assert "COPY" not in first
    assert "COPY" in second


def test_a_long_invoice_repeats_its_foot_and_counts_its_sheets() -> None:
    long = replace(papers.invoice(), lines=papers.invoice().lines * 9, language="en")

    pages = opened(pdf_document("documents/invoice.html", long, copy=True)).pages

    assert len(pages) == 3
    for number, page in enumerate(pages, start=1):
        text = page.extract_text()
        assert f"Page {number} of 3" in text
        assert "Unit price" in text
        assert "COPY" in text
    assert "R-2025-10482" in pages[2].extract_text()


@pytest.mark.parametrize("lines", [1, 60])
def test_a_receipt_is_one_sheet_as_long_as_it_needs(lines: int) -> None:
    content = papers.receipt()
    content = replace(content, lines=content.lines[:1] * lines)

    pages = opened(pdf_document("documents/receipt.html", content)).pages

    assert len(pages) == 1
    assert float(pages[0].mediabox.width) == pytest.approx(80 * MM, abs=0.1)
    height_mm = float(pages[0].mediabox.height) / MM
    assert height_mm == pytest.approx(140 + 13 * lines, rel=0.15)


def test_a_page_loads_nothing_from_elsewhere(tmp_path: Path) -> None:
    secret = tmp_path / "secret.png"
    Image.new("RGB", (8, 8), "red").save(secret)
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        port = server.getsockname()[1]
        images = f'<img src="http://127.0.0.1:{port}/a.png"><img src="file://{secret}">'
        escape = '<img src="/static/../pyproject.toml"><img src="/static/%2e%2e/app/main.py">'
        pdf = pdf_from_html(f"<!doctype html><html lang=en><title>x</title>{images}{escape}")
        with pytest.raises(TimeoutError):
            server.accept()

    assert list(opened(pdf).pages[0].images) == []


@pytest.mark.parametrize(
    "url",
    [
        "https://example.invalid/static/print.css",
        "file:///etc/passwd",
        "file:///static/../pyproject.toml",
        "file://host/static/print.css",
        "data:text/css,x",
        "file:///static/app.js",
    ],
)
def test_only_our_own_sheets_fonts_and_pictures_are_files_of_a_page(url: str) -> None:
    with pytest.raises(ValueError, match="load nothing"):
        printing._static_file(url)


def test_a_square_code_has_its_white_edge_and_no_style() -> None:
    rows = modules("https://vierblatt.example/r/1")
    drawing = qr_code("https://vierblatt.example/r/1")

    assert drawing.width == drawing.height == len(rows)
    assert not any(any(row) for row in (*rows[:4], *rows[-4:]))
    assert drawing.path.startswith("M4 4h7v1h-7z")


def test_a_signature_becomes_strokes() -> None:
    drawing = raster.ink(papers.signature_picture())

    assert (drawing.width, drawing.height) == (300, 100)
    assert drawing.path.count("M") > 100


@pytest.mark.parametrize("picture", [b"", b"<svg>", papers.signature_picture()[:200]])
def test_a_signature_that_is_no_picture_is_refused(picture: bytes) -> None:
    with pytest.raises(Refused, match="not a picture"):
        raster.ink(picture)


def test_a_huge_signature_is_refused_before_it_is_decoded() -> None:
    file = BytesIO()
    Image.new("1", (3000, 1000)).save(file, "PNG")

    with pytest.raises(Refused, match="too large"):
        raster.ink(file.getvalue())


def test_a_network_printer_gets_every_byte() -> None:
    received = bytearray()

    def print_all(server: socket.socket) -> None:
        connection, _ = server.accept()
        with connection:
            while piece := connection.recv(65536):
                received.extend(piece)

    data = os.urandom(300_000)
    with socket.create_server(("127.0.0.1", 0)) as server:
        printer = threading.Thread(target=print_all, args=(server,))
        printer.start()
        send_to_printer(f"tcp://127.0.0.1:{server.getsockname()[1]}", data)
        printer.join(5)

    assert bytes(received) == data


def test_a_printer_that_is_off_is_unavailable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

    with pytest.raises(Unavailable, match="does not take the print"):
        send_to_printer(f"tcp://127.0.0.1:{port}", b"x")


def test_a_printer_that_hangs_is_unavailable_in_time() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        target = f"tcp://127.0.0.1:{server.getsockname()[1]}"
        with pytest.raises(Unavailable):
            send_to_printer(target, b"x" * 30_000_000, timeout_s=0.2)


def test_a_spool_file_takes_slips_one_after_the_other(tmp_path: Path) -> None:
    target = f"file://{tmp_path}/till%201.bin"

    tills = [
        threading.Thread(target=send_to_printer, args=(target, bytes([65 + till]) * 200_000))
        for till in range(4)
    ]
    for till in tills:
        till.start()
    for till in tills:
        till.join()

    written = (tmp_path / "till 1.bin").read_bytes()
    assert sorted(re.findall(rb"A+|B+|C+|D+", written)) == [
        bytes([65 + till]) * 200_000 for till in range(4)
    ]


def test_a_slip_that_was_torn_is_taken_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spool = tmp_path / "spool.bin"
    spool.write_bytes(b"before")

    def torn(file: int, data: bytes, deadline: float) -> None:
        os.write(file, data[:3])
        raise OSError(28, f"No space left on device, {deadline > 0}")

    monkeypatch.setattr(printing, "_write_all", torn)
    with pytest.raises(Unavailable, match="No space left"):
        send_to_printer(f"file://{spool}", b"slip")

    assert spool.read_bytes() == b"before"


@pytest.mark.parametrize("kind", ["folder", "pipe", "full pipe"])
def test_a_device_that_takes_nothing_does_not_hold_the_till(tmp_path: Path, kind: str) -> None:
    path, reader = tmp_path / "device", None
    if kind == "folder":
        path.mkdir()
    else:
        os.mkfifo(path)
    if kind == "full pipe":
        reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        with pytest.raises(Unavailable):
            send_to_printer(f"file://{path}", b"x" * 1_000_000, timeout_s=0.1)
    finally:
        if reader is not None:
            os.close(reader)


@pytest.mark.parametrize(
    "target",
    [
        "",
        "lp0",
        "http://printer",
        "tcp://",
        "tcp://host:99999",
        "file://host/x",
        "file:///",
        "tcp:9",
    ],
)
def test_what_is_no_printer_is_refused(target: str) -> None:
    with pytest.raises(StoreError, match="is not a printer"):
        printer_address(target)


def test_a_printers_port_has_a_default() -> None:
    assert printer_address("tcp://192.0.2.7") == ("192.0.2.7", 9100)
    assert printer_address("tcp://[2001:db8::7]:9101") == ("2001:db8::7", 9101)
    assert printer_address("file:///dev/usb/lp0") == Path("/dev/usb/lp0")
