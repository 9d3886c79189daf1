"""How texts are compared: what is stored beside a serial, a name, a number, to find it again."""

import re
import unicodedata

_INNER_SPACE = re.compile(r"\s+")
_MINUS = "\N{MINUS SIGN}"
_NOT_DIGIT = re.compile(r"\D+")
# U+00DF and friends have no combining form; casefold already writes 'ss' for the sharp s.
_PLAIN = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "æ": "ae", "œ": "oe", "ı": "i"})


def clean(text: str) -> str:
    """What a person meant to type: no control characters (scanner GS, RS, EOT), no outer space."""
    if text.isprintable():  # nearly always; then no character needs a look of its own
        return text.strip()
    kept = "".join(
        character
        for character in text
        if unicodedata.category(character) not in {"Cc", "Cf", "Cs", "Co"} or character == "\n"
    )
    return kept.strip()


def search_key(text: str) -> str:
    """The key by which two writings of one serial or number are the same.

    Trimmed, NFKC (full-width `Ａ７` is `A7`), casefolded. Leading zeros and inner signs count:
    `007` and `7` are two serials.
    """
    return unicodedata.normalize("NFKC", clean(text)).casefold().strip()


def bare_key(text: str) -> str:
    """The key by which part numbers are the same: without case, and without dashes and spaces.

    `AK80-25`, `ak 80 25` and `AK80–25` are one number. One that is nothing but dashes keeps them.
    """
    key = search_key(text)
    bare = "".join(sign for sign in key if not _joins(sign))
    # what a space stood between may be one sign now: c and a cedilla
    return search_key(bare) or key


def _joins(sign: str) -> bool:
    return sign == _MINUS or unicodedata.category(sign) in {"Pd", "Zs"}


def folded(text: str) -> str:
    """The key for finding names: like `search_key`, without accents, one space between words."""
    decomposed = unicodedata.normalize("NFKD", search_key(text))
    bare = "".join(sign for sign in decomposed if not unicodedata.combining(sign))
    return _INNER_SPACE.sub(" ", unicodedata.normalize("NFC", bare).translate(_PLAIN)).strip()


def figures(text: str) -> str:
    """A number as typed, for strict parsers: full-width figures are figures, `²` and `①` are not.

    With one of those in it the text comes back as it is, and no parser takes it.
    """
    typed = clean(text)
    strange = any(unicodedata.category(sign) in {"No", "Nl"} for sign in typed)
    return typed if strange else search_key(typed)


def phone_key(text: str) -> str:
    """Digits only, international prefix dropped: `+49 (0)30 12-34` and `0049 30 1234` match."""
    digits = _NOT_DIGIT.sub("", text.replace("(0)", ""))
    return digits.removeprefix("00")


def like_pattern(text: str) -> str:
    r"""`text` as a literal inside LIKE with ESCAPE '\': per cent and underscore mean themselves."""
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"
