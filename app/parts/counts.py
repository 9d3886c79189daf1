"""Stocktakes: begun over bins, counted blind, looked at by somebody else, booked or given up.

Nothing stands still meanwhile: each line keeps what the ledger said when it was counted, and only
the difference to that is booked.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session, joinedload

from app.kernel import audit, clock, numbers, words
from app.kernel.actor import Actor
from app.kernel.errors import Conflict, NotFound, Refused
from app.kernel.money import Money
from app.kernel.searchkeys import clean, search_key
from app.kernel.text import Text, msg
from app.parts import differences, places, stock
from app.parts.count_models import CountLine, CountPlace, CountState, StockCount
from app.parts.countstates import COUNT_MOVES
from app.parts.differences import Difference
from app.parts.models import BOUNDED, VALUED, Balance, Place, PlaceKind
from app.parts.moves import Move
from app.robots import components
from app.robots.bodyplan import SlotClass
from app.robots.slot_models import Component

MOST_PLACES = 500
_LONGEST_TITLE = 200
COUNTED_KINDS = VALUED


@dataclass(frozen=True, slots=True)
class Spot:
    """A bin of a stocktake, and how many lines were counted in it in this round."""

    row: CountPlace
    place: Place
    lines: int


def label_of(count: StockCount) -> str:
    """`C-12`, as people say it."""
    return f"C-{count.number}"


def page_of(count: StockCount) -> str:
    return f"/parts/counts/{count.number}"


def start(
    session: Session, actor: Actor, *, place_ids: Collection[int], title: str = ""
) -> StockCount:
    """Begin a stocktake of these places; a room stands for the bins in it.

    Raises Conflict for a bin that another stocktake is counting.
    """
    actor.require("stock.count")
    title = words.fitting(title, most=_LONGEST_TITLE, field="title")
    chosen = _counted_places(session, actor, place_ids)
    _require_uncounted(session, chosen)
    count = StockCount(
        store_id=actor.store_id,
        number=numbers.allot(session, store_id=actor.store_id, series="count"),
        title=title,
        started_at=clock.now(),
        started_by=actor.name,
    )
    session.add(count)
    session.flush()
    session.add_all(
        CountPlace(store_id=actor.store_id, count_id=count.id, place_id=place.id)
        for place in chosen
    )
    session.flush()
    audit.record(
        session,
        actor,
        "count.started",
        subject=f"count:{count.number}",
        after={"places": [place.code or place.name for place in chosen], "title": title},
    )
    return count


def by_number(session: Session, actor: Actor, number: int) -> StockCount:
    count = session.scalar(
        select(StockCount).where(StockCount.store_id == actor.store_id, StockCount.number == number)
    )
    if count is None:
        raise NotFound(msg("There is no stocktake {number}.", number=number))
    return count


def spots(session: Session, count: StockCount) -> list[Spot]:
    """The count's bins by code, in one statement."""
    lines = (
        select(func.count())
        .where(CountLine.count_place_id == CountPlace.id, CountLine.round == CountPlace.round)
        .scalar_subquery()
    )
    rows = session.execute(
        select(CountPlace, Place, lines)
        .join(Place, Place.id == CountPlace.place_id)
        .where(CountPlace.count_id == count.id)
        .order_by(Place.code_key, Place.name, Place.id)
    )
    return [Spot(row, place, int(number)) for row, place, number in rows]


def spot_of(session: Session, count: StockCount, place_id: int) -> CountPlace:
    """One bin of a stocktake, its place loaded; raises NotFound for a bin of none."""
    row = session.scalar(
        select(CountPlace)
        .where(CountPlace.count_id == count.id, CountPlace.place_id == place_id)
        .options(joinedload(CountPlace.place))
    )
    if row is None:
        raise NotFound(msg("This bin is not part of the stocktake."), field="code")
    return row


def require_open(count: StockCount) -> None:
    """Raises WrongState for a stocktake that is over."""
    if count.state is not CountState.COUNTING:
        COUNT_MOVES.check(count.state, CountState.BOOKED)


def again(session: Session, actor: Actor, count: StockCount, place_id: int) -> CountPlace:
    """Have a bin counted once more from the start; what was counted before stays on record."""
    actor.require("stock.count")
    require_open(count)
    spot = spot_of(session, count, place_id)
    spot.round += 1
    spot.finished_at, spot.finished_by = None, ""
    session.flush()
    audit.record(
        session,
        actor,
        "count.again",
        subject=f"count:{count.number}",
        after={"place": spot.place.code or spot.place.name, "round": spot.round},
    )
    return spot


def cancel(session: Session, actor: Actor, count: StockCount, *, reason: str) -> None:
    """Give a stocktake up: nothing is booked, its bins are free for another one."""
    actor.require("stock.count")
    reason = clean(reason)
    if not 1 <= len(reason) <= _LONGEST_TITLE:
        raise Refused(msg("Say why the stocktake is given up."), field="reason")
    _end(session, actor, count, CountState.CANCELLED, reason=reason)
    audit.record(session, actor, "count.cancelled", subject=f"count:{count.number}", reason=reason)


def approve(session: Session, actor: Actor, count: StockCount, *, note: str = "") -> None:
    """Book what differs and end the stocktake.

    Raises Conflict while a bin is not counted to its end, or has to be counted again.
    """
    actor.require("stock.approve")
    require_open(count)
    note = words.fitting(note, most=_LONGEST_TITLE, field="note")
    unfinished = [spot for spot in spots(session, count) if spot.row.finished_at is None]
    if unfinished:
        raise Conflict(
            msg(
                "Not counted to the end: {places}.",
                places=_named([spot.place for spot in unfinished]),
            ),
            link=page_of(count),
        )
    found = differences.of(session, actor, count)
    unsure = [each.place for each in found if each.line.moved]
    if unsure:
        raise Conflict(
            msg(
                "Pieces came or went while these were counted. Count again: {places}.",
                places=_named(unsure),
            ),
            link=page_of(count),
        )
    booked = _book(session, actor, count, found)
    totals = differences.totals(booked, differences.currency_of(session, actor))
    count.found_minor, count.missing_minor = totals.found.minor, totals.missing.minor
    _end(session, actor, count, CountState.BOOKED, reason=note)
    audit.record(
        session,
        actor,
        "count.booked",
        subject=f"count:{count.number}",
        after={
            "differences": len(found),
            "found": totals.found,
            "missing": totals.missing,
        },
        reason=note or None,
    )


def _counted_places(session: Session, actor: Actor, place_ids: Collection[int]) -> Sequence[Place]:
    wanted = sorted(set(place_ids))
    if not 1 <= len(wanted) <= MOST_PLACES:
        raise Refused(
            msg("Choose between 1 and {most} bins to count.", most=MOST_PLACES), field="places"
        )
    chosen = {
        place.id: place
        for place in session.scalars(
            select(Place).where(
                Place.store_id == actor.store_id,
                Place.archived.is_(False),
                (Place.id.in_(wanted)) | (Place.parent_id.in_(wanted)),
            )
        )
    }
    if not chosen.keys() >= set(wanted):
        raise NotFound(msg("There is no such place."), field="places")
    counted = [place for place in chosen.values() if place.kind in COUNTED_KINDS]
    if not counted:
        raise Refused(msg("There is nothing to count in these places."), field="places")
    if len(counted) > MOST_PLACES:
        raise Refused(
            msg("Choose between 1 and {most} bins to count.", most=MOST_PLACES), field="places"
        )
    return sorted(counted, key=lambda place: (place.code_key, place.name))


def _require_uncounted(session: Session, chosen: Sequence[Place]) -> None:
    taken = session.execute(
        select(Place, StockCount)
        .join(CountPlace, CountPlace.place_id == Place.id)
        .join(StockCount, StockCount.id == CountPlace.count_id)
        .where(CountPlace.is_live.is_(True), Place.id.in_([place.id for place in chosen]))
        .limit(1)
    ).first()
    if taken is not None:
        place, count = taken
        raise Conflict(
            msg(
                "{place} is being counted in stocktake {count}.",
                place=places.label_of(place),
                count=label_of(count),
            ),
            field="places",
            link=page_of(count),
        )


def _end(
    session: Session, actor: Actor, count: StockCount, state: CountState, *, reason: str
) -> None:
    count.state = COUNT_MOVES.check(count.state, state)
    count.ended_at, count.ended_by, count.reason = clock.now(), actor.name, reason
    session.execute(update(CountPlace).where(CountPlace.count_id == count.id).values(is_live=False))
    session.flush()


def _book(
    session: Session, actor: Actor, count: StockCount, found: Sequence[Difference]
) -> list[Difference]:
    """Through the ledger; each line keeps what its difference was worth there."""
    outside = places.standard(session, actor.store_id, PlaceKind.COUNT)
    here = _whereabouts(session, found)
    carried = {
        each.line.component_id for each in found if each.difference > 0 and each.line.component_id
    }
    booked: list[tuple[Difference, Move]] = []
    for each in sorted(found, key=lambda one: one.difference < 0):
        each.line.booked_minor = 0
        component = _component(session, actor, each)
        if component is None:
            booked.append((each, _pieces_moved(each, outside)))
        elif each.difference > 0:
            start = _taken_from(each, here.get(component.id)) or outside
            booked.append((each, Move(each.part.id, 1, start, each.place, component=component)))
        elif component.id not in carried and here.get(component.id) is each.place:
            # still here as far as the ledger knows; else somebody has found and moved it
            booked.append((each, Move(each.part.id, 1, each.place, outside, component=component)))
    if booked:
        movements = stock.book(
            session,
            actor,
            [move for _, move in booked],
            reason=f"Stocktake {label_of(count)}",
            reference=f"count:{count.number}",
        )
        for (each, _), movement in zip(booked, movements, strict=True):
            each.line.booked_minor = movement.value_change
    return [
        replace(each, value=Money(each.line.booked_minor or 0, each.value.currency))
        for each in found
    ]


def _pieces_moved(each: Difference, difference_place: Place) -> Move:
    start, end = (
        (difference_place, each.place) if each.difference > 0 else (each.place, difference_place)
    )
    return Move(
        each.part.id,
        abs(each.difference),
        start,
        end,
        lot=each.line.lot,
        value=Money(abs(each.value.minor), each.value.currency),
    )


def _taken_from(each: Difference, here: Place | None) -> Place | None:
    """Where the ledger has a serial that was found elsewhere; None for nowhere in the house."""
    if here is not None and here.kind is PlaceKind.ROBOT:
        raise Conflict(
            msg(
                "{serial} lies in {place}, but sits in a robot as far as anybody knows. "
                "Take it out there first.",
                serial=each.line.serial,
                place=places.label_of(each.place),
            )
        )
    return here


def _whereabouts(session: Session, found: Sequence[Difference]) -> dict[int, Place]:
    """Where components are now that were found or missed, by id."""
    ids = {each.line.component_id for each in found if each.line.component_id is not None}
    if not ids:
        return {}
    rows = session.execute(
        select(Balance.component_id, Place)
        .join(Place, Place.id == Balance.place_id)
        .where(Balance.component_id.in_(ids), Balance.quantity > 0, Place.kind.in_(BOUNDED))
    )
    return {component_id: place for component_id, place in rows if component_id is not None}


def _component(session: Session, actor: Actor, each: Difference) -> Component | None:
    """The component of a line with a serial; one that nobody knew is entered now."""
    if not each.line.serial_key:
        return None
    if each.line.component_id is not None:
        return session.get_one(Component, each.line.component_id)
    identity = components.Identity(
        serial=each.line.serial,
        slot_class=each.part.slot_class or SlotClass.OTHER,
        part_number=each.part.number,
        maker_id=each.part.maker_id,
        name=each.part.name,
    )
    made = components.new(actor.store_id, identity)
    known = components.in_series(session, [(made.series, search_key(made.serial))])
    if known:
        raise components.already_known(actor, next(iter(known.values())))
    session.add(made)
    session.flush()
    each.line.component_id = made.id
    return made


def _named(spots_: Sequence[Place]) -> str:
    return ", ".join(dict.fromkeys(str(places.label_of(place)) for place in spots_))


def state_label(count: StockCount, *, is_counted: bool) -> Text:
    """What a stocktake waits for, in a word or two."""
    if count.state is CountState.COUNTING and is_counted:
        return msg("To be approved")
    return COUNT_MOVES.labels[count.state]
