"""What a scanner reads: GS1 codes taken apart, symbology prefixes taken off."""

import re

GS = "\x1d"
_AIM = re.compile(r"^\][A-Za-z][0-9A-Za-z]")
_BRACKETED = re.compile(r"\((01|10|21|17|11)\)([^(]+)")
_FIXED = {"01": 14, "11": 6, "17": 6}


def without_prefix(raw: str) -> str:
    """A scan without what frames it and without the prefix that names its symbology."""
    return _AIM.sub("", raw.strip(" \t\r\n\x04\x1e"))


def gs1(text: str) -> dict[str, str]:
    """Application identifiers 01, 10, 11, 17, 21 of a GS1 code (General Specifications, 3)."""
    bracketed = dict(_BRACKETED.findall(text))
    if bracketed:
        return {identifier: value.strip(GS + " ") for identifier, value in bracketed.items()}
    rest = text.lstrip(GS)
    if not (rest.startswith("01") and len(rest) > 16 and rest[2:16].isdigit()):  # noqa: PLR2004
        return {}
    found: dict[str, str] = {}
    while len(rest) > 2:  # noqa: PLR2004 - an identifier is two digits
        identifier, rest = rest[:2], rest[2:]
        if identifier in _FIXED:
            found[identifier], rest = rest[: _FIXED[identifier]], rest[_FIXED[identifier] :]
        elif identifier in {"10", "21"}:
            found[identifier], _, rest = rest.partition(GS)
        else:
            return {}
        rest = rest.lstrip(GS)
    return found
