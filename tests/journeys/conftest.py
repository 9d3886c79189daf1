"""A demo store that is looked at, or worked in, by several tests of a file."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import SUPPLY
from tests.processes import serving


@pytest.fixture(scope="module")
def demo_url(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """The address of the service on a demo store of this file's own."""
    folder: Path = tmp_path_factory.mktemp("demo")
    with request.config.stash[SUPPLY].fresh("sqlite", folder, with_demo=True) as database:
        settings = {"QUATREFOIL_DATABASE_URL": database, "QUATREFOIL_DATA_DIR": str(folder / "var")}
        with serving(settings=settings, log=folder / "serve.log") as url:
            yield url
