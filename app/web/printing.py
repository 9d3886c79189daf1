"""Paper: pages as PDF with the same bytes each time, and bytes to a printer.

A PDF is made from one of our own templates and our own static files; nothing is fetched from
anywhere else, whatever a text in the document says.
"""

import errno
import fcntl
import hashlib
import importlib
import io
import math
import os
import select
import socket
import stat
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit

from PIL import ImageFile

from app.kernel.errors import Refused, Unavailable
from app.kernel.text import msg
from app.web.i18n import HTML_LANG, speech
from app.web.qr import qr_code
from app.web.raster import ink
from app.web.rendering import STATIC, environment

OUR_FILES = "file:///"  # where `/static/…` of a template points to while a PDF is made
_END_OF_ROLL = "end-of-roll"
_ROLL_MARGIN_MM = 4
_PX_PER_MM = 96 / 25.4
_MIME = {".css": "text/css", ".woff2": "font/woff2", ".svg": "image/svg+xml", ".png": "image/png"}
_RAW_PORT = 9100
_rendering = threading.Lock()


class Printable(Protocol):
    """What a document says about itself; the template knows the rest."""

    @property
    def language(self) -> str: ...
    @property
    def zone(self) -> str: ...
    @property
    def issued_at(self) -> datetime: ...


def document_html(template: str, content: Printable, *, copy: bool = False) -> str:
    """The page of a document in its own language, for the browser and for `pdf_from_html`.

    `copy` marks it as a reprint. The template gets `content`, `copy`, `qr_code` and `ink`.
    """
    page = environment().get_template(template)
    return page.render(
        content=content,
        copy=copy,
        issued_at=content.issued_at.astimezone(UTC).isoformat(timespec="seconds"),
        speech=speech(content.language, content.zone),
        html_lang=HTML_LANG[content.language],
        qr_code=qr_code,
        ink=ink,
    )


@dataclass(frozen=True, slots=True)
class Enclosure:
    """A file inside a PDF that says the same as its pages. `metadata` are descriptions in RDF."""

    name: str
    data: bytes
    made_at: datetime
    description: str
    metadata: bytes = b""


def pdf_document(
    template: str, content: Printable, *, copy: bool = False, enclosure: Enclosure | None = None
) -> bytes:
    """A document as PDF; the same content always gives the same bytes."""
    return pdf_from_html(document_html(template, content, copy=copy), enclosure=enclosure)


def pdf_from_html(html: str, *, base: str = OUR_FILES, enclosure: Enclosure | None = None) -> bytes:
    """PDF/A-3u of a page, tagged, fonts embedded, in the same bytes for the same `html`.

    Title, language, author and time come from the page's head. A page with an element
    `id="end-of-roll"` is for a paper roll: one page as long as its content.
    """
    options = {
        "pdf_variant": "pdf/a-3u",
        "pdf_tags": True,
        "pdf_identifier": hashlib.sha256(html.encode()).digest()[:16],
    }
    # a font cut from a variable one is stamped with this time; the default is the wall clock
    os.environ["SOURCE_DATE_EPOCH"] = "0"
    weasyprint = _weasyprint()
    with _rendering:  # one at a time: a long document takes 100 MB, and Fontconfig is shared
        files = _our_files()
        page = weasyprint.HTML(string=html, base_url=base, url_fetcher=files)
        sheets = [weasyprint.CSS(url=f"{OUR_FILES}static/paged.css", url_fetcher=files)]
        document = page.render(**options, stylesheets=sheets)
        end = document.pages[0].anchors.get(_END_OF_ROLL)
        if end is not None:
            sheets.append(weasyprint.CSS(string=_roll(end[1])))
            document = page.render(**options, stylesheets=sheets)
        enclosed = {} if enclosure is None else _enclose(weasyprint, document, enclosure)
        pdf: bytes = document.write_pdf(**options, **enclosed)
    return pdf


def _enclose(weasyprint: Any, document: Any, enclosure: Enclosure) -> dict[str, Any]:
    """The options that put a file into a PDF; its metadata go into the one list that XMP allows."""
    made = document.metadata.generate_rdf_metadata
    end = b"</rdf:RDF>"
    document.metadata.generate_rdf_metadata = lambda *about: made(*about).replace(
        end, enclosure.metadata + end
    )
    moment = enclosure.made_at.astimezone(UTC)
    file = weasyprint.Attachment(
        file_obj=io.BytesIO(enclosure.data),
        name=enclosure.name,
        description=enclosure.description,
        created=moment,
        modified=moment,
        relationship="Alternative",
    )
    return {"attachments": [file]}


@cache
def _weasyprint() -> Any:
    """The PDF maker, loaded late: it takes 0.4 s, and few workers print."""
    engine = importlib.import_module("weasyprint")
    # it lets Pillow take torn pictures, for the whole process; uploads must go on refusing them
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    return engine


def _roll(end_px: float) -> str:
    """The sheet's size when the content ends `end_px` below its top edge."""
    length = math.ceil(end_px / _PX_PER_MM + _ROLL_MARGIN_MM)
    return f"@page roll {{ size: 80mm {length}mm !important }}"


def _our_files() -> Any:
    """A fetcher that answers `/static/…` from our folder and refuses every other address."""
    urls = importlib.import_module("weasyprint.urls")

    class OurFiles(urls.URLFetcher):  # type: ignore[misc, name-defined]
        def fetch(self, url: str, headers: object = None) -> Any:  # noqa: ARG002
            file = _static_file(url)
            return urls.URLFetcherResponse(
                url, file.read_bytes(), {"Content-Type": _MIME[file.suffix]}
            )

    return OurFiles()


def _static_file(url: str) -> Path:
    """The file behind an address of ours; ValueError for any other."""
    parts = urlsplit(url)
    file = (STATIC / unquote(parts.path).removeprefix("/static/")).resolve()
    ours = f"{parts.scheme}://{parts.netloc}/" == OUR_FILES and parts.path.startswith("/static/")
    if not ours or not file.is_relative_to(STATIC) or file.suffix not in _MIME:
        raise ValueError(f"documents load nothing from {url[:200]}")
    return file


def send_to_printer(target: str, data: bytes, *, timeout_s: float = 5.0) -> None:
    """Give bytes to a printer, whole or not at all as far as the way allows.

    Raises Refused for a `target` that `printer_address` refuses, Unavailable when the printer does
    not take the bytes within `timeout_s`; a network printer may then have printed a part.
    """
    address = printer_address(target)
    try:
        if isinstance(address, Path):
            _append(address, data, time.monotonic() + timeout_s)
        else:
            _send_by_network(address, data, timeout_s)
    except OSError as error:
        reason = error.strerror or str(error)
        raise Unavailable(
            msg(
                "The printer {target} does not take the print: {reason}",
                target=target,
                reason=reason,
            )
        ) from error


def printer_address(target: str) -> Path | tuple[str, int]:
    """What a printer's setting means, or Refused.

    `tcp://host:port` (9100 if no port is named) is a host and port; `file:///path` is a device or
    a spool file that is appended to.
    """
    try:
        parts = urlsplit(target)
        port = parts.port or _RAW_PORT
    except ValueError:
        parts, port = urlsplit(""), 0
    if parts.scheme == "tcp" and parts.hostname:
        return parts.hostname, port
    path = unquote(parts.path)
    if parts.scheme == "file" and not parts.netloc and path.strip("/") and "\0" not in path:
        return Path(path)
    raise Refused(
        msg("“{target}” is not a printer. Write tcp://host:9100 or file:///path.", target=target)
    )


def _send_by_network(address: tuple[str, int], data: bytes, timeout_s: float) -> None:
    with socket.create_connection(address, timeout=timeout_s) as connection:
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)  # else a printer may drop the end when we close


def _append(path: Path, data: bytes, deadline: float) -> None:
    """Append under a lock, so that two tills' slips are never mixed; a torn one is taken back."""
    # not blocking: a pipe that nobody reads must not hold the till
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NONBLOCK | os.O_CLOEXEC
    file = os.open(path, flags, 0o600)
    try:
        _lock(file, deadline)
        before = os.fstat(file)
        try:
            _write_all(file, data, deadline)
        except OSError:
            if stat.S_ISREG(before.st_mode):
                os.ftruncate(file, before.st_size)
            raise
    finally:
        os.close(file)


def _lock(file: int, deadline: float) -> None:
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)
        else:
            return


def _write_all(file: int, data: bytes, deadline: float) -> None:
    rest = memoryview(data)
    while rest:
        _, ready, _ = select.select([], [file], [], max(deadline - time.monotonic(), 0))
        if not ready:
            raise TimeoutError(errno.ETIMEDOUT, os.strerror(errno.ETIMEDOUT))
        try:
            rest = rest[os.write(file, rest) :]
        except BlockingIOError:
            continue
