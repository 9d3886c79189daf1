r"""Units of digital certificates (`\milli\metre`, `\newton\metre\per\second`) as data sheets do."""

import re

_UNITS = {
    "metre": "m",
    "gram": "g",
    "kilogram": "kg",
    "second": "s",
    "minute": "min",
    "hour": "h",
    "ampere": "A",
    "kelvin": "K",
    "degreecelsius": "°C",
    "radian": "rad",
    "degree": "deg",
    "hertz": "Hz",
    "newton": "N",
    "pascal": "Pa",
    "joule": "J",
    "watt": "W",
    "volt": "V",
    "ohm": "\u03a9",
    "percent": "%",
    "ppm": "ppm",
    "one": "1",
}
_PREFIXES = {"micro": "\u00b5", "milli": "m", "kilo": "k"}
_TOKEN = re.compile(r"\\([a-z]+)(?:\{(-?\d)\})?")
LONGEST = 32


def read_unit(text: str) -> str:
    """As the house writes it; a unit that it does not know stays as it was written."""
    written = "".join(text.split())
    parts: list[tuple[str, int]] = []
    prefix, power, end = "", 1, 0
    for token in _TOKEN.finditer(written):
        word, exponent = token[1], token[2]
        if token.start() != end:
            return written[:LONGEST]
        end = token.end()
        if word == "per":
            power = -1
        elif word == "tothe" and parts and exponent:
            parts[-1] = (parts[-1][0], parts[-1][1] * int(exponent))
        elif word in _PREFIXES and not prefix:
            prefix = _PREFIXES[word]
        elif word in _UNITS:
            parts.append((prefix + _UNITS[word], power))
            prefix, power = "", 1
        else:
            return written[:LONGEST]
    if end != len(written) or prefix or not parts:
        return written[:LONGEST]
    return "·".join(name if power == 1 else f"{name}^{power}" for name, power in parts)[:LONGEST]


_NAMES = {short: name for name, short in _UNITS.items()} | {"\u03a9": "ohm", "min": "minute"}
_SHORT_PREFIXES = {"\u00b5": "micro", "\u03bc": "micro", "m": "milli", "k": "kilo"}
_FACTOR = re.compile(r"^(?P<name>[^\^]+?)(?:\^(?P<power>-?\d))?$")
# What the SI has no unit for: pixels are counted.
_COUNTED = {"px", "1", ""}


def write_unit(text: str) -> str:
    """A unit of the house in the writing of digital certificates; `px` and none are `\\one`."""
    above, _, below = text.partition("/")
    terms = [(one, 1) for one in above.split("·")]
    terms += [(one, -1) for one in below.split("·") if below]
    return "".join(_term(name, sign) for name, sign in terms) or r"\one"


def _term(text: str, sign: int) -> str:
    found = _FACTOR.match(text.strip())
    name, power = (found["name"], int(found["power"] or 1)) if found else ("", 1)
    if name in _COUNTED:
        return r"\one" if sign * power == 1 else r"\per\one"
    prefix = ""
    if name not in _NAMES and name[:1] in _SHORT_PREFIXES and name[1:] in _NAMES:
        prefix, name = f"\\{_SHORT_PREFIXES[name[0]]}", name[1:]
    if name not in _NAMES:
        return rf"\{re.sub(r'[^a-z]', '', name.lower()) or 'one'}"
    exponent = sign * power
    per = r"\per" if exponent < 0 else ""
    raised = rf"\tothe{{{abs(exponent)}}}" if abs(exponent) != 1 else ""
    return rf"{per}{prefix}\{_NAMES[name]}{raised}"
