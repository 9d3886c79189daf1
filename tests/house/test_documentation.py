"""What exists is in the pages for people, and what they lead to exists."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
import typer.main

from app import cli, demo
from app.main import ROUTERS
from app.settings import Settings
from tests.house.documents import DOCS, ROOT, page, pages

API = "/api/v1/"
BESIDE_THE_ROUTERS = {"/static", "/api", f"{API}openapi"}
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")


def settings_of_the_house() -> list[str]:
    return [f"QUATREFOIL_{name.upper()}" for name in Settings.model_fields]


def commands(group: object, *before: str) -> Iterator[str]:
    """Every command with the words that lead to it: `user add`."""
    for name, command in getattr(group, "commands", {}).items():
        if hasattr(command, "commands"):
            yield from commands(command, *before, name)
        else:
            yield " ".join((*before, name))


COMMANDS = list(commands(typer.main.get_command(cli.cli)))


def addresses(routes: Sequence[object]) -> Iterator[str]:
    """The path of every route, also of routers within routers."""
    for route in routes:
        inner = getattr(route, "original_router", None)
        if inner is not None:
            yield from addresses(inner.routes)
        else:
            yield str(getattr(route, "path", ""))


def prefix(path: str) -> str:
    """What the page of addresses must name: the first step, for programs the resource."""
    base, rest = (API, path.removeprefix(API)) if path.startswith(API) else ("/", path[1:])
    return base + re.split(r"[/{.]", rest)[0]


@pytest.mark.parametrize("name", settings_of_the_house())
def test_each_setting_is_explained(name: str) -> None:
    assert re.search(rf"^\| `{name}` \| .+ \| .+ \|$", page("settings.md"), re.MULTILINE)


def test_no_setting_is_explained_that_does_not_exist() -> None:
    text = "".join(map(Path.read_text, pages()))
    # what begins with QUATREFOIL_TEST_ is for the tests, and no setting of the service
    named = set(re.findall(r"QUATREFOIL_(?!TEST_)[A-Z_]+[A-Z]", text))

    assert named <= set(settings_of_the_house())


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_is_explained(command: str) -> None:
    assert re.search(
        rf"^\| `quatrefoil {command}\b[^`]*` \| .+ \|$", page("commands.md"), re.MULTILINE
    )


def test_no_command_is_explained_that_does_not_exist() -> None:
    for words in re.findall(
        r"^\| `quatrefoil ([a-z ]+?)(?: [A-Z]+)?` \|", page("commands.md"), re.MULTILINE
    ):
        assert words in COMMANDS


def test_the_page_of_addresses_names_all_there_are_and_no_other() -> None:
    named = {prefix(path) for path in re.findall(r"`(/[^` ]*)`", page("addresses.md"))}
    existing = {prefix(path) for router in ROUTERS for path in addresses(router.routes)}

    assert named == existing | BESIDE_THE_ROUTERS


def test_each_login_of_the_demo_store_is_in_the_readme() -> None:
    text = (ROOT / "README.md").read_text()

    assert f"`{demo.PASSWORD}`" in text
    for login in demo.LOGINS:
        assert f"| `{login.login}` | {login.pin} |" in text


@pytest.mark.parametrize("path", pages(), ids=lambda path: path.name)
def test_each_link_leads_somewhere(path: Path) -> None:
    for target in LINK.findall(path.read_text()):
        if not target.startswith(("http://", "https://")):
            assert (path.parent / target).exists(), target


def test_each_decision_has_its_number_and_fits_on_a_page() -> None:
    decisions = sorted((DOCS / "decisions").glob("*.md"))

    assert len({path.name[:3] for path in decisions}) == len(decisions)
    for path in decisions:
        assert re.fullmatch(r"\d{3}-[a-z0-9-]+\.md", path.name)
        assert len(path.read_text().splitlines()) <= 45


def test_the_picture_shows_every_domain() -> None:
    picture = page("architecture.svg")
    domains = {path.parent.name for path in (ROOT / "app").glob("*/models.py")}

    assert [name for name in sorted(domains) if f">{name}<" not in picture] == []
