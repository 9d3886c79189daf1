"""Files taken in as a robot's history: whole, once, as written, each value beside the last."""

import json

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from app.calibration import filemappings, importlook, imports
from app.calibration.filekinds import FileKind
from app.calibration.impact_models import CalibrationFile, CalibrationUpload, ImportedValue
from app.calibration.imports import Sent
from app.calibration.job_models import Phase, Reading, ReadingSource
from app.identity.roles import Role
from app.kernel.errors import Conflict, Forbidden, Refused, TooLarge
from app.kernel.filestore import FileStore
from tests.calibration.readers.files import needs_files, real
from tests.calibration.readers.test_readers import CHAIN, motor
from tests.makers.calibration import Lab, a_job
from tests.makers.robots import a_unit
from tests.parts.conftest import an_actor

TABLE = {
    "columns": json.dumps(["point", "n1"]),
    "unit": "deg",
    "decimal": ",",
    "separator": ";",
}
ZEROS = b"Punkt;Winkel\n1;0,010\n1;0,012\n2;-0,004\n2;-0,002\n"


@pytest.fixture
def files(tmp_path_factory: pytest.TempPathFactory) -> FileStore:
    return FileStore(tmp_path_factory.mktemp("files"))


def take_in(
    session: Session,
    lab: Lab,
    files: FileStore,
    data: bytes,
    kind: FileKind = FileKind.LEROBOT,
    **more: object,
) -> CalibrationFile:
    unit = more.pop("unit", lab.unit)
    upload = imports.stage(
        session,
        lab.technician,
        unit,  # type: ignore[arg-type]
        kind,
        sent=Sent(data, "motors.json"),
        files=files,
        **more,  # type: ignore[arg-type]
    )
    return imports.take_in(session, lab.technician, upload, files)


def test_a_file_becomes_the_robots_history_with_its_bytes_kept(
    session: Session, lab: Lab, files: FileStore
) -> None:
    data = motor(700, 3300, offset=-1200)

    file = take_in(session, lab, files, data)

    values = session.scalars(select(ImportedValue).order_by(ImportedValue.seq)).all()
    assert [(row.target, row.parameter, row.value, row.line) for row in values][2] == (
        "joint:elbow",
        "homing_offset",
        "-1200",
        1,
    )
    assert files.get(file.sha256) == data
    assert not session.scalar(select(func.count()).select_from(CalibrationUpload))


def test_the_same_file_is_refused_for_the_same_robot_and_taken_for_another(
    session: Session, lab: Lab, files: FileStore
) -> None:
    take_in(session, lab, files, motor(700, 3300))

    with pytest.raises(Conflict, match="This very file was imported"):
        take_in(session, lab, files, motor(700, 3300))

    other = a_unit(session, lab.store, "DEMO-G1-0002")
    assert take_in(session, lab, files, motor(700, 3300), unit=other).unit_id == other.id


def test_a_file_with_one_bad_row_leaves_nothing_behind(
    session: Session, lab: Lab, files: FileStore
) -> None:
    good = json.loads(motor(700, 3300))
    good |= json.loads(motor(3300, 700, name="wrist"))

    with pytest.raises(Refused, match=r"Problems: 2, the first on line 1: wrist"):
        take_in(session, lab, files, json.dumps(good).encode())

    assert not session.scalar(select(func.count()).select_from(ImportedValue))
    assert not session.scalar(select(func.count()).select_from(CalibrationFile))


def test_each_value_stands_beside_the_one_before(
    session: Session, lab: Lab, files: FileStore
) -> None:
    take_in(session, lab, files, motor(700, 3300, offset=-1200))
    file = take_in(session, lab, files, motor(700, 3310, offset=-1200))

    rows = importlook.values_of(session, file).items
    changed = importlook.values_of(session, file, changed_only=True).items

    assert {row.value.parameter: row.difference.amount for row in rows} == {
        "id": "",
        "drive_mode": "",
        "homing_offset": "",
        "range_min": "",
        "range_max": "+10",
    }
    assert [row.before.value for row in changed if row.before] == ["3300"]


def test_a_mounting_that_moved_is_told_in_millimetres_and_degrees(
    session: Session, lab: Lab, files: FileStore
) -> None:
    take_in(session, lab, files, CHAIN.encode(), FileKind.CHAIN)
    moved = CHAIN.replace("0.0, -1.0, 0.0, 0.1]", "0.0, -1.0, 0.0, 0.1015]")
    take_in(session, lab, files, moved.encode(), FileKind.CHAIN)

    (newest, _) = [
        row
        for row in importlook.history(session, lab.unit.id, "frame:cam0")
        if row.value.parameter == "T_cam_imu"
    ]

    assert str(newest.difference.text) == "Moved by 1.500 mm and turned by 0.0000°."


@needs_files
def test_every_calibrator_imports_as_history_of_its_robot(
    session: Session, lab: Lab, files: FileStore
) -> None:
    serials = {path.parent.name for path in real("calibrators", "*/*.xml")}
    robots = {serial: a_unit(session, lab.store, serial) for serial in sorted(serials)}

    for path in real("calibrators", "*/*.xml"):
        take_in(
            session,
            lab,
            files,
            path.read_bytes(),
            FileKind.YARP,
            unit=robots[path.parent.name],
        )

    for serial, unit in robots.items():
        page = importlook.listed(session, lab.technician, unit_id=unit.id)
        assert len(page.items) == len(real("calibrators", f"{serial}/*.xml"))
        assert all(row.values for row in page.items)


def test_what_was_imported_cannot_be_changed(session: Session, lab: Lab, files: FileStore) -> None:
    take_in(session, lab, files, motor(700, 3300))
    value = session.scalars(select(ImportedValue)).first()
    assert value is not None
    value.value = "0"

    with pytest.raises(DatabaseError):
        session.flush()


def test_readings_of_a_job_come_from_a_table_with_file_and_line(
    session: Session, lab: Lab, files: FileStore
) -> None:
    job = a_job(session, lab)

    file = take_in(session, lab, files, ZEROS, FileKind.TABLE, job=job, settings=TABLE)

    rows = session.scalars(select(Reading).order_by(Reading.id)).all()
    assert [(row.raw_text, row.numbers, row.line) for row in rows] == [
        ("0,010", "[0.01]", 2),
        ("0,012", "[0.012]", 3),
        ("-0,004", "[-0.004]", 4),
        ("-0,002", "[-0.002]", 5),
    ]
    assert {(row.source, row.file_sha256, row.phase) for row in rows} == {
        (ReadingSource.FILE, file.sha256, Phase.AS_FOUND)
    }
    with pytest.raises(Conflict):
        take_in(session, lab, files, ZEROS, FileKind.TABLE, job=job, settings=TABLE)


@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize(
    ("change", "old", "new", "sentence"),
    [
        ({"unit": "mm"}, b"", b"", "is read in deg; the file was said to be in mm"),
        ({}, b"2;-0,002", b"9;-0,002", "no point 9"),
        ({}, b"0,012", b"0.012", "decimal mark was said to be a comma"),
        ({"columns": json.dumps(["", "n1"])}, b"", b"", "Say which point"),
        ({"columns": json.dumps(["n1", "n2"])}, b"", b"", "Say which point"),
    ],
)
def test_a_table_that_does_not_fit_the_job_gives_no_reading(
    session: Session,
    lab: Lab,
    files: FileStore,
    *,
    change: dict[str, str],
    old: bytes,
    new: bytes,
    sentence: str,
) -> None:
    job = a_job(session, lab)
    data = ZEROS.replace(old, new) if old else ZEROS

    with pytest.raises(Refused, match=sentence):
        take_in(session, lab, files, data, FileKind.TABLE, job=job, settings=TABLE | change)

    assert not session.scalar(select(func.count()).select_from(Reading))


def test_a_mapping_is_kept_by_the_name_of_its_device(
    session: Session, lab: Lab, files: FileStore
) -> None:
    upload = imports.stage(
        session,
        lab.technician,
        lab.unit,
        FileKind.TABLE,
        sent=Sent(ZEROS, "zeros.csv"),
        files=files,
        settings=TABLE,
    )

    filemappings.save(session, lab.technician, upload, "Level 01")
    filemappings.save(session, lab.technician, upload, "LEVEL 01")

    (kept,) = filemappings.listed(session, lab.technician, FileKind.TABLE)
    assert (kept.name, kept.settings) == ("Level 01", upload.settings)


def test_who_does_not_measure_takes_nothing_in(
    session: Session, lab: Lab, files: FileStore
) -> None:
    with pytest.raises(Forbidden):
        imports.stage(
            session,
            an_actor(lab.store, Role.SALES),
            lab.unit,
            FileKind.LEROBOT,
            sent=Sent(motor(1, 2), "a"),
            files=files,
        )


def test_a_file_that_is_too_large_is_refused_at_its_field(
    session: Session, lab: Lab, files: FileStore
) -> None:
    with pytest.raises(TooLarge) as refused:
        take_in(session, lab, files, b" " * 5_000_001)

    assert refused.value.field == "file"


def test_a_target_that_no_file_names_has_no_history(session: Session, lab: Lab) -> None:
    assert importlook.history(session, lab.unit.id, "joint:none") == []
