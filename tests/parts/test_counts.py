"""Stocktakes: counted blind while pieces come and go; only what differs is booked."""

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.kernel.errors import Conflict, Forbidden, NotFound, Refused
from app.kernel.money import Money
from app.parts import (
    checks,
    count_checks,
    counting,
    counts,
    differences,
    places,
    reservations,
    stock,
)
from app.parts.count_models import CountEntry, CountLine, CountPlace, CountState, StockCount
from app.parts.counting import Counted, NextBin, Wanted
from app.parts.models import Balance, Place, PlaceKind
from app.parts.moves import Move
from app.robots import components
from tests.makers.store_room import StoreRoom, a_battery, a_store_room


@pytest.fixture
def room(session: Session) -> StoreRoom:
    return a_store_room(session)


@pytest.fixture
def count(session: Session, room: StoreRoom) -> StockCount:
    return counts.start(session, room.clerk, place_ids=[room.a1.id, room.a2.id])


def scan(
    session: Session, room: StoreRoom, count: StockCount, place: Place, *codes: str
) -> Counted | Wanted | NextBin:
    """Scan one after the other, each lot after its part; what the last one did."""
    spot = counts.spot_of(session, count, place.id)
    part_id = None
    seen: Counted | Wanted | NextBin = NextBin(place)
    for code in codes:
        seen = counting.scan(session, room.clerk, count, spot, code, part_id=part_id)
        part_id = seen.part.id if isinstance(seen, Wanted) else None
    return seen


def finish(session: Session, room: StoreRoom, count: StockCount, *bins: Place) -> None:
    for place in bins:
        counting.finish(session, room.clerk, count, counts.spot_of(session, count, place.id))


def put(session: Session, room: StoreRoom, count: StockCount, seen: object, counted: int) -> None:
    assert isinstance(seen, Counted)
    spot = counts.spot_of(session, count, room.a1.id)
    counting.put(session, room.clerk, count, spot, seen.line.id, counted=counted)


def on_shelf(session: Session, room: StoreRoom, place: Place) -> dict[str, int]:
    rows = session.execute(
        select(Balance.part_id, Balance.quantity).where(
            Balance.place_id == place.id, Balance.quantity > 0
        )
    )
    numbers = {part.id: part.number for part in (room.cable, room.battery, room.pad)}
    return {numbers[part_id]: quantity for part_id, quantity in rows}


def count_all_but_one_cable(session: Session, room: StoreRoom, count: StockCount) -> None:
    put(session, room, count, scan(session, room, count, room.a1, "CAB-1"), 9)
    put(session, room, count, scan(session, room, count, room.a1, "PAD-7", "L1"), 20)
    scan(session, room, count, room.a2, "B-001")
    finish(session, room, count, room.a1, room.a2)


def test_a_missing_piece_is_booked_at_its_worth(
    session: Session, room: StoreRoom, count: StockCount
) -> None:
    count_all_but_one_cable(session, room, count)

    counts.approve(session, room.manager, count)

    assert count.state is CountState.BOOKED
    assert (count.found_minor, count.missing_minor) == (0, 500)
    assert on_shelf(session, room, room.a1) == {"CAB-1": 9, "PAD-7": 20}
    assert room.cable.valued_minor == 4_500
    assert list(checks.breaches(session)) == []


def test_what_moved_after_it_was_counted_is_no_difference(
    session: Session, room: StoreRoom, count: StockCount
) -> None:
    put(session, room, count, scan(session, room, count, room.a1, "CAB-1"), 10)
    stock.book(
        session, room.clerk, [Move(room.cable.id, 4, room.a1, room.a2)], reason="put elsewhere"
    )
    put(session, room, count, scan(session, room, count, room.a1, "PAD-7", "L1"), 20)
    finish(session, room, count, room.a1)

    found = differences.of(session, room.manager, count)

    assert found == []


def test_what_moved_while_it_was_counted_has_to_be_counted_again(
    session: Session, room: StoreRoom, count: StockCount
) -> None:
    scan(session, room, count, room.a1, "CAB-1")
    stock.book(
        session, room.clerk, [Move(room.cable.id, 1, room.a1, room.a2)], reason="put elsewhere"
    )
    put(session, room, count, scan(session, room, count, room.a1, "CAB-1"), 9)
    put(session, room, count, scan(session, room, count, room.a1, "PAD-7", "L1"), 20)
    scan(session, room, count, room.a2, "B-001", "CAB-1")
    finish(session, room, count, room.a1, room.a2)

    with pytest.raises(Conflict, match="Count again: A-1"):
        counts.approve(session, room.manager, count)

    counts.again(session, room.clerk, count, room.a1.id)
    put(session, room, count, scan(session, room, count, room.a1, "CAB-1"), 9)
    put(session, room, count, scan(session, room, count, room.a1, "PAD-7", "L1"), 20)
    finish(session, room, count, room.a1)
    counts.approve(session, room.manager, count)
    assert on_shelf(session, room, room.a1) == {"CAB-1": 9, "PAD-7": 20}


def test_a_difference_found_earlier_is_booked_on_top_of_what_moved_since(
    session: Session, room: StoreRoom, count: StockCount
) -> None:
    count_all_but_one_cable(session, room, count)
    stock.book(
        session, room.clerk, [Move(room.cable.id, 5, room.a1, room.a2)], reason="put elsewhere"
    )

    counts.approve(session, room.manager, count)

    assert on_shelf(session, room, room.a1)["CAB-1"] == 4


def test_a_shortage_of_pieces_that_left_meanwhile_is_refused(
    session: Session, room: StoreRoom, count: StockCount
) -> None:
    count_all_but_one_cable(session, room, count)
    stock.book(
        session, room.clerk, [Move(room.cable.id, 10, room.a1, room.a2)], reason="put elsewhere"
    )

    with pytest.raises(Conflict, match="CAB-1"):
        counts.approve(session, room.manager, count)


def test_what_nobody_saw_is_missing_when_the_bin_is_finished(
    session: Session, room: StoreRoom, count: StockCount
) -> None:
    finish(session, room, count, room.a1, room.a2)

    found = differences.of(session, room.manager, count)
    totals = differences.totals(found, "EUR")

    assert [(each.part.number, each.difference) for each in found] == [
        ("CAB-1", -10),
        ("PAD-7", -20),
        ("BAT-9", -1),
    ]
    assert totals.missing == Money(5_000 + 2_000 + 90_000, "EUR")
    assert totals.found == Money(0, "EUR")


def test_a_missing_serial_goes_to_the_count_and_comes_back_when_it_is_found(
    session: Session, room: StoreRoom
) -> None:
    first = counts.start(session, room.clerk, place_ids=[room.a2.id])
    finish(session, room, first, room.a2)
    counts.approve(session, room.manager, first)
    assert on_shelf(session, room, room.a2) == {}

    second = counts.start(session, room.clerk, place_ids=[room.a2.id])
    scan(session, room, second, room.a2, "b-001")
    finish(session, room, second, room.a2)
    counts.approve(session, room.manager, second)

    assert on_shelf(session, room, room.a2) == {"BAT-9": 1}
    assert second.found_minor == 90_000
    assert list(checks.breaches(session)) == []


def test_a_serial_in_another_bin_is_moved_there_and_neither_found_nor_lost(
    session: Session, room: StoreRoom, count: StockCount
) -> None:
    put(session, room, count, scan(session, room, count, room.a1, "CAB-1"), 10)
    put(session, room, count, scan(session, room, count, room.a1, "PAD-7", "L1"), 20)
    scan(session, room, count, room.a1, "B-001")
    finish(session, room, count, room.a1, room.a2)

    counts.approve(session, room.manager, count)

    assert on_shelf(session, room, room.a1)["BAT-9"] == 1
    assert on_shelf(session, room, room.a2) == {}
    assert (count.found_minor, count.missing_minor) == (0, 0)
    assert list(checks.breaches(session)) == []


def test_a_serial_that_nobody_knew_is_entered_with_its_part(
    session: Session, room: StoreRoom
) -> None:
    count = counts.start(session, room.clerk, place_ids=[room.a2.id])
    scan(session, room, count, room.a2, "B-001", "BAT-9", "007")
    finish(session, room, count, room.a2)

    counts.approve(session, room.manager, count)

    (found,) = components.find(session, room.manager, "007")
    assert found.part_number == "BAT-9"
    assert on_shelf(session, room, room.a2) == {"BAT-9": 1}
    assert session.scalar(select(Balance.quantity).where(Balance.component_id == found.id))


def test_a_serial_is_counted_once(session: Session, room: StoreRoom, count: StockCount) -> None:
    scan(session, room, count, room.a2, "B-001")

    with pytest.raises(Conflict, match="counted already"):
        scan(session, room, count, room.a2, "B-001")


def test_a_scanned_part_with_lots_asks_for_the_lot(
    session: Session, room: StoreRoom, count: StockCount
) -> None:
    seen = scan(session, room, count, room.a1, "PAD-7")

    assert isinstance(seen, Wanted)
    assert str(seen.sentence) == "Now the lot of PAD-7"


def test_the_scan_of_another_bin_leads_there(
    session: Session, room: StoreRoom, count: StockCount
) -> None:
    seen = scan(session, room, count, room.a1, "a-2")

    assert isinstance(seen, NextBin)
    assert seen.place is room.a2


def test_a_bin_outside_the_stocktake_is_refused(session: Session, room: StoreRoom) -> None:
    count = counts.start(session, room.clerk, place_ids=[room.a1.id])

    with pytest.raises(NotFound, match="not part of"):
        scan(session, room, count, room.a1, "A-2")


def test_what_nobody_knows_is_not_counted(
    session: Session, room: StoreRoom, count: StockCount
) -> None:
    with pytest.raises(NotFound, match="Nobody knows"):
        scan(session, room, count, room.a1, "XYZ-1")


def test_a_bin_is_in_one_stocktake_at_a_time(
    session: Session, room: StoreRoom, count: StockCount
) -> None:
    with pytest.raises(Conflict, match="being counted in stocktake C-1"):
        counts.start(session, room.clerk, place_ids=[room.a1.id])

    counts.cancel(session, room.clerk, count, reason="wrong day")
    assert counts.start(session, room.clerk, place_ids=[room.a1.id]).number == 2


def test_a_room_stands_for_the_bins_in_it(session: Session, room: StoreRoom) -> None:
    cellar = places.add(session, room.manager, kind=PlaceKind.ROOM, name="Cellar")
    places.rename(
        session, room.manager, room.a1, name=room.a1.name, code="A-1", parent_id=cellar.id
    )

    count = counts.start(session, room.clerk, place_ids=[cellar.id])

    assert [spot.place.code for spot in counts.spots(session, count)] == ["A-1"]


def test_who_counts_does_not_approve(session: Session, room: StoreRoom, count: StockCount) -> None:
    count_all_but_one_cable(session, room, count)

    with pytest.raises(Forbidden):
        counts.approve(session, room.clerk, count)


def test_nothing_is_booked_before_every_bin_is_finished(
    session: Session, room: StoreRoom, count: StockCount
) -> None:
    finish(session, room, count, room.a1)

    with pytest.raises(Conflict, match="Not counted to the end: A-2"):
        counts.approve(session, room.manager, count)


def test_a_finished_bin_takes_no_more(session: Session, room: StoreRoom, count: StockCount) -> None:
    finish(session, room, count, room.a2)

    with pytest.raises(Conflict, match="counted to the end by Mei Lin"):
        scan(session, room, count, room.a2, "B-001")


def test_a_count_is_not_below_nothing_and_a_serial_not_above_one(
    session: Session, room: StoreRoom, count: StockCount
) -> None:
    seen = scan(session, room, count, room.a1, "CAB-1")
    with pytest.raises(Refused):
        put(session, room, count, seen, -1)
    serial = scan(session, room, count, room.a1, "B-001")
    with pytest.raises(Refused, match="between 0 and 1"):
        put(session, room, count, serial, 2)


def test_two_people_may_count_one_bin(session: Session, room: StoreRoom, count: StockCount) -> None:
    spot = counts.spot_of(session, count, room.a1.id)
    counting.scan(session, room.clerk, count, spot, "CAB-1")
    seen = counting.scan(session, room.manager, count, spot, "cab 1")

    assert isinstance(seen, Counted)
    assert seen.line.counted == 2
    assert [entry.by for entry in session.scalars(select(CountEntry))] == [
        "Mei Lin",
        "Petra Krause",
    ]


def test_an_entry_is_never_changed(session: Session, room: StoreRoom, count: StockCount) -> None:
    scan(session, room, count, room.a1, "CAB-1")
    session.commit()

    session.scalars(select(CountEntry)).one().change = 5
    with pytest.raises(DBAPIError, match="append-only"):
        session.flush()


def test_a_reserved_serial_that_is_missing_names_who_waits_for_it(
    session: Session, room: StoreRoom
) -> None:
    reservations.reserve(
        session,
        room.manager,
        room.battery.id,
        quantity=1,
        owner="ticket:T-1",
        holder="Emre",
        minutes=None,
        component_id=room.pack.id,
    )
    a_battery(session, room.manager, "B-002", place=room.a2)
    count = counts.start(session, room.clerk, place_ids=[room.a2.id])
    scan(session, room, count, room.a2, "B-002")
    finish(session, room, count, room.a2)

    with pytest.raises(Conflict, match="Emre"):
        counts.approve(session, room.manager, count)


def test_check_tells_each_thing_of_a_stocktake_that_does_not_add_up(
    session: Session, room: StoreRoom, count: StockCount
) -> None:
    count_all_but_one_cable(session, room, count)
    counts.approve(session, room.manager, count)
    session.flush()
    assert list(count_checks.breaches(session)) == []

    session.execute(update(StockCount).values(missing_minor=400))
    session.execute(
        update(CountPlace).where(CountPlace.place_id == room.a1.id).values(is_live=True)
    )
    session.execute(update(CountLine).where(CountLine.part_id == room.cable.id).values(counted=8))

    told = " ".join(count_checks.breaches(session))
    assert "8 counted, entries give 9" in told
    assert "C-1: differences of -400, movements give -500" in told
    assert f"keeps place {room.a1.id}" in told


def test_an_item_number_never_means_a_row(
    session: Session, room: StoreRoom, count: StockCount
) -> None:
    """STK-15: the scan of a row's id, of part or bin, finds nothing."""
    for code in (str(room.cable.id), str(room.a2.id)):
        with pytest.raises(NotFound):
            scan(session, room, count, room.a1, code)
