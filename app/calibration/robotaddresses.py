"""Where the pages of a robot's calibrations are."""

from urllib.parse import quote, urlencode


def robot_page(serial: str, *, maker: str = "") -> str:
    """What holds, what is due, what has to pass."""
    return _below(serial, "", maker=maker)


def plan_page(serial: str, *, maker: str = "") -> str:
    return _below(serial, "/plan", maker=maker)


def waive_page(serial: str, demand_id: int, *, maker: str = "") -> str:
    return _below(serial, f"/demands/{demand_id}/waive", maker=maker)


def recalibration_page(serial: str, slot: str, *, maker: str = "", step: str = "") -> str:
    """The short way after an actuator was swapped; with a step, where that is sent to."""
    below = f"/recalibrate/{step}" if step else "/recalibrate"
    return _below(serial, below, maker=maker, slot=slot)


def _below(serial: str, path: str, *, maker: str, **query: str) -> str:
    asked = {"maker": maker, **query}
    start = f"/calibration/robots/{quote(serial, safe='')}{path}"
    if "/" in serial or serial in {"unit", ".", ".."}:
        # a serial that browsers or routes would read as something else
        start, asked = f"/calibration/robots/unit{path}", {"serial": serial, **asked}
    filled = urlencode({name: value for name, value in asked.items() if value})
    return f"{start}?{filled}" if filled else start
