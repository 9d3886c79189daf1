"""One arriving robot, as a delivery note or a program names it: from text to typed facts."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from app.kernel.errors import Refused
from app.kernel.money import Money, parse_money
from app.kernel.searchkeys import clean, folded, search_key
from app.kernel.text import Text, msg
from app.robots.deliverynotes import READ_OFF
from app.robots.serials import read_serial
from app.robots.touches import UNREAD, Touch, read_touch
from app.web.forms import Reading

_LONGEST_VERSION = 64
_LONGEST_POSITION = 100
Component = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Arrival:
    """`components` are pairs of position and serial number; `cost` is what the store paid.

    `touch` is what was read off it, but for its firmware, which has a field of its own.
    A field that could not be read is empty, and `problems` has its sentence.
    """

    maker: str
    model: str
    serial: str
    hardware_revision: str
    firmware: str
    cost: Money
    components: tuple[Component, ...]
    touch: Touch
    problems: Mapping[str, Text]

    @property
    def identity(self) -> tuple[str, str]:
        """The same for the same robot, in whatever writing."""
        return folded(self.maker), search_key(self.serial)


def read_arrival(
    *,
    maker: str,
    model: str,
    serial: str,
    hardware_revision: str = "",
    firmware: str = "",
    cost: Money,
    components: Iterable[Component] = (),
    touch: Touch = UNREAD,
    seen: Reading | None = None,
) -> Arrival:
    """The facts of one robot; `seen` brings problems that the caller has found already."""
    seen = seen or Reading()
    if cost.minor < 0:
        seen.refuse("cost", msg("A cost is not negative."))
    none: tuple[Component, ...] = ()
    return Arrival(
        maker=seen.text("maker", maker, required=True),
        model=seen.text("model", model, required=True),
        serial=seen.take("serial", lambda: read_serial(serial), ""),
        hardware_revision=seen.text("hardware_revision", hardware_revision, most=_LONGEST_VERSION),
        firmware=seen.text("firmware", firmware, most=_LONGEST_VERSION),
        cost=cost,
        components=seen.take("component_serials", lambda: _read_components(components), none),
        touch=touch,
        problems=seen.problems,
    )


def from_cells(cells: Mapping[str, str], *, currency: str) -> Arrival:
    """The robot of one row of a delivery note."""
    seen = Reading()
    free = Money(0, currency)
    written = cells["cost"]
    cost = free
    if clean(written):
        cost = seen.take("cost", lambda: parse_money(written, currency, field="cost"), free)
    none: list[Component] = []
    components = seen.take("component_serials", lambda: _pairs(cells["component_serials"]), none)
    return read_arrival(
        maker=cells["maker"],
        model=cells["model"],
        serial=cells["serial"],
        hardware_revision=cells["hardware_revision"],
        firmware=cells["firmware"],
        cost=cost,
        components=components,
        touch=read_touch({name: cells[name] for name in READ_OFF}, seen),
        seen=seen,
    )


def _pairs(text: str) -> list[Component]:
    """`left_knee=AK-1 | battery=B-7` as pairs of position and serial."""
    pairs = []
    for written in filter(clean, text.split("|")):
        position, equals, serial = written.partition("=")
        if not equals:
            raise Refused(
                msg("“{pair}” is not position=serial.", pair=clean(written)[:100]),
                field="component_serials",
            )
        pairs.append((position, serial))
    return pairs


def _read_components(pairs: Iterable[Component]) -> tuple[Component, ...]:
    read: dict[str, str] = {}
    for written, serial in pairs:
        position = clean(written)
        if not 1 <= len(position) <= _LONGEST_POSITION:
            raise Refused(
                msg("A component's position has 1 to {most} characters.", most=_LONGEST_POSITION),
                field="component_serials",
            )
        if position in read:
            raise Refused(
                msg("Two components stand at {position}.", position=position),
                field="component_serials",
            )
        read[position] = read_serial(serial, field="component_serials")
    return tuple(read.items())
