"""Robot descriptions: what is refused, and on which line."""

import pytest

from app.kernel.errors import Refused
from app.robots.urdf import MAX_BYTES, MAX_JOINTS, UrdfError, read_urdf
from tests.robots.urdf_texts import LIMIT, joint, robot


def refusal(data: bytes) -> UrdfError:
    with pytest.raises(UrdfError) as caught:
        read_urdf(data, name="test")
    return caught.value


TWO = "base one"
REFUSED = {
    "two parents": (
        robot(joint("a", "base", "x"), joint("b", "base", "x"), links="base x"),
        4,
        "Link x has two parents: joints a and b",
    ),
    "two roots": (
        robot('<link name="lost"/>', joint("a", "base", "one"), links=TWO),
        3,
        "two roots",
    ),
    "a loop of links": (
        robot(joint("a", "base", "one"), joint("b", "one", "base"), links=TWO),
        3,
        "form a loop",
    ),
    "a loop beside the tree": (
        robot(
            joint("a", "root", "leaf"),
            joint("b", "x", "y"),
            joint("c", "y", "x"),
            links="root leaf x y",
        ),
        4,
        "form a loop through joint b",
    ),
    "a link that carries itself": (
        robot(joint("a", "base", "base"), links="base"),
        3,
        "form a loop",
    ),
    "a duplicate link": (robot('<link name="base"/>', links="base"), 3, "base is used twice"),
    "a duplicate joint": (
        robot(joint("a", "base", "x"), joint("a", "base", "y"), links="base x y"),
        4,
        "a is used twice, first on line 3",
    ),
    "a missing limit": (
        robot(joint("a", "base", "one", inside=""), links=TWO),
        3,
        "a has no <limit>",
    ),
    "a limit without effort": (
        robot(joint("a", "base", "one", inside='<limit velocity="1"/>'), links=TWO),
        3,
        "says no effort",
    ),
    "limits the wrong way round": (
        robot(
            joint("a", "base", "one", inside=LIMIT.replace('"2"', '"-2"')),
            links=TWO,
        ),
        3,
        "above its upper limit",
    ),
    "a limit below zero": (
        robot(joint("a", "base", "one", inside=LIMIT.replace('"50"', '"-50"')), links=TWO),
        3,
        "below zero",
    ),
    "an unknown joint type": (
        robot(joint("a", "base", "one", kind="hinge"), links=TWO),
        3,
        "unknown type “hinge”",
    ),
    "an unknown parent": (
        robot(joint("a", "nowhere", "one"), links=TWO),
        3,
        "unknown link nowhere",
    ),
    "an unknown child": (robot(joint("a", "base", "gone"), links=TWO), 3, "unknown link gone"),
    "a joint without ends": (
        robot('<joint name="a" type="fixed"/>', links=TWO),
        3,
        "names no parent link",
    ),
    "a joint without a name": (
        robot('<joint type="fixed"/>', links=TWO),
        3,
        "needs a readable name",
    ),
    "a name of controls": (robot('<link name="a&#9;b"/>', links=TWO), 3, "needs a readable name"),
    "not a number": (
        robot(joint("a", "base", "one", xyz="0 nan 0"), links=TWO),
        3,
        "“nan” is not a usable",
    ),
    "an infinite number": (
        robot(joint("a", "base", "one", xyz="0 1e999 0"), links=TWO),
        3,
        "not a usable number",
    ),
    "a number of another notation": (
        robot(joint("a", "base", "one", xyz="0 1_000 0"), links=TWO),
        3,
        "not a usable number",
    ),
    "a decimal comma": (
        robot(joint("a", "base", "one", xyz="0 0,5 0"), links=TWO),
        3,
        "“0,5” is not a usable",
    ),
    "two numbers": (robot(joint("a", "base", "one", xyz="0 1"), links=TWO), 3, "three numbers"),
    "an axis of nothing": (
        robot(joint("a", "base", "one", inside=LIMIT + '<axis xyz="0 0 0"/>'), links=TWO),
        3,
        "axis of length zero",
    ),
    "mimic of itself": (
        robot(joint("a", "base", "one", inside=LIMIT + '<mimic joint="a"/>'), links=TWO),
        3,
        "a mimics a",
    ),
    "mimic of nobody": (
        robot(joint("a", "base", "one", inside=LIMIT + '<mimic joint="z"/>'), links=TWO),
        3,
        "a mimics z",
    ),
    "a sensor on nothing": (
        robot('<gazebo reference="x"><sensor name="s" type="imu"/></gazebo>', links="base"),
        3,
        "placed on “x”",
    ),
    "a macro template": (
        robot('<x:macro xmlns:x="http://www.ros.org/wiki/xacro" name="a"/>', links="base"),
        3,
        "xacro template",
    ),
    "no link": (robot(), 1, "describes no link"),
    "another root": (b"<sdf><link name='a'/></sdf>", 1, "<sdf>, not a <robot>"),
    "broken markup": (b"<robot>\n<link name='a'>\n</robot>", 3, "cannot be read as XML"),
}


@pytest.mark.parametrize(("data", "line", "sentence"), REFUSED.values(), ids=list(REFUSED))
def test_what_is_wrong_is_refused_with_its_line(data: bytes, line: int, sentence: str) -> None:
    error = refusal(data)

    assert isinstance(error, Refused)
    assert error.line == line
    assert sentence in str(error)
    assert str(error).startswith(f"Line {line}: ")


def test_ten_thousand_joints_are_refused_with_a_sentence() -> None:
    joints = (joint(f"j{number}", "base", f"l{number}") for number in range(10_000))

    error = refusal(robot(*joints, links="base"))

    assert "10000 joints; more than 2000 are not accepted" in str(error)
    assert error.line == MAX_JOINTS + 3


def test_a_file_above_the_cap_is_refused_before_it_is_parsed() -> None:
    error = refusal(b"<robot>" + b" " * MAX_BYTES + b"</robot>")

    assert "larger than 20 MB" in str(error)


def test_markup_that_would_fill_the_memory_is_refused() -> None:
    assert "more elements" in str(refusal(b"<robot>" + b"<a/>" * 1_000_001 + b"</robot>"))


def test_elements_nested_without_end_are_refused() -> None:
    depth = 100_000

    error = refusal(b"<robot>" + b"<a>" * depth + b"</a>" * depth + b"</robot>")

    assert "cannot be read as XML" in str(error)


BOMB = b"""<?xml version="1.0"?>
<!DOCTYPE robot [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>
<robot name="&b;"><link name="base"/></robot>"""


@pytest.mark.parametrize(
    "data",
    [
        BOMB,
        BOMB.replace(b'"aaaaaaaaaa"', b'SYSTEM "file:///etc/hostname"'),
        b'<!DOCTYPE robot SYSTEM "http://127.0.0.1:9/robot.dtd"><robot/>',
        b"\xef\xbb\xbf" + BOMB,
    ],
)
def test_document_types_and_entities_are_refused(data: bytes) -> None:
    assert "document type or entities" in str(refusal(data))


@pytest.mark.parametrize(
    "data",
    [
        BOMB.decode().replace('"1.0"', '"1.0" encoding="UTF-16"').encode("utf-16"),
        BOMB.replace(b'"1.0"', b'"1.0" encoding="UTF-7"').replace(b"<!D", b"+ADwAIQ-D"),
        b"<?xml version='1.0' encoding='cp037'?><robot/>",
    ],
)
def test_encodings_that_could_hide_a_document_type_are_refused(data: bytes) -> None:
    assert "save it as UTF-8" in str(refusal(data))


@pytest.mark.parametrize("data", [b"", b"   \n", b"\x00\x01\x02", b"\xff\xfe\xfd", b"PK\x03\x04"])
def test_what_is_no_text_at_all_is_refused(data: bytes) -> None:
    assert refusal(data).field == "file"


def test_a_maker_s_file_in_its_own_encoding_is_read() -> None:
    text = (
        '<?xml version="1.0" encoding="GB18030"?><robot name="机器人"><link name="底座"/></robot>'
    )

    model = read_urdf(text.encode("gb18030"), name="test")

    assert (model.robot_name, model.root) == ("机器人", "底座")
