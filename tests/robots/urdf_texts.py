"""Small robot descriptions, written line by line for tests."""

LIMIT = '<limit lower="-1" upper="2" velocity="10" effort="50"/>'


def joint(
    name: str,
    parent: str,
    child: str,
    *,
    kind: str = "revolute",
    xyz: str = "0 0 0",
    rpy: str = "0 0 0",
    inside: str = LIMIT,
) -> str:
    return (
        f'<joint name="{name}" type="{kind}"><origin xyz="{xyz}" rpy="{rpy}"/>'
        f'<parent link="{parent}"/><child link="{child}"/>{inside}</joint>'
    )


def robot(*parts: str, links: str = "") -> bytes:
    """A description on numbered lines: line 1 opens the robot, part n stands on line n + 2."""
    named = "".join(f'<link name="{link}"/>' for link in links.split())
    return "\n".join(['<robot name="test">', named, *parts, "</robot>"]).encode()
