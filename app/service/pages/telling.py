"""How a ticket's story is said: one line for each thing that happened, newest first."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from app.kernel.text import Text, msg
from app.service.changes import FIELD_LABELS
from app.service.models import TicketChange
from app.service.states import STATE_LABELS, WAITING_LABELS, TicketState, WaitingReason

_LONGEST = 120


@dataclass(frozen=True, slots=True)
class Happening:
    at: datetime
    by: str
    said: Text
    why: str = ""
    tone: str = ""


def happenings(changes: Sequence[TicketChange], people: Mapping[int, str]) -> list[Happening]:
    """Every move, wait and edit."""
    return [_happening(change, people) for change in reversed(changes)]


def _happening(change: TicketChange, people: Mapping[int, str]) -> Happening:
    if change.to_state is not None:
        return Happening(
            change.at, change.by, STATE_LABELS[change.to_state], change.why, _tone(change.to_state)
        )
    after = json.loads(change.after)
    if "waiting" in after:
        reason = after["waiting"]
        if reason is None:
            return Happening(change.at, change.by, msg("Goes on"))
        said = msg("Waits for: {reason}", reason=WAITING_LABELS[WaitingReason(reason)])
        return Happening(change.at, change.by, said, change.why, "warn")
    told = [
        msg("{field}: {value}", field=FIELD_LABELS[name], value=shown_value(name, value, people))
        for name, value in after.items()
        if name in FIELD_LABELS
    ]
    if not told:
        return Happening(change.at, change.by, msg("Joined with an earlier ticket"), tone="warn")
    said = told[0]
    for more in told[1:]:
        said = msg("{before}; {more}", before=said, more=more)
    return Happening(change.at, change.by, said)


def news_since(
    changes: Sequence[TicketChange], people: Mapping[int, str], version: int
) -> Text | None:
    """The last thing that somebody did to a ticket after a version, in a sentence."""
    later = [change for change in changes if change.version > version]
    if not later:
        return None
    last = _happening(later[-1], people)
    return msg("{who} has changed this ticket: {what}", who=last.by, what=last.said)


def shown_value(name: str, value: object, people: Mapping[int, str]) -> object:
    """A field's value as people read it."""
    match name, value:
        case _, None | "":
            said: object = "–"
        case "technician_id", int():
            said = people.get(value, "–")
        case "customer_id", int():
            said = msg("another one")
        case "promised_at", str():
            said = datetime.fromisoformat(value)
        case "accessories", str():
            said = ", ".join(json.loads(value)) or "–"
        case "soc_percent", _:
            said = f"{value} %"
        case _, str() if len(value) > _LONGEST:
            said = value[: _LONGEST - 1] + "…"
        case _:
            said = value
    return said


def _tone(state: TicketState) -> str:
    if state in {TicketState.READY, TicketState.RETURNED, TicketState.CLOSED}:
        return "ok"
    return "warn" if state in {TicketState.DECLINED, TicketState.CANCELLED} else "info"
