"""Files that people send: what is kept of them, and what is refused."""

from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from app.kernel.errors import NotFound, Refused, TooLarge, Unavailable
from app.kernel.filestore import FileStore
from app.kernel.uploads import JPEG, MOST_BYTES, PDF, PNG, read_document, read_picture

A_PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"
_ORIENTATION, _TURNED_RIGHT = 0x0112, 6


def a_picture(
    kind: str = "PNG", *, size: tuple[int, int] = (30, 20), mode: str = "RGB", **saved: object
) -> bytes:
    written = BytesIO()
    Image.new(mode, size, "red" if mode != "RGBA" else (255, 0, 0, 7)).save(written, kind, **saved)
    return written.getvalue()


def test_a_pdf_stays_as_it_is() -> None:
    kept = read_document(A_PDF)
    assert (kept.content, kept.media_type) == (A_PDF, PDF)


def test_of_a_picture_only_the_dots_are_kept() -> None:
    # given: a place, a turn, a profile, a text, and a second file behind the picture
    exif = Image.Exif()
    exif[_ORIENTATION] = _TURNED_RIGHT
    exif[0x010F] = "Spy camera"
    note = PngInfo()
    note.add_text("Comment", "secret")
    photo = a_picture("JPEG", exif=exif, icc_profile=b"profile-of-owner", comment="secret")
    drawing = a_picture("PNG", pnginfo=note, icc_profile=b"profile-of-owner")
    # when
    kept_photo = read_document(photo + b"<script>alert(1)</script>")
    kept_drawing = read_picture(drawing + b"PK\x03\x04")
    # then
    assert kept_photo.media_type == JPEG
    assert kept_drawing.media_type == PNG
    for kept in (kept_photo, kept_drawing):
        for word in (b"Spy", b"secret", b"profile-of-owner", b"script", b"PK\x03\x04"):
            assert word not in kept.content
    assert Image.open(BytesIO(kept_photo.content)).size == (20, 30)


def test_a_picture_keeps_its_transparency() -> None:
    kept = read_picture(a_picture(mode="RGBA"))
    assert Image.open(BytesIO(kept.content)).getpixel((0, 0)) == (255, 0, 0, 7)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "Please choose a file."),
        (b"MZ\x90\x00", "This is not a PDF, PNG or JPEG that can be read."),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "This is not a PDF, PNG or JPEG"),
        (b"GIF89a" + b"\0" * 50, "This is not a PDF, PNG or JPEG"),
        (a_picture()[:60], "This is not a PDF, PNG or JPEG"),
        (a_picture("JPEG")[:-200], "This is not a PDF, PNG or JPEG"),
        (A_PDF[:-6], "This PDF is not whole."),
        (b"<html>" + A_PDF, "This PDF is not whole."),
    ],
)
def test_what_is_no_document_is_refused(data: bytes, sentence: str) -> None:
    with pytest.raises(Refused, match=sentence):
        read_document(data)


def test_what_is_too_large_is_refused_before_it_is_decoded() -> None:
    with pytest.raises(TooLarge, match="at most 20 MB"):
        read_document(b"%PDF-" + b" " * MOST_BYTES)
    bomb = a_picture("PNG", size=(8000, 8000), mode="1")
    assert len(bomb) < 30_000
    with pytest.raises(TooLarge, match="at most 40 million dots"):
        read_document(bomb)


def test_a_file_is_kept_once_and_read_only_as_it_was(tmp_path: Path) -> None:
    # given
    files = FileStore(tmp_path / "files")
    sha256 = files.put(b"declaration")
    assert files.put(b"declaration") == sha256
    assert [path for path in (tmp_path / "files").rglob("*") if path.is_file()] == [
        files.path_of(sha256)
    ]
    # then
    assert files.get(sha256) == b"declaration"
    assert files.trouble_with(sha256) is None
    # when somebody changes it
    files.path_of(sha256).write_bytes(b"forged")
    # then
    assert files.trouble_with(sha256) == "changed"
    with pytest.raises(Unavailable):
        files.get(sha256)
    # when it is gone
    files.path_of(sha256).unlink()
    assert files.trouble_with(sha256) == "missing"
    with pytest.raises(NotFound):
        files.get(sha256)


def test_only_a_hash_names_a_file(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="SHA-256"):
        FileStore(tmp_path).get("../../etc/passwd")
