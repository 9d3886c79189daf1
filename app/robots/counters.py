"""What robots count: hours, steps, falls, cycles. Readings are kept for ever and never fall.

A meter that begins anew is exchanged on record; totals run over all meters. Hours are counted in
seconds, all others in ones.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel import audit, events, words
from app.kernel.actor import Actor
from app.kernel.errors import Conflict, Refused
from app.kernel.searchkeys import clean, search_key
from app.kernel.text import Text, msg
from app.robots import addresses, timeline
from app.robots.events import CounterRead
from app.robots.meters import Bound, Meters, neighbours, of_meter
from app.robots.models import Unit
from app.robots.moments import moment_of
from app.robots.slot_models import Counter, CounterReading, MeterExchange

SECONDS_PER_HOUR = 3600
MOST = 10**15
COUNTER_LABELS: dict[Counter, Text] = {
    Counter.HOURS: msg("Operating hours"),
    Counter.STEPS: msg("Steps"),
    Counter.FALLS: msg("Falls"),
    Counter.CYCLES: msg("Charging cycles"),
}
_LONGEST_REFERENCE = 64
_LONGEST_REASON = 200
_WHOLE = re.compile(r"[0-9]{1,15}", re.ASCII)
_HOURS = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,2})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Standing:
    """What a counter shows, and what it stands for over all of the robot's meters."""

    counter: Counter
    meter: int
    value: int
    total: int
    at: datetime


class CounterFalls(Conflict):
    """The counter stood higher already; a meter exchange would explain it."""

    code = "counter_falls"


def read_count(counter: Counter, text: str, *, field: str) -> int:
    """A count as typed: hours with up to two decimals, in seconds; all others whole."""
    plain = search_key(text).replace(",", ".") if counter is Counter.HOURS else search_key(text)
    pattern = _HOURS if counter is Counter.HOURS else _WHOLE
    if not pattern.fullmatch(plain):
        raise Refused(msg("“{text}” is not a count like 3412.", text=clean(text)[:40]), field=field)
    return int(Decimal(plain) * SECONDS_PER_HOUR) if counter is Counter.HOURS else int(plain)


def shown(counter: Counter, value: int) -> Decimal | int:
    """A count in the unit that people read: hours, or ones."""
    return Decimal(value) / SECONDS_PER_HOUR if counter is Counter.HOURS else value


def read(
    session: Session,
    actor: Actor,
    unit: Unit,
    values: Mapping[Counter, int],
    *,
    at: datetime | None = None,
    reference: str = "",
) -> list[CounterReading]:
    """Keep what a robot's counters say, all or none; `at` may be before now.

    Raises CounterFalls when one of them stood higher before, or lower after, that moment.
    """
    actor.require("robots.report")
    return keep(session, actor, unit, values, at=at, reference=reference)


def keep(
    session: Session,
    actor: Actor,
    unit: Unit,
    values: Mapping[Counter, int],
    *,
    at: datetime | None = None,
    reference: str = "",
    prefix: str = "",
) -> list[CounterReading]:
    """The same as part of an act whose own permission was checked; fields begin with `prefix`."""
    if not values:
        raise Refused(msg("Please say what at least one counter shows."), field="counters")
    moment, said = moment_of(at), _reference(reference)
    meters = Meters(session, unit.id)
    before = neighbours(session, unit.id, moment, earlier=True)
    after = neighbours(session, unit.id, moment, earlier=False)
    kept: list[CounterReading] = []
    bounds: list[Bound | None] = []
    for counter, value in values.items():
        name = f"{prefix}{counter}"
        _check_range(counter, value, field=name)
        meter = meters.at(counter, moment)
        low = of_meter(before.get(counter), meter) or meters.first(counter, meter)
        high = of_meter(after.get(counter), meter) or meters.last(counter, meter)
        _check_order(unit, counter, value, low=low, high=high, field=name)
        kept.append(
            CounterReading(
                store_id=unit.store_id,
                unit_id=unit.id,
                counter=counter,
                meter=meter,
                value=value,
                at=moment,
                reference=said,
                by=actor.name,
            )
        )
        bounds.append(low)
    session.add_all(kept)
    session.flush()
    for row, low in zip(kept, bounds, strict=True):
        offset = meters.offset(row.counter, row.meter)
        _announce(session, actor, unit, row, low=low, offset=offset)
    audit.record(
        session,
        actor,
        "counters.read",
        subject=f"robot:{unit.serial}",
        after={"at": moment, **{str(row.counter): row.value for row in kept}},
        reason=said or None,
    )
    return kept


def exchange(
    session: Session,
    actor: Actor,
    unit: Unit,
    counter: Counter,
    *,
    last: int,
    first: int,
    reason: str,
    reference: str = "",
) -> MeterExchange:
    """A counter begins anew, now: it stood at `last` and goes on from `first`.

    Raises CounterFalls when `last` is less than what was read before.
    """
    actor.require("robots.record")
    why = clean(reason)
    if not 1 <= len(why) <= _LONGEST_REASON:
        raise Refused(msg("Please say why the meter began anew."), field="reason")
    _check_range(counter, last, field="last")
    _check_range(counter, first, field="first")
    moment = moment_of(None)
    meters = Meters(session, unit.id)
    meter = meters.at(counter, moment)
    seen = of_meter(neighbours(session, unit.id, moment, earlier=True).get(counter), meter)
    low = seen or meters.first(counter, meter)
    if low is not None and last < low.value:
        raise _falls(unit, counter, last, low, field="last")
    kept = MeterExchange(
        store_id=unit.store_id,
        unit_id=unit.id,
        counter=counter,
        meter=meter + 1,
        last=last,
        first=first,
        at=moment,
        reason=why,
        reference=_reference(reference),
        by=actor.name,
    )
    session.add(kept)
    session.flush()
    _note_exchange(session, actor, unit, kept)
    return kept


def latest(session: Session, unit_id: int) -> dict[Counter, Standing]:
    """What each counter showed last; a new meter that nobody has read yet shows its first value.

    Two statements.
    """
    meters = Meters(session, unit_id)
    newest = neighbours(session, unit_id, None, earlier=True)
    standings = {}
    for counter in Counter:
        row, start = newest.get(counter), meters.newest(counter)
        if start is not None and (row is None or row.meter < start.meter):
            total = start.first + meters.offset(counter, start.meter)
            standings[counter] = Standing(counter, start.meter, start.first, total, start.at)
        elif row is not None:
            total = row.value + meters.offset(counter, row.meter)
            standings[counter] = Standing(counter, row.meter, row.value, total, row.at)
    return standings


def history(
    session: Session, unit_id: int, counter: Counter, *, most: int
) -> list[tuple[CounterReading, int]]:
    """The newest readings of one counter with their totals, oldest first; two statements."""
    meters = Meters(session, unit_id)
    rows = session.scalars(
        select(CounterReading)
        .where(CounterReading.unit_id == unit_id, CounterReading.counter == counter)
        .order_by(CounterReading.at.desc(), CounterReading.id.desc())
        .limit(most)
    )
    found = [(row, row.value + meters.offset(counter, row.meter)) for row in rows]
    return list(reversed(found))


def _check_range(counter: Counter, value: int, *, field: str) -> None:
    if not 0 <= value <= MOST:
        raise Refused(
            msg("{counter} cannot be {value}.", counter=COUNTER_LABELS[counter], value=value),
            field=field,
        )


def _check_order(
    unit: Unit,
    counter: Counter,
    value: int,
    *,
    low: Bound | None,
    high: Bound | None,
    field: str,
) -> None:
    if low is not None and value < low.value:
        raise _falls(unit, counter, value, low, field=field)
    if high is not None and value > high.value:
        raise CounterFalls(
            msg(
                "{counter} stood at {stood} on {moment}, so it cannot have been {value} before.",
                counter=COUNTER_LABELS[counter],
                stood=shown(counter, high.value),
                moment=high.at,
                value=shown(counter, value),
            ),
            field=field,
        )


def _falls(unit: Unit, counter: Counter, value: int, low: Bound, *, field: str) -> CounterFalls:
    return CounterFalls(
        msg(
            "{counter} stood at {stood} on {moment}; {value} is less. "
            "If the meter began anew, record its exchange first.",
            counter=COUNTER_LABELS[counter],
            stood=shown(counter, low.value),
            moment=low.at,
            value=shown(counter, value),
        ),
        field=field,
        link=addresses.page_below(unit.serial, "counters"),
    )


def _reference(text: str) -> str:
    return words.fitting(text, most=_LONGEST_REFERENCE, field="reference")


def _announce(
    session: Session,
    actor: Actor,
    unit: Unit,
    row: CounterReading,
    *,
    low: Bound | None,
    offset: int,
) -> None:
    before, after = low.value + offset if low else None, row.value + offset
    if row.counter is Counter.FALLS and before is not None and after > before:
        timeline.note(
            session,
            unit.id,
            kind="fall",
            summary=msg("Falls: {before} → {after}", before=before, after=after),
            link=addresses.page_below(unit.serial, "counters"),
            actor_name=actor.name,
        )
    events.announce(
        session,
        CounterRead(
            actor=actor,
            store_id=unit.store_id,
            unit_id=unit.id,
            counter=row.counter,
            before=before,
            after=after,
            at=row.at,
        ),
    )


def _note_exchange(session: Session, actor: Actor, unit: Unit, kept: MeterExchange) -> None:
    timeline.note(
        session,
        unit.id,
        kind="counter",
        summary=msg(
            "{counter} began anew: {last} → {first} ({reason})",
            counter=COUNTER_LABELS[kept.counter],
            last=str(shown(kept.counter, kept.last)),
            first=str(shown(kept.counter, kept.first)),
            reason=kept.reason,
        ),
        link=addresses.page_below(unit.serial, "counters"),
        actor_name=actor.name,
    )
    audit.record(
        session,
        actor,
        "meter.exchanged",
        subject=f"robot:{unit.serial}",
        before={"counter": kept.counter, "value": kept.last},
        after={"counter": kept.counter, "value": kept.first},
        reason=kept.reason,
    )
