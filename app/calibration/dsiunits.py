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
