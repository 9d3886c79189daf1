"""Rooms, bins and benches: named once, scanned by code, kept while something lies in them."""

import pytest
from sqlalchemy.orm import Session

from app.identity.roles import Role
from app.kernel.actor import Actor
from app.kernel.errors import Conflict, Forbidden, NotFound, Refused
from app.parts import places
from app.parts.models import Part, PlaceKind
from app.stores.models import Store
from tests.makers.parts import a_bin, stocked
from tests.makers.stores import a_store
from tests.parts.conftest import an_actor


def test_a_store_has_one_standard_place_of_a_kind(session: Session, store: Store) -> None:
    bench = places.standard(session, store.id, PlaceKind.BENCH)
    assert places.standard(session, store.id, PlaceKind.BENCH) is bench
    other = a_store(session, "BER")
    assert places.standard(session, other.id, PlaceKind.BENCH) is not bench


def test_an_archived_place_is_no_standard_any_more(session: Session, manager: Actor) -> None:
    bench = a_bin(session, manager, "B-1", PlaceKind.BENCH)
    assert places.standard(session, manager.store_id, PlaceKind.BENCH) is bench
    second = a_bin(session, manager, "B-2", PlaceKind.BENCH)
    places.archive(session, manager, bench)
    assert places.standard(session, manager.store_id, PlaceKind.BENCH) is second


@pytest.mark.parametrize("scanned", ["A-01-1", "a-01-1", " Ａ-01-1 "])
def test_a_scan_finds_its_place_in_any_writing(
    session: Session, manager: Actor, scanned: str
) -> None:
    shelf = a_bin(session, manager, "A-01-1")
    assert places.by_code(session, manager, scanned) is shelf


@pytest.mark.parametrize("scanned", ["", "A-01-2", "1"])
def test_a_scan_of_no_place_finds_none(session: Session, manager: Actor, scanned: str) -> None:
    """Also not one whose row happens to have this number."""
    a_bin(session, manager, "A-01-1")
    places.standard(session, manager.store_id, PlaceKind.BENCH)
    with pytest.raises(NotFound):
        places.by_code(session, manager, scanned)


def test_names_and_codes_are_given_once(session: Session, manager: Actor) -> None:
    a_bin(session, manager, "A-01-1")
    with pytest.raises(Conflict, match="a-01-1 is a place already") as refused:
        places.add(session, manager, kind=PlaceKind.BIN, name="Another", code="a-01-1")
    assert refused.value.field == "code"
    with pytest.raises(Conflict) as refused:
        places.add(session, manager, kind=PlaceKind.BIN, name="A-01-1")
    assert refused.value.field == "name"


def test_a_place_keeps_its_own_name_when_its_code_changes(session: Session, manager: Actor) -> None:
    shelf = a_bin(session, manager, "A-01-1")
    places.rename(session, manager, shelf, name="A-01-1", code="A-01-01")
    assert places.by_code(session, manager, "A-01-01") is shelf


def test_rooms_hold_places_and_never_themselves(session: Session, manager: Actor) -> None:
    # given
    outer = places.add(session, manager, kind=PlaceKind.ROOM, name="Store room")
    inner = places.add(session, manager, kind=PlaceKind.ROOM, name="Cage", parent_id=outer.id)
    shelf = a_bin(session, manager)
    # when, then
    places.rename(session, manager, shelf, name="S", code="S", parent_id=inner.id)
    with pytest.raises(Refused, match="does not lie in itself"):
        places.rename(session, manager, outer, name="Store room", code="", parent_id=inner.id)
    with pytest.raises(Refused, match="Only a room"):
        places.rename(session, manager, inner, name="Cage", code="", parent_id=shelf.id)
    with pytest.raises(Conflict, match="not empty"):
        places.archive(session, manager, inner)


def test_a_place_is_kept_while_something_lies_in_it(
    session: Session, manager: Actor, knee: Part
) -> None:
    shelf = a_bin(session, manager)
    stocked(session, manager, knee, place=shelf)
    with pytest.raises(Conflict, match="A-01-1 is not empty"):
        places.archive(session, manager, shelf)


def test_nothing_goes_into_a_room_or_an_archived_place(
    session: Session, manager: Actor, knee: Part
) -> None:
    room = places.add(session, manager, kind=PlaceKind.ROOM, name="Store room")
    with pytest.raises(Refused, match="is a room"):
        stocked(session, manager, knee, place=room)
    shelf = a_bin(session, manager)
    places.archive(session, manager, shelf)
    with pytest.raises(Conflict, match="no longer in use"):
        stocked(session, manager, knee, place=shelf)


@pytest.mark.parametrize("kind", [PlaceKind.ROBOT, PlaceKind.SUPPLIER, PlaceKind.COUNT])
def test_a_store_gets_no_second_outside_world(
    session: Session, manager: Actor, kind: PlaceKind
) -> None:
    with pytest.raises(Refused):
        places.add(session, manager, kind=kind, name="Another")


def test_who_may_not_edit_parts_makes_no_places(session: Session, store: Store) -> None:
    with pytest.raises(Forbidden):
        places.add(session, an_actor(store, Role.SALES), kind=PlaceKind.BIN, name="B")
