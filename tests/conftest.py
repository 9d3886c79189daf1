"""What every test can ask for. `--database sqlite|postgresql|both` chooses the engines.

A test that asks for a database, by whatever fixture, runs once on each engine; all others once.
`@pytest.mark.only_on("sqlite")` keeps a test to one engine; `@pytest.mark.demo_store` has the demo
store in its database.
"""

import gc
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from typing import Protocol

import hypothesis
import pytest
import structlog
from fastapi import FastAPI
from fastapi.testclient import TestClient
from playwright.sync_api import Browser, Page
from sqlalchemy.orm import Session

from app.kernel.db import Database
from app.main import create_app
from app.settings import Settings
from tests.browsers import NoBrowser, open_browser, watch
from tests.compiled import share_compiled
from tests.databases import ENGINES, EngineName, Supply
from tests.oneloop import one_loop
from tests.ordering import long_ones_first
from tests.processes import serving
from tests.scratch import keep_in_memory
from tests.stripe_server import StripeStandIn, running_stripe_stand_in

SUPPLY = pytest.StashKey[Supply]()
# What a test sets itself comes from its settings, not from the shell of whoever runs it.
KEPT_VARIABLES = ("QUATREFOIL_TEST_", "QUATREFOIL_SHARED")
# Left to itself, structlog draws each local of each frame below a defect, for seconds.
PLAIN_LOG = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
# How long one example takes says more about who else is using the machine.
hypothesis.settings.register_profile("patient", deadline=None)
hypothesis.settings.load_profile("patient")


class XdistWorker(Protocol):
    """What pytest-xdist shows of a worker: a place for what the controller tells it."""

    config: pytest.Config
    workerinput: dict[str, str | None]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--database",
        choices=(*ENGINES, "both"),
        default="both",
        help="the engines on which tests with a database run (default: both)",
    )


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "only_on(engine): run on this database engine alone")
    config.addinivalue_line("markers", "demo_store: the database holds the demo store")
    for name in [name for name in os.environ if name.startswith("QUATREFOIL_")]:
        if not name.startswith(KEPT_VARIABLES):
            del os.environ[name]
    # who ends the tests from outside ends them as Ctrl-C does: with everything put away
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    keep_in_memory()
    share_compiled()
    loop = ExitStack()
    loop.enter_context(one_loop())
    config.add_cleanup(loop.close)
    structlog.configure(processors=[*structlog.get_config()["processors"][:-1], PLAIN_LOG])
    told = getattr(config, "workerinput", None)
    supply = Supply(Path(told["folder"]), told["server"]) if told else Supply.open()
    config.stash[SUPPLY] = supply


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: XdistWorker) -> None:
    """Let all workers of this run share one PostgreSQL server and one template of each engine."""
    supply = node.config.stash[SUPPLY]
    node.workerinput["folder"] = str(supply.folder)
    node.workerinput["server"] = supply.server if "postgresql" in engines(node.config) else None


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput") and SUPPLY in config.stash:
        config.stash[SUPPLY].close()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Long tests come first, shared out among the workers: at the end, all have small ones left."""
    told = getattr(config, "workerinput", None)
    if told:
        items[:] = long_ones_first(items, workers=told["workercount"])


def pytest_collection_finish() -> None:
    """What imports made stays: no test has to look for garbage in it."""
    gc.freeze()


def engines(config: pytest.Config) -> tuple[EngineName, ...]:
    chosen = config.getoption("--database")
    return tuple(engine for engine in ENGINES if chosen in (engine, "both"))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "database_url" not in metafunc.fixturenames:
        return
    only_on = metafunc.definition.get_closest_marker("only_on")
    wanted = [
        engine for engine in engines(metafunc.config) if not only_on or engine in only_on.args
    ]
    metafunc.parametrize("database_url", wanted, indirect=True)


# The database and the service on it


@pytest.fixture
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a migrated database of this test alone, empty or with the demo store."""
    with_demo = request.node.get_closest_marker("demo_store") is not None
    supply = request.config.stash[SUPPLY]
    with supply.fresh(request.param, tmp_path, with_demo=with_demo) as url:
        yield url


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    opened = Database(database_url)
    yield opened
    opened.close()


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    """A writing session. The service sees what it wrote only after `session.commit()`."""
    with database.writing() as session:
        yield session


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    return Settings(database_url=database_url, data_dir=tmp_path / "var")


@pytest.fixture
def app(settings: Settings) -> Iterator[FastAPI]:
    made = create_app(settings)
    yield made
    made.state.database.close()


@pytest.fixture
def client(app: FastAPI) -> Iterator[TestClient]:
    with TestClient(app) as client:
        yield client


# Programs beside the test


@pytest.fixture
def stripe_stand_in() -> Iterator[StripeStandIn]:
    """A local server that speaks Stripe's HTTP, in a process of its own."""
    with running_stripe_stand_in() as stand_in:
        yield stand_in


@pytest.fixture
def start_server(database_url: str, tmp_path: Path) -> Iterator[Callable[..., str]]:
    """Start `quatrefoil serve` on this test's database: `start_server(QUATREFOIL_...="...")`."""
    numbers = count(1)
    with ExitStack() as started:

        def start(**settings: str) -> str:
            its_settings = {
                "QUATREFOIL_DATABASE_URL": database_url,
                "QUATREFOIL_DATA_DIR": str(tmp_path / "var"),
                **settings,
            }
            log = tmp_path / f"serve-{next(numbers)}.log"
            return started.enter_context(serving(settings=its_settings, log=log))

        yield start


@pytest.fixture
def live_server(start_server: Callable[..., str]) -> str:
    """The address of the real service, in a process of its own, on this test's database."""
    return start_server()


# The browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser for a file of tests. Not for the session: while it is open, its event loop keeps
    every other test of this process from running one.
    """
    with ExitStack() as opened:
        try:
            yield opened.enter_context(open_browser())
        except NoBrowser as missing:
            if os.environ.get("QUATREFOIL_TEST_BROWSER") == "required":
                raise
            pytest.skip(str(missing))


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page with a profile of its own; no script may fail in it, no policy be broken."""
    with browser.new_context() as context:
        page = context.new_page()
        troubles = watch(page)
        yield page
        assert not troubles, troubles
