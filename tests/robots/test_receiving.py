"""Robots come in by delivery note: read whatever wrote it, received whole or not at all."""

import codecs
import dataclasses
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.kernel import audit, clock
from app.kernel.actor import Actor
from app.kernel.errors import Forbidden, Invalid, NotFound, Refused, TooLarge
from app.kernel.money import Money
from app.robots import arrivals, checks, deliverynotes, queries, receiving, registry, timeline
from app.robots.models import DeliveryNote, StagedFile, Unit
from app.robots.states import UnitState
from app.stores.models import Store
from tests.makers.robots import a_maker, a_model, a_unit
from tests.robots.conftest import a_store, an_actor

HEADER = "maker,model,serial,hardware_revision,firmware,cost,component_serials\n"
ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def _models(request: pytest.FixtureRequest) -> None:
    if "session" in request.fixturenames:
        a_model(request.getfixturevalue("session"), "G1")


def note_of(*serials: str, header: str = "maker,model,serial") -> bytes:
    rows = "".join(f"Unitree,G1,{serial}\r\n" for serial in serials)
    return f"{header}\r\n{rows}".encode()


def problems(session: Session, actor: Actor, data: bytes) -> dict[int, dict[str, str]]:
    """Every problem of a note by row and field."""
    sha256 = receiving.stage(session, actor, file_name="note.csv", data=data)
    return {
        row.note.number: {name: str(text) for name, text in row.candidate.problems.items()}
        for row in receiving.preview(session, actor, sha256).faulty
    }


def serials_in(session: Session) -> list[str]:
    return list(session.scalars(select(Unit.serial).order_by(Unit.id)))


# Reading the file


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "gb18030"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_encoding_and_separator_are_found(encoding: str, separator: str) -> None:
    """TXT-01: a byte-order mark included."""
    # given
    text = f"maker{separator}model{separator}serial\n宇树科技{separator}G1{separator}007\n"
    mark = codecs.BOM_UTF16_BE if encoding == "utf-16-be" else b""
    # when
    read = deliverynotes.read_note(mark + text.encode(encoding))
    # then
    assert [(row.cells["maker"], row.cells["serial"]) for row in read.rows] == [("宇树科技", "007")]
    assert read.unknown_columns == ()
    assert read.encoding.replace("-", "").lower() in encoding.replace("-", "")


def test_the_example_of_a_chinese_spreadsheet_is_read() -> None:
    read = deliverynotes.read_note((ROOT / "tests/robots/delivery-note-gb18030.csv").read_bytes())
    assert read.encoding == "GB18030"
    assert {row.cells["maker"] for row in read.rows} == {"宇树科技", "傅利叶"}


def test_the_example_in_the_documentation_is_a_delivery_note() -> None:
    read = deliverynotes.read_note((ROOT / "docs/examples/delivery-note.csv").read_bytes())
    assert read.unknown_columns == ()
    arrived = [arrivals.from_cells(row.cells, currency="EUR") for row in read.rows]
    assert len({arrival.identity for arrival in arrived}) == 12
    assert not any(arrival.problems for arrival in arrived)
    assert all(arrival.serial.startswith("DEMO-") for arrival in arrived)


def test_titles_are_read_in_any_case_and_spacing_and_unknown_ones_are_reported() -> None:
    """TXT-05."""
    read = deliverynotes.read_note(
        b" MAKER ;Model;Serial ; Hardware  Revision;FIRMWARE;Warehouse;;component-serials\n"
        b"Unitree;G1;A1;B;1.4;Halle 3;;left_knee=K1\n"
    )
    assert read.unknown_columns == ("Warehouse",)
    assert {name: cell for name, cell in read.rows[0].cells.items() if cell} == {
        "maker": "Unitree",
        "model": "G1",
        "serial": "A1",
        "hardware_revision": "B",
        "firmware": "1.4",
        "component_serials": "left_knee=K1",
    }


def test_a_missing_column_is_refused_naming_those_that_are_there() -> None:
    with pytest.raises(Refused, match=r"no column serial\. Its columns are: maker, model, Serials"):
        deliverynotes.read_note(b"maker,model,Serials\nUnitree,G1,A1\n")


def test_a_column_that_stands_twice_is_refused() -> None:
    with pytest.raises(Refused, match="serial stands twice"):
        deliverynotes.read_note(b"maker,model,serial,Serial\nUnitree,G1,A1,A2\n")


def test_quoted_cells_hold_separators_quotes_and_line_breaks() -> None:
    read = deliverynotes.read_note(
        b"maker,model,serial,firmware\n\n"
        b'"Unitree","G1","A,1","1.4\nbeta ""2"""\n,,,\nUnitree,G1,A2,\n'
    )
    assert [(row.number, row.cells["serial"]) for row in read.rows] == [(3, "A,1"), (5, "A2")]
    assert read.rows[0].cells["firmware"] == '1.4\nbeta "2"'


def test_a_spreadsheets_own_ways_are_understood() -> None:
    read = deliverynotes.read_note(b'sep=;\r\nmaker;model;serial\r\nUnitree;G1;"=""007"""\r\n')
    assert read.rows[0].cells["serial"] == "007"
    assert read.rows[0].number == 3


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "no column maker"),
        (b"\n\n", "no column maker"),
        (b"maker,model,serial\n", "no rows"),
        (b"PK\x03\x04rest of a zip", "workbook"),
        (b"\xd0\xcf\x11\xe0rest", "workbook"),
        ("maker,model,serial\nU,G1,1\n".encode("utf-16-le"), "not a text file"),
        (codecs.BOM_UTF8 + b"\xff\xff", "not a text file"),
        (b"\xff\xff\xff", "not a text file"),
        (b'maker,model,serial\nUnitree,G1,"A1\n', "Row 2 cannot be read"),
        (b'maker,model,serial\nUnitree,G1,"A1"x\n', "Row 2 cannot be read"),
        (b"maker,model,serial\nUnitree,G1," + b"9" * 200_000, "Row 2 cannot be read"),
    ],
)
def test_what_is_no_delivery_note_is_refused_with_the_reason(data: bytes, reason: str) -> None:
    with pytest.raises(Refused, match=reason) as refusal:
        deliverynotes.read_note(data)
    assert refusal.value.field == "file"


def test_size_and_rows_have_a_cap(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(TooLarge, match="5 MB"):
        deliverynotes.read_note(b"x" * 5_000_001)
    monkeypatch.setattr(deliverynotes, "MOST_ROWS", 2)
    assert len(deliverynotes.read_note(note_of("A1", "A2")).rows) == 2
    with pytest.raises(TooLarge, match="2 rows"):
        deliverynotes.read_note(note_of("A1", "A2", "A3"))


# Judging the rows


def test_each_problem_stands_in_its_row(session: Session, manager: Actor) -> None:
    found = problems(
        session,
        manager,
        (
            HEADER + "Unitree,G1,A1,B,1.4,11500.00,left_knee=K1|battery=B1\n"
            "Unitree,G9,A2,,,,\n"
            "Nobody,G1,A3,,,,\n"
            "Unitree,G1,,,,,\n"
            "Unitree,G1,8.93901E+18,,,,\n"
            "Unitree,G1,A6,,,1.234,\n"
            "Unitree,G1,A7,,,-5,\n"
            "Unitree,G1,A8,,,,left_knee\n"
            "Unitree,G1,A9,,,,left_knee=K1|left_knee=K2\n"
            "Unitree,G1,A10,,,,left_knee=\n"
            "Unitree,G1,A11,,,,,surplus\n"
            f"Unitree,G1,A12,{'x' * 65},,,\n"
            ",,,,,12,\n"
            "Unitree,G1,a12,,,,knee\n"
        ).encode(),
    )
    assert 2 not in found
    assert found[3] == {"model": "This maker has no such model here."}
    assert found[4] == {"maker": "No maker of this name has a model here."}
    assert found[5] == {"serial": "A robot needs its serial number."}
    assert "Excel" in found[6]["serial"]
    assert "two ways" in found[7]["cost"]
    assert found[8] == {"cost": "A cost is not negative."}
    assert found[9] == {"component_serials": "“left_knee” is not position=serial."}
    assert found[10] == {"component_serials": "Two components stand at left_knee."}
    assert found[11] == {"component_serials": "A robot needs its serial number."}
    assert "more cells than there are titles: 1" in found[12]["row"]
    assert found[13] == {
        "hardware_revision": "At most 64 characters fit here.",
        "serial": "The same serial stands in row 15.",
    }
    assert set(found[14]) == {"maker", "model", "serial"}
    assert set(found[15]) == {"serial", "component_serials"}


def test_the_same_serial_twice_in_a_note_marks_both_rows(session: Session, manager: Actor) -> None:
    """SER-21."""
    # given: case, width, outer space
    data = note_of("H1-0001", "H1-0002", "ｈ1-0001", " H1-0001 ", "H2-1")
    # when
    found = problems(session, manager, data)
    # then
    assert found == {
        2: {"serial": "The same serial stands in row 4, 5."},
        4: {"serial": "The same serial stands in row 2, 5."},
        5: {"serial": "The same serial stands in row 2, 4."},
    }
    with pytest.raises(Refused, match="3 of 5 rows"):
        receiving.receive_file(session, manager, file_name="note.csv", data=data)
    assert serials_in(session) == []


def test_two_makers_may_use_one_serial(session: Session, manager: Actor) -> None:
    a_model(session, "T1", maker=a_maker(session, "Booster"))
    data = b"maker,model,serial\nUnitree,G1,0001\nBooster,T1,0001\n"
    receiving.receive_file(session, manager, file_name="note.csv", data=data)
    assert serials_in(session) == ["0001", "0001"]


def test_a_serial_of_an_earlier_note_is_refused_naming_it(session: Session, manager: Actor) -> None:
    """SER-07."""
    # given
    first = receiving.receive_file(session, manager, file_name="a.csv", data=note_of("A1"))
    # when
    found = problems(session, manager, note_of("A2", "a1"))
    # then
    assert list(found) == [3]
    assert f"with delivery note {first.number}." in found[3]["serial"]


@pytest.mark.parametrize("state", [UnitState.RETIRED, UnitState.RETURNED, UnitState.SOLD])
def test_a_robot_that_is_on_record_is_not_received_again(
    session: Session, store: Store, manager: Actor, state: UnitState
) -> None:
    a_unit(session, store, "A1", state=state)
    assert "here already" in problems(session, manager, note_of("A1"))[2]["serial"]


def test_a_robot_of_another_store_is_not_received(session: Session, manager: Actor) -> None:
    a_unit(session, a_store(session, "BER"), "A1")
    assert problems(session, manager, note_of("A1")) == {
        2: {"serial": "Another store of the house has this robot."}
    }


# Receiving


def test_a_note_is_received_with_everything_it_says(session: Session, manager: Actor) -> None:
    # when
    note = receiving.receive_file(
        session,
        manager,
        file_name="delivery.csv",
        data=(
            HEADER + 'unitree, g1 ,007,B,1.4.2,"11.500,50",left_knee = K1 | battery=B1|\n'
            "UNITREE,Ｇ1,\x1d7\x04,,,,\n"
        ).encode(),
    )
    # then
    long, short = (registry.by_serial(session, manager, serial) for serial in ("007", "7"))
    assert (long.state, long.hardware_revision, long.firmware) == (UnitState.RECEIVED, "B", "1.4.2")
    assert (long.cost_minor, long.currency, long.delivery_note_id) == (1_150_050, "EUR", note.id)
    assert (short.serial, short.cost_minor) == ("7", 0)
    assert [
        (component.position, component.serial) for component in queries.components(session, long.id)
    ] == [("battery", "B1"), ("left_knee", "K1")]
    line = timeline.of_unit(session, long.id).items[0]
    assert (str(line.summary), line.link) == ("Received with delivery note 1", "/robots?note=1")
    assert (note.units, note.file_name, note.received_by) == (2, "delivery.csv", "Petra Krause")
    session.commit()
    assert session.scalars(select(audit.AuditEntry.action)).all() == ["delivery_note.received"]
    assert session.scalar(select(func.count()).select_from(StagedFile)) == 0
    assert list(checks.breaches(session)) == []


def test_the_same_file_again_changes_nothing(session: Session, manager: Actor) -> None:
    first = receiving.receive_file(session, manager, file_name="a.csv", data=note_of("A1"))
    again = receiving.receive_file(session, manager, file_name="b.csv", data=note_of("A1"))
    assert again is first
    assert serials_in(session) == ["A1"]
    assert session.scalar(select(func.count()).select_from(DeliveryNote)) == 1


def test_an_expected_robot_arrives_with_its_note(
    session: Session, store: Store, manager: Actor
) -> None:
    # given
    unit = a_unit(session, store, "A1", state=UnitState.EXPECTED, cost_minor=0)
    # when
    note = receiving.receive_file(session, manager, file_name="a.csv", data=note_of("a1", "A2"))
    # then
    assert (unit.state, unit.delivery_note_id) == (UnitState.RECEIVED, note.id)
    assert unit.received_at == note.received_at
    assert len(serials_in(session)) == 2


def test_an_expected_robot_of_another_model_does_not_arrive(
    session: Session, store: Store, manager: Actor
) -> None:
    a_unit(session, store, "A1", state=UnitState.EXPECTED, model=a_model(session, "H2"))
    assert problems(session, manager, note_of("A1")) == {
        2: {"model": "It was announced as Unitree H2."}
    }


def test_what_was_laid_aside_waits_a_day_and_only_in_its_store(
    session: Session, manager: Actor
) -> None:
    # given
    sha256 = receiving.stage(session, manager, file_name="a.csv", data=note_of("A1"))
    stranger = an_actor(a_store(session, "BER"))
    # then
    with pytest.raises(NotFound, match="no longer here"):
        receiving.preview(session, stranger, sha256)
    with clock.set_to(clock.now() + receiving.KEPT_FOR):
        with pytest.raises(NotFound, match="no longer here"):
            receiving.receive_note(session, manager, sha256)
        receiving.stage(session, manager, file_name="b.csv", data=note_of("B1"))
    assert session.scalars(select(StagedFile.file_name)).all() == ["b.csv"]


def test_receiving_needs_its_permission(session: Session, manager: Actor) -> None:
    nobody = dataclasses.replace(manager, permissions=frozenset({"robots.view"}))
    with pytest.raises(Forbidden):
        receiving.stage(session, nobody, file_name="a.csv", data=note_of("A1"))
    with pytest.raises(Forbidden):
        receiving.receive_note(session, nobody, "0" * 64)
    with pytest.raises(Forbidden):
        receiving.receive(session, nobody, [])


def test_many_rows_take_few_statements(
    session: Session, manager: Actor, statements: list[str]
) -> None:
    # given
    receiving.receive_file(session, manager, file_name="a.csv", data=note_of("A1"))
    sha256 = receiving.stage(
        session, manager, file_name="b.csv", data=note_of(*(f"B{n}" for n in range(300)))
    )
    statements.clear()
    # when
    receiving.preview(session, manager, sha256)
    # then
    assert len(statements) <= 5
    # when
    receiving.receive_note(session, manager, sha256)
    # then: SQLite takes the rows one by one, but asks nothing for each
    asked = [one for one in statements if not one.startswith("INSERT INTO units")]
    assert len(asked) <= 20


def test_a_program_receives_all_or_none(session: Session, manager: Actor) -> None:
    # given
    def robot(serial: str) -> arrivals.Arrival:
        return arrivals.read_arrival(
            maker="Unitree", model="G1", serial=serial, cost=Money(5, "EUR")
        )

    # when
    with pytest.raises(Invalid) as refusal:
        receiving.receive(session, manager, [robot("A1"), robot("A2"), robot("a1")])
    # then
    assert set(refusal.value.problems) == {"items.0.serial", "items.2.serial"}
    assert serials_in(session) == []
    with pytest.raises(Refused, match="Between 1 and 500"):
        receiving.receive(session, manager, [])
    units = receiving.receive(session, manager, [robot("A1"), robot("A2")])
    assert [unit.state for unit in units] == [UnitState.RECEIVED] * 2
