"""What every page of one robot shares: which robot is meant, its head, its tabs."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from app.kernel.actor import Actor
from app.kernel.money import Money
from app.kernel.text import Text, msg
from app.robots import addresses, callouts, concerned, counters, makers, queries, tabs
from app.robots.counters import Standing
from app.robots.queries import RobotRow
from app.robots.slot_models import Counter
from app.robots.states import CUSTODY_LABELS, HOLDING_LABELS

# The last word of a tab's address, and what is written on it.
TABS: tuple[tuple[str, Text], ...] = (
    ("", msg("Overview")),
    ("timeline", msg("Timeline")),
    ("owners", msg("Owners")),
    ("parts", msg("Parts fitted")),
    ("counters", msg("Counters")),
    ("firmware", msg("Versions")),
    ("warranty", msg("Warranty")),
    ("bulletins", msg("Bulletins")),
    ("documents", msg("Documents")),
)


def asked_robot(session: Session, actor: Actor, serial: str, maker: str) -> RobotRow:
    """The robot that an address names.

    Raises NotFound, or SharedSerial where two makers gave the serial and none is named.
    """
    actor.require("robots.view")
    maker_id = makers.maker_called(session, maker).id if maker else None
    return queries.called(session, actor, serial, maker_id=maker_id)


def frame(session: Session, actor: Actor, row: RobotRow, *, maker: str, tab: str) -> dict[str, Any]:
    """What `robots/passport.html` shows around a tab; `maker` as the address named it."""
    unit = row.unit
    standings = counters.latest(session, unit.id)
    concerns = concerned.of_unit(session, unit)
    return {
        "row": row,
        "unit": unit,
        "standings": standings,
        "hours": _hours(standings),
        "concerns": concerns,
        "callouts": callouts.of_unit(session, actor, unit),
        "open_bulletins": concerned.calling(concerns),
        "bulletins_page": addresses.page_below(unit.serial, "bulletins", maker=maker),
        "here": addresses.page_below(unit.serial, *([tab] if tab else []), maker=maker),
        "tabs": [
            {
                "href": addresses.page_below(unit.serial, *([word] if word else []), maker=maker),
                "label": label,
                "current": word == tab,
            }
            for word, label in TABS
        ]
        + [
            {"href": tab.address(unit.serial, maker=maker), "label": tab.label, "current": False}
            for tab in tabs.listed()
        ],
        "inspection": addresses.inspection_page(unit.serial, maker=maker),
        "label_page": addresses.page_below(unit.serial, "label", maker=maker),
        "passport_pdf": addresses.page_below(unit.serial, "passport.pdf", maker=maker),
        "passport_json": addresses.page_below(unit.serial, "passport.json", maker=maker),
        "holder_page": addresses.owner_page(row.claim.owner) if row.claim else "",
        "holding": HOLDING_LABELS[unit.holding],
        "custody": CUSTODY_LABELS[unit.custody],
        "cost": _cost(actor, row),
    }


def _hours(standings: Mapping[Counter, Standing]) -> int | None:
    """Whole operating hours over all meters."""
    standing = standings.get(Counter.HOURS)
    return standing.total // counters.SECONDS_PER_HOUR if standing else None


def _cost(actor: Actor, row: RobotRow) -> Money | None:
    """What the store paid for a robot of its own: for those who may change the record."""
    if row.owner_number is not None or not actor.may("robots.edit"):
        return None
    return Money(row.unit.cost_minor, row.unit.currency)
