"""Files made to do harm, or broken on the way: refused with a sentence, quickly."""

import json
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.calibration.readers import camera_info, kalibr, lerobot, offsets, tracker, urdf, yarp
from app.calibration.readers.columns import ColumnMapping, read_rows, read_values
from app.calibration.readers.findings import MOST_BYTES, BadFile, Content
from app.calibration.readers.tracker import PointLayout
from app.kernel.errors import Refused, TooLarge
from tests.calibration.readers.test_readers import CHAIN, NOISE, motor

POINTS = PointLayout(names=1, unit="mm", decimal=".")
TABLE = ColumnMapping(
    columns=("target", "parameter", "value"), unit="mm", decimal=".", separator=","
)
READERS: dict[str, Callable[[bytes], Content]] = {
    "yarp": yarp.read_calibrator,
    "urdf": urdf.read_description,
    "camera": camera_info.read_camera,
    "chain": kalibr.read_chain,
    "imu": kalibr.read_imu,
    "offsets": offsets.read_offsets,
    "lerobot": lerobot.read_motors,
    "tracker": lambda data: tracker.read_points(data, POINTS),
    "table": lambda data: read_values(data, TABLE),
}
ENTITY = b"""<?xml version="1.0"?><!DOCTYPE device [<!ENTITY x SYSTEM "file:///etc/passwd">]>
<device name="arm-calibrator"><group name="GENERAL"><param name="joints">&x;</param></group>
</device>"""
LAUGHS = b"""<?xml version="1.0"?><!DOCTYPE device [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>
<device name="&b;"/>"""
BOMB = b"a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\ncam0: *c\n"


@pytest.mark.parametrize("name", READERS)
@given(data=st.binary(max_size=400))
def test_any_bytes_give_findings_or_a_sentence(name: str, data: bytes) -> None:
    try:
        content = READERS[name](data)
    except (Refused, TooLarge):
        return
    assert content.findings or content.problems


@pytest.mark.parametrize("name", READERS)
def test_whitespace_without_end_is_refused_by_its_size(name: str) -> None:
    with pytest.raises((TooLarge, BadFile)):
        READERS[name](b" " * (MOST_BYTES + 1))


@pytest.mark.parametrize("data", [ENTITY, LAUGHS])
def test_entities_are_refused(data: bytes) -> None:
    with pytest.raises(BadFile, match="declares entities"):
        yarp.read_calibrator(data)


def test_aliases_are_refused_before_they_multiply() -> None:
    with pytest.raises(BadFile, match="Line 1: Anchors and aliases"):
        kalibr.read_chain(BOMB)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"!!python/object/apply:os.system ['true']", "Types of other programs"),
        (b"a: 1\na: 2\n", "stands here twice"),
        (b"[" * 100 + b"]" * 100, "nested too deeply"),
        (b"a: 1\n---\nb: 2\n", "several documents"),
        (b'a: "\\uD800"\n', "(not readable|cannot be read)"),
        (b"a: [1, 2\nb: 3\n", "cannot be read as YAML"),
        (b"- 1\n- 2\n", "names no values"),
    ],
)
def test_yaml_that_is_more_than_values_is_refused(data: bytes, sentence: str) -> None:
    with pytest.raises(BadFile, match=sentence):
        kalibr.read_imu(data)


@pytest.mark.parametrize(
    "data",
    [
        motor(1, 2).replace(b": 2}", b": NaN}"),
        motor(1, 2).replace(b": 2}", b": -Infinity}"),
        motor(1, 2).replace(b": 2}", b": 1e999}"),
        b'{"a": 1, "a": 2}',
        b"[" * 100_000,
        b'{"a": ' + b"9" * 5000 + b"}",
        b'{"\\ud800": {}}',
        json.dumps({f"m{at}": {} for at in range(501)}).encode(),
    ],
)
def test_json_that_is_no_calibration_is_refused(data: bytes) -> None:
    with pytest.raises(BadFile):
        lerobot.read_motors(data)


def test_a_number_as_text_is_no_number_of_a_motor() -> None:
    content = lerobot.read_motors(motor(1, 2).replace(b": 2}", b': "2"}'))

    assert "whole number as range_max" in str(content.problems[0].text)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_marks_line_ends_and_chinese_do_not_change_what_is_read(encoding: str, ends: str) -> None:
    text = "目标,参数,数值\njoint:左膝关节,零位偏差,0.10\n".replace("\n", ends)

    content = read_values(text.encode(encoding), TABLE)

    (found,) = content.findings
    assert (found.target, found.parameter, found.value, found.line) == (
        "joint:左膝关节",
        "零位偏差",
        "0.10",
        2,
    )


def test_line_ends_of_another_system_do_not_change_a_chain() -> None:
    with_returns = kalibr.read_chain(b"\xef\xbb\xbf" + CHAIN.replace("\n", "\r\n").encode())

    assert with_returns == kalibr.read_chain(CHAIN.encode())


@given(number=st.floats(allow_nan=False, allow_infinity=False))
def test_each_number_stays_as_it_was_written(number: float) -> None:
    written = repr(number)

    content = kalibr.read_imu(NOISE.replace("200.0", f"200.0\nbias: {written}").encode())

    assert written in {each.value for each in content.findings}


@given(
    values=st.lists(
        st.decimals(min_value=-1000, max_value=1000, places=4), min_size=1, max_size=30
    ),
    comma=st.booleans(),
)
def test_every_row_of_a_table_comes_out_once_with_its_line(
    values: list[object], comma: bool
) -> None:
    mark = "," if comma else "."
    lines = [f"joint:j{at};offset;{value}".replace(".", mark) for at, value in enumerate(values)]
    mapping = ColumnMapping(
        columns=("target", "parameter", "value"), unit="deg", decimal=mark, separator=";"
    )

    content = read_values("\n".join(["t;p;v", *lines]).encode(), mapping)

    assert [(each.line, each.value) for each in content.findings] == [
        (at + 2, str(value).replace(".", mark)) for at, value in enumerate(values)
    ]


@given(names=st.lists(st.text(min_size=1, max_size=12), min_size=1, max_size=8, unique=True))
def test_every_motor_comes_out_under_its_name_or_is_told(names: list[str]) -> None:
    motors = {
        name: {"id": at, "drive_mode": 0, "homing_offset": 0, "range_min": 1, "range_max": 9}
        for at, name in enumerate(names)
    }

    try:
        content = lerobot.read_motors(json.dumps(motors, ensure_ascii=False).encode("utf-8"))
    except (Refused, UnicodeEncodeError):
        return
    found = {each.target.removeprefix("joint:") for each in content.findings}
    assert found <= set(names)
    assert content.problems or found == set(names)


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ("joint:a,x,", "A figure is missing"),
        ("joint:a,x,nan", "not a finite number"),
        ("joint:a,x,1e999", "not a finite number"),
        ('joint:a,x,"1,5"', "decimal mark was said to be a point"),
        ("joint:a,1.5,x", "is not a number"),  # columns swapped
        (",x,1", "target"),
    ],
)
def test_a_row_that_cannot_be_is_told_with_its_line(row: str, sentence: str) -> None:
    content = read_values(f"t,p,v\njoint:b,x,1\n{row}\n".encode(), TABLE)

    (problem,) = content.problems
    assert problem.line == 3
    assert sentence in str(problem.text)


def test_a_value_stated_twice_is_told() -> None:
    content = read_values(b"t,p,v\njoint:a,x,1\njoint:a,x,2\n", TABLE)

    assert "stated twice, first on line 2" in str(content.problems[0].text)


def test_readings_of_a_job_name_their_point_and_numbers() -> None:
    mapping = ColumnMapping(
        columns=("point", "n2", "n1", ""), unit="mm", decimal=",", separator=";", titles=1
    )

    rows, problems = read_rows(b"p;y;x;c\n3;2,5;1,5;ok\n0;1;2;no\n", mapping)

    assert [(row.line, row.point, row.numbers) for row in rows] == [(2, 3, ("1,5", "2,5"))]
    assert [(problem.line, str(problem.text)) for problem in problems] == [
        (3, "“0” is not the number of a point.")
    ]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"decimal": ""}, "decimal"),
        ({"separator": ",", "decimal": ","}, "separator"),
        ({"columns": ("value", "value")}, "columns"),
        ({"columns": ("colour",)}, "columns"),
        ({"encoding": "EBCDIC"}, "encoding"),
    ],
)
def test_a_mapping_that_cannot_be_is_refused_at_its_field(
    change: dict[str, object], field: str
) -> None:
    wanted = {"columns": ("value",), "unit": "mm", "decimal": ".", "separator": ";"} | change

    with pytest.raises(Refused) as refused:
        ColumnMapping(**wanted)  # type: ignore[arg-type]

    assert refused.value.field == field
