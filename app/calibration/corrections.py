"""What a further certificate says otherwise: texts around what was measured, never that itself."""

from dataclasses import dataclass, replace

from app.calibration.snapshot import Snapshot
from app.kernel import words
from app.kernel.errors import Refused
from app.kernel.text import msg

_LONGEST = 2_000


@dataclass(frozen=True, slots=True)
class Correction:
    """Texts that a further certificate says otherwise; None: as before."""

    customer_name: str | None = None
    customer_address: str | None = None
    condition: str | None = None
    deviations: str | None = None
    place: str | None = None


def corrected(shot: Snapshot, said: Correction) -> Snapshot:
    customer = shot.customer
    if said.customer_name is not None:
        customer = replace(customer, name=_text(said.customer_name) or customer.name)
    if said.customer_address is not None:
        lines = tuple(filter(None, map(_text, said.customer_address.splitlines())))
        customer = replace(customer, address=lines)
    item, around = shot.item, shot.surroundings
    if said.condition is not None:
        item = replace(item, condition=_text(said.condition))
    if said.place is not None:
        around = replace(around, place=_text(said.place))
    deviations = shot.deviations if said.deviations is None else _text(said.deviations)
    return replace(shot, customer=customer, item=item, surroundings=around, deviations=deviations)


def _text(typed: str) -> str:
    return words.fitting(typed, most=_LONGEST, field="reason")


def needed(reason: str) -> str:
    why = _text(reason)
    if not why:
        raise Refused(msg("Say why."), field="reason")
    return why
