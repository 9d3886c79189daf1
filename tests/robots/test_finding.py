"""Finding a robot by any part of what is known of it, in as many steps however many there are."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event, insert, text
from sqlalchemy.orm import Session

from app.identity.roles import Role
from app.kernel import clock
from app.kernel.actor import Actor
from app.kernel.searchkeys import search_key
from app.robots import finding, ownership, registry
from app.robots.models import Unit
from app.robots.states import UnitState
from app.stores.models import Store
from tests.makers.robots import a_model, a_unit
from tests.robots.conftest import SignIn, a_customer, a_store

_STRANGE = [
    "%", "_", '"', '""', "'", "*", "park.  multi-agent", "don't", "@x", "NEAR(", "a OR b", "-x",
    "(", ")", "\\", "^a", "serial_key:", "{a}", ";--", "\x00", "🤖", "🤖🤖🤖", "a" * 300,
]  # fmt: skip


def serials(session: Session, actor: Actor, said: str) -> list[str]:
    return [unit.serial for unit in registry.search(session, actor, said)]


def test_any_part_of_a_serial_finds_it(session: Session, store: Store, manager: Actor) -> None:
    a_unit(session, store, "H1-2025-004817")
    a_unit(session, store, "G1-0099")
    for part in ("4817", "25-0", "-", "81", "8", "H1-2025-004817", "h1-2025", "1-2025-00481"):
        assert "H1-2025-004817" in serials(session, manager, part), part
    assert serials(session, manager, "4817") == ["H1-2025-004817"]
    assert serials(session, manager, "48171") == []


def test_a_component_in_a_robot_finds_it(session: Session, store: Store, manager: Actor) -> None:
    a_unit(session, store, "G1-0001", components={"left_knee": "AK-77-XZ"})
    a_unit(session, store, "G1-0002", components={"left_knee": "AK-78-XY"})
    assert serials(session, manager, "77-x") == ["G1-0001"]
    assert serials(session, manager, "xy") == ["G1-0002"]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Müller GmbH", "MULLER"),
        ("Müller GmbH", "ülle"),
        ("MÜLLER GMBH", "müller"),
        ("Groß & Söhne", "gross & so"),
        ("张伟", "张"),
        ("张伟", "伟"),
        ("欧阳娜娜", "阳娜"),
        ("李小龙的机器人公司", "机器人"),
        ("Łukasz Żak", "lukasz z"),
        ("50% Rabatt", "50%"),
        ('O\'Neill "Bob"', 'l "bo'),
    ],
)
def test_any_part_of_the_owners_name_finds_the_robot(
    session: Session, store: Store, manager: Actor, name: str, said: str
) -> None:
    owned = a_unit(session, store, "ZZ-1", state=UnitState.HANDED_OVER)
    a_unit(session, store, "ZZ-2")
    other = a_unit(session, store, "ZZ-3", state=UnitState.HANDED_OVER)
    ownership.give_to(
        session, manager, owned, a_customer(session, manager, name).id, at=clock.now()
    )
    ownership.give_to(session, manager, other, a_customer(session, manager, "Q").id, at=clock.now())
    assert serials(session, manager, said) == ["ZZ-1"]


def test_a_former_owner_no_longer_finds_it(session: Session, store: Store, manager: Actor) -> None:
    unit = a_unit(session, store, "ZZ-1", state=UnitState.HANDED_OVER)
    for name in ("Erika Vorher", "Max Nachher"):
        ownership.give_to(
            session, manager, unit, a_customer(session, manager, name).id, at=clock.now()
        )
    assert serials(session, manager, "vorher") == []
    assert serials(session, manager, "nachher") == ["ZZ-1"]


@pytest.mark.parametrize("said", _STRANGE)
def test_no_sign_is_special(session: Session, store: Store, manager: Actor, said: str) -> None:
    a_unit(session, store, "G1-0001")
    assert serials(session, manager, said) == []
    if search_key(said) and len(said) < 50:  # and where it is part of a serial, it is found
        a_unit(session, store, f"B{said}B")
        assert len(serials(session, manager, said)) == 1


def test_007_and_7_and_wide_letters(session: Session, store: Store, manager: Actor) -> None:
    for serial in ("007", "7", "Ａ７"):
        a_unit(session, store, serial)
    assert serials(session, manager, " 7 ")[0] == "7"
    assert serials(session, manager, "007") == ["007"]
    assert serials(session, manager, "a7") == ["Ａ７"]
    assert serials(session, manager, "00") == ["007"]


def test_what_changes_is_found_by_what_it_is_now(
    session: Session, store: Store, manager: Actor
) -> None:
    unit = a_unit(session, store, "OLD-12345")
    unit.serial, unit.serial_key = "NEW-67890", "new-67890"
    session.flush()
    assert serials(session, manager, "1234") == []
    assert serials(session, manager, "7") == ["NEW-67890"]
    session.delete(unit)
    session.flush()
    assert serials(session, manager, "6789") == []


def test_another_store_is_not_searched(session: Session, manager: Actor) -> None:
    a_unit(session, a_store(session, "BER"), "FAR-12345")
    for part in ("far", "12345", "2345", "4"):
        assert serials(session, manager, part) == []


def test_the_nearest_come_first(session: Session, store: Store, manager: Actor) -> None:
    for serial in ("X-AB", "AB-1", "AB", "ZAB"):
        a_unit(session, store, serial)
    assert serials(session, manager, "ab") == ["AB", "AB-1"]
    assert set(serials(session, manager, "b")) == {"X-AB", "AB-1", "AB", "ZAB"}


def test_two_statements_find(
    session: Session, store: Store, manager: Actor, statements: list[str]
) -> None:
    a_unit(session, store, "G1-0001")
    statements.clear()
    finding.hits(session, manager, "000")
    assert len(statements) == 2


def test_the_list_and_the_palette_find_owners(
    session: Session, store: Store, manager: Actor, signed_in: SignIn
) -> None:
    unit = a_unit(session, store, "ZZ-1", state=UnitState.HANDED_OVER)
    ownership.give_to(
        session, manager, unit, a_customer(session, manager, "张伟").id, at=clock.now()
    )
    browser = signed_in(Role.SALES)
    for address in ("/robots", "/find", "/find/palette"):
        assert "ZZ-1" in browser.get(address, params={"q": "伟"}).text, address
    for said in _STRANGE:
        assert browser.get("/robots", params={"q": said}).status_code == 200
        assert browser.get("/find", params={"q": said}).status_code == 200


def test_steps_do_not_grow_with_the_store(session: Session, store: Store, manager: Actor) -> None:
    # given: few robots, three of which fit
    model = a_model(session)
    for serial in ("A-4711X-9", "BX9-4711X", "BEGIN-0001"):
        a_unit(session, store, serial, model=model)
    _fill(session, store, model.id, 0, 100)
    wanted = ("4711x", "x9", "begin-00")
    few = [_steps(session, manager, said) for said in wanted]
    # when there are 20,000
    _fill(session, store, model.id, 100, 20_000)
    many = [_steps(session, manager, said) for said in wanted]
    # then
    room = 10 if session.get_bind().dialect.name == "postgresql" else 0  # a level of each index
    assert all(now <= 1.5 * then + room for then, now in zip(few, many, strict=True)), (few, many)


def _fill(session: Session, store: Store, model_id: int, start: int, end: int) -> None:
    maker_id = a_model(session).maker_id
    common: dict[str, object] = {"store_id": store.id, "maker_id": maker_id, "model_id": model_id}
    common |= {"state": UnitState.AVAILABLE, "currency": "EUR"}
    session.execute(
        insert(Unit),
        [
            {**common, "serial": f"S-{number:06}", "serial_key": f"s-{number:06}"}
            for number in range(start, end)
        ],
    )
    session.commit()
    session.execute(text("ANALYZE"))
    session.commit()


def _steps(session: Session, actor: Actor, said: str) -> int:
    """Steps of SQLite's machine, or pages that PostgreSQL touches, to find a text."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SET enable_seqscan = off"))  # of few rows it would read all
    finding.hits(session, actor, said)
    with _counting(session) as counted:
        assert finding.hits(session, actor, said)
    return counted[0]


@contextmanager
def _counting(session: Session) -> Iterator[list[int]]:
    counted = [0]
    raw: Any = session.connection().connection.dbapi_connection
    if session.get_bind().dialect.name == "sqlite":

        def step() -> int:
            counted[0] += 1
            return 0

        raw.set_progress_handler(step, 1)
        yield counted
        raw.set_progress_handler(None, 0)
        return

    def explain(*about: Any) -> None:
        _connection, _cursor, statement, given, *_rest = about
        with raw.cursor() as asking:
            plan = asking.execute(f"EXPLAIN (ANALYZE, BUFFERS) {statement}", given).fetchall()
        first = next(line for (line,) in plan if "Buffers:" in line)
        counted[0] += sum(int(pages) for pages in re.findall(r"(?:hit|read)=(\d+)", first))

    engine = session.get_bind()
    event.listen(engine, "before_cursor_execute", explain)
    yield counted
    event.remove(engine, "before_cursor_execute", explain)
