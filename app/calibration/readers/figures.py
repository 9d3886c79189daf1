"""Figures of tables: with the decimal mark that was declared, and no other."""

from app.calibration.readers.findings import read_number
from app.kernel.errors import Refused
from app.kernel.text import Text, msg

DECIMALS: dict[str, Text] = {".": msg("point"), ",": msg("comma")}


def read_figure(written: str, *, decimal: str) -> float:
    """A finite number with that decimal mark; Refused for the other one, and so for grouping."""
    said = written.strip()
    if not said:
        raise Refused(msg("A figure is missing."))
    other = "." if decimal == "," else ","
    if other in said:
        raise Refused(
            msg(
                "“{said}” has a {other}, but the decimal mark was said to be a {mark}.",
                said=said[:40],
                other=DECIMALS[other],
                mark=DECIMALS[decimal],
            )
        )
    return read_number(said.replace(decimal, ".") if decimal != "." else said)
