"""CSV in the encodings of the trade: found by its bytes, or read as somebody says."""

import pytest

from app.kernel import csvreading
from app.kernel.errors import Refused

GERMAN = "Größe;Maß;Übergröße\nöß;Prüfgerät für Füße\n"
CHINESE = "名称;说明\n膝关节执行器;左侧，第二版\n"


@pytest.mark.parametrize(
    ("data", "name", "text"),
    [
        (GERMAN.encode(), "UTF-8", GERMAN),
        (GERMAN.encode("utf-8-sig"), "UTF-8", GERMAN),
        (GERMAN.encode("utf-16"), "UTF-16", GERMAN),
        (GERMAN.encode("cp1252"), "Windows-1252", GERMAN),
        ("Preis\n5 €\n".encode("cp1252"), "Windows-1252", "Preis\n5 €\n"),
        (CHINESE.encode("gb18030"), "GB18030", CHINESE),
        (b"plain;text\n", "UTF-8", "plain;text\n"),
    ],
)
def test_an_encoding_is_found_by_its_bytes(data: bytes, name: str, text: str) -> None:
    assert csvreading.decoded(data) == (text, name)


def test_an_encoding_that_is_said_is_taken_at_its_word() -> None:
    assert csvreading.decoded(GERMAN.encode("cp1252"), "Windows-1252")[0] == GERMAN
    with pytest.raises(Refused, match="not a text file"):
        csvreading.decoded(GERMAN.encode("cp1252"), "UTF-8")


@pytest.mark.parametrize("data", [b"\x00\x01", b"\xff\xff\xff", b"\x81\x8d\x90"])
def test_what_is_no_text_is_refused(data: bytes) -> None:
    with pytest.raises(Refused, match="not a text file"):
        csvreading.decoded(data)


@pytest.mark.parametrize(
    ("text", "separator"),
    [("a;b\n1,5;2", ";"), ("a,b\n1;2,3", ","), ("a\tb\n1\t2", "\t"), ("sep=;\na,x;b\n", ";")],
)
def test_a_separator_is_what_parts_the_titles(text: str, separator: str) -> None:
    found = csvreading.separator_of(text, lambda titles: sum(one in "ab" for one in titles))

    assert found == separator


def test_quotes_that_do_not_fit_name_their_row() -> None:
    with pytest.raises(Refused, match="Row 2"):
        list(csvreading.records('a;b\n"1;2\n', ";"))
