"""Fixed-width lines: Chinese letters take two columns, and words stay whole where they can."""

import unicodedata

_WIDE = {"W", "F"}  # Unicode's East Asian Width


def width(text: str) -> int:
    """Columns that `text` takes."""
    return sum(_letter_width(letter) for letter in text)


def padded(left: str, right: str, columns: int) -> str:
    """`left` and `right` at the two ends of a line, at least one space between them."""
    if not right:
        return left
    return left + " " * max(columns - width(left) - width(right), 1) + right


def wrapped(text: str, columns: int) -> list[str]:
    """Lines of at most `columns`, broken between words, between Chinese letters, else anywhere."""
    lines = []
    for paragraph in text.split("\n"):
        line = ""
        for piece in _pieces(paragraph, columns):
            if line and width(line + piece.rstrip()) > columns:
                lines.append(line.rstrip())
                line = ""
            line += piece if line else piece.lstrip()
        lines.append(line.rstrip())
    return lines


def _letter_width(letter: str) -> int:
    if unicodedata.combining(letter):
        return 0
    return 2 if unicodedata.east_asian_width(letter) in _WIDE else 1


def _pieces(text: str, columns: int) -> list[str]:
    """What may not be torn: words with the space after them, single Chinese letters."""
    pieces = [""]
    for letter in text:
        last = pieces[-1]
        starts_anew = (
            _letter_width(letter) > 1
            or (last and _letter_width(last[-1]) > 1)
            or (last.endswith(" ") and letter != " ")
            or width(last + letter) > columns
        )
        if starts_anew and not _clings(letter):
            pieces.append(letter)
        else:
            pieces[-1] += letter
    return pieces


def _clings(letter: str) -> bool:
    """Signs that never begin a line."""
    return letter in ",.;:!?)]%，。；：！？）】、" or bool(unicodedata.combining(letter))
