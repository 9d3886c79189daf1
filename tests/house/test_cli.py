"""The command line does what it says, and refuses in one line."""

import io
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest
import structlog
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app import cli, demo
from app.identity import signing, tokens
from app.identity.models import Staff
from app.identity.roles import Role
from app.kernel.db import Database
from app.robots.models import RobotModel, Unit
from app.stores.models import Till
from tests.makers.payments import shop
from tests.makers.robots import a_unit
from tests.processes import QUATREFOIL, accepts, free_port, is_ready, running
from tests.robots.urdf_texts import joint, robot
from tests.stripe_server import eventually

PASSWORD = "correct horse battery"


@pytest.fixture(autouse=True)
def quiet_again() -> Iterator[None]:
    """Commands set up the log of their process; other tests get the one they expect."""
    yield
    structlog.reset_defaults()


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch, database_url: str) -> str:
    """The environment in which commands work on this test's database."""
    monkeypatch.setenv("QUATREFOIL_DATABASE_URL", database_url)
    return database_url


def type_in(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(text))


def assert_refused(capsys: pytest.CaptureFixture[str], code: int, reason: str) -> None:
    said = capsys.readouterr()
    assert code == 2
    assert said.out == ""
    assert reason in said.err
    assert said.err.startswith("quatrefoil: ")
    assert said.err.count("\n") == 1


# migrate, check


def test_migrate_makes_folder_and_database(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("QUATREFOIL_DATA_DIR", str(tmp_path / "deep" / "var"))

    assert cli.run(["migrate"]) == 0
    assert cli.run(["check"]) == 0

    assert (tmp_path / "deep" / "var" / "quatrefoil.db").exists()
    assert "All in order: 0 customers, 0 robots" in capsys.readouterr().out


def test_no_command_works_on_a_database_of_another_shape(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("QUATREFOIL_DATA_DIR", str(tmp_path))

    code = cli.run(["token", "create", "--role", "sales", "--name", "till"])

    assert_refused(capsys, code, "Run: quatrefoil migrate")


@pytest.mark.usefixtures("here")
def test_check_names_each_breach_and_ends_with_1(
    session: Session, capsys: pytest.CaptureFixture[str]
) -> None:
    unit = a_unit(session, shop(session).store, "DEMO-1")
    session.commit()
    session.execute(update(Unit).where(Unit.id == unit.id).values(serial_key="other"))
    session.commit()

    code = cli.run(["check"])

    assert code == 1
    assert capsys.readouterr().out == (f"robots: units {unit.id}: key 'other' is not of 'DEMO-1'\n")


# demo, store


@pytest.mark.usefixtures("here")
@pytest.mark.only_on("sqlite")
def test_demo_tells_how_to_sign_in_and_loads_only_once(
    database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(["demo"]) == 0
    said = capsys.readouterr().out

    assert all(login.pin in said for login in demo.LOGINS)
    for login in demo.LOGINS[:2]:
        assert signed_in(database, login.login, demo.PASSWORD)
    assert_refused(capsys, cli.run(["demo"]), "already holds a store")


@pytest.mark.usefixtures("here")
def test_a_store_begins_with_its_first_person(
    database: Database, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    hire = ["user", "add", "ines", "--name", "Ines Roth", "--role", "admin", "--password-stdin"]
    type_in(monkeypatch, f"{PASSWORD}\n{PASSWORD}\n")
    assert_refused(capsys, cli.run(hire), "There is no store yet")

    assert cli.run(open_store("LEJ")) == 0
    assert cli.run(hire) == 0

    assert signed_in(database, "ines", PASSWORD)
    capsys.readouterr()
    assert_refused(capsys, cli.run(open_store("LEJ")), "already a store LEJ")


@pytest.mark.usefixtures("here")
@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"--currency": "EURO"}, "not a currency"),
        ({"--zone": "Europe/Leipzig"}, "not a time zone"),
        ({"--country": "Germany"}, "two letters"),
        ({"--prices": "cheap"}, "cheap"),
        ({"--name": " "}, "its names"),
    ],
)
def test_a_store_that_cannot_be_is_refused(
    wrong: dict[str, str], reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert_refused(capsys, cli.run(open_store("LEJ", **wrong)), reason)


# user


@pytest.mark.usefixtures("here")
def test_who_is_taken_on_twice_is_refused_and_who_is_disabled_is_out(
    database: Database, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with database.transaction() as session:
        shop(session)
    hire = ["user", "add", "otto", "--name", "Otto Berg", "--role", "sales", "--password-stdin"]
    type_in(monkeypatch, f"{PASSWORD}\n{PASSWORD}\n")

    assert cli.run(hire) == 0
    capsys.readouterr()
    assert_refused(capsys, cli.run(hire), "otto is already in use")
    assert signed_in(database, "otto", PASSWORD)
    assert cli.run(["user", "disable", "OTTO"]) == 0
    assert not signed_in(database, "otto", PASSWORD)


@pytest.mark.usefixtures("here")
@pytest.mark.only_on("sqlite")
def test_secrets_are_changed_from_standard_input_or_the_terminal(
    database: Database, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    hired(database, monkeypatch)

    type_in(monkeypatch, "another good one\n")
    assert cli.run(["user", "password", "otto", "--password-stdin"]) == 0
    type_in(monkeypatch, "8352\n")
    assert cli.run(["user", "pin", "otto", "--pin-stdin"]) == 0
    type_in(monkeypatch, "1111\n")
    capsys.readouterr()
    assert_refused(capsys, cli.run(["user", "pin", "otto", "--pin-stdin"]), "A PIN has")
    monkeypatch.setattr("getpass.getpass", lambda *_args, **_kwargs: "typed at the desk")
    assert cli.run(["user", "password", "otto"]) == 0

    assert "another" not in capsys.readouterr().out
    assert signed_in(database, "otto", "typed at the desk")


# token


@pytest.mark.usefixtures("here")
def test_a_token_is_printed_alone_and_works(
    session: Session, capsys: pytest.CaptureFixture[str]
) -> None:
    store = shop(session).store
    session.commit()

    assert cli.run(["token", "create", "--role", "parts", "--name", "shelf scanner"]) == 0

    token = capsys.readouterr().out.removesuffix("\n")
    actor = tokens.actor_of(session, token)
    assert (actor.store_id, actor.name, actor.role) == (store.id, "shelf scanner", Role.PARTS)


@pytest.mark.usefixtures("here")
@pytest.mark.only_on("sqlite")
def test_where_there_are_several_stores_one_is_named(
    session: Session, capsys: pytest.CaptureFixture[str]
) -> None:
    shop(session, code="LEJ")
    hamburg = shop(session, code="HAM").store
    session.commit()
    make = ["token", "create", "--role", "sales", "--name", "till"]

    assert_refused(capsys, cli.run(make), "Name one of the stores with --store: HAM, LEJ.")
    assert_refused(capsys, cli.run([*make, "--store", "BER"]), "HAM, LEJ")
    assert cli.run([*make, "--store", "HAM"]) == 0

    assert tokens.actor_of(session, capsys.readouterr().out.strip()).store_id == hamburg.id


# model


@pytest.mark.usefixtures("here")
def test_robot_descriptions_become_models_or_none_does(
    session: Session, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # given two descriptions, one of them broken
    assert cli.run(open_store("LEJ")) == 0
    legs, broken = tmp_path / "Legs.urdf", tmp_path / "broken.urdf"
    moving = joint("left_knee_joint", "thigh", "shin")
    legs.write_bytes(robot(moving, links="thigh shin"))
    broken.write_bytes(robot("<joint/>", links="a"))
    capsys.readouterr()
    command = ["model", "import-urdf", "--maker", "Unitree", "--revision", "B"]
    # when
    code = cli.run([*command, str(legs), str(broken)])
    # then
    assert_refused(capsys, code, "broken.urdf: Line 3: <joint> needs a readable name")
    assert session.scalars(select(RobotModel.code)).all() == []
    session.rollback()
    # when
    assert cli.run([*command, str(legs)]) == 0
    assert cli.run([*command, "--model", "G1", str(legs)]) == 0
    assert cli.run([*command, str(legs)]) == 0
    # then
    told = capsys.readouterr().out.splitlines()
    assert told == [
        "Legs: 1 slots, 1 of them new",
        "G1: 1 slots, 1 of them new",
        "Legs: 1 slots, 0 of them new",
    ]


# what is wrong is said in one line


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ([], "Missing command"),
        (["sell"], "No such command 'sell'"),
        (["user", "add"], "Missing argument"),
        (["user", "add", "x", "--name", "X", "--role", "king"], "king"),
        (["serve", "--port", "70000"], "65535"),
        (["check", "--fast"], "--fast"),
    ],
)
def test_misuse_is_refused_in_one_line(
    arguments: list[str], reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert_refused(capsys, cli.run(arguments), reason)


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("POOL_SIZE", "many", "QUATREFOIL_POOL_SIZE: "),
        ("DATABASE_URL", "somewhere", "The database refuses: "),
        ("DATABASE_URL", "postgresql+psycopg://nobody@127.0.0.1:1/none", "Connection refused"),
        ("DATA_DIR", "/dev/null/var", "/dev/null/var: Not a directory"),
    ],
)
def test_settings_that_cannot_work_are_refused_in_one_line(
    name: str,
    value: str,
    reason: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv(f"QUATREFOIL_{name}", value)

    assert_refused(capsys, cli.run(["migrate"]), reason)


# serve


@pytest.mark.only_on("sqlite")  # demo stores of both engines are made for other tests
def test_serve_fills_an_empty_database_and_its_tills_have_readers(
    live_server: str, database: Database, tmp_path: Path
) -> None:
    with urlopen(f"{live_server}/healthz") as answer:
        assert answer.status == 200
    with database.reading() as session:
        assert demo.is_demo(session)
        readers = session.scalars(select(Till.reader_id)).all()
    assert len(set(readers)) == 2
    assert all(reader.startswith("tmr_") for reader in readers)
    assert (tmp_path / "var" / "stripe.db").exists()


@pytest.mark.only_on("sqlite")
def test_serve_ends_in_order_with_its_card_service_also_after_a_crash(tmp_path: Path) -> None:
    port, settings = free_port(), {"QUATREFOIL_DATA_DIR": str(tmp_path / "var")}
    started = serve_without_demo(port, settings)
    crashed_child = child_of(started)
    started.kill()
    started.wait()

    again = serve_without_demo(port, settings)

    assert not is_running(crashed_child)
    child = child_of(again)
    again.send_signal(signal.SIGTERM)
    assert again.wait(timeout=15) == 0
    assert not is_running(child)
    assert not accepts(port)


@pytest.mark.only_on("sqlite")
def test_serve_refuses_an_address_in_use(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    port = free_port()
    monkeypatch.setenv("QUATREFOIL_DATA_DIR", str(tmp_path / "var"))
    before = signal.getsignal(signal.SIGTERM)
    with running(
        ("python3", "-m", "http.server", "--bind", "127.0.0.1", str(port)),
        settings={},
        is_up=lambda: accepts(port),
        log=tmp_path / "log",
    ):
        code = cli.run(["serve", "--port", str(port)])
    signal.signal(signal.SIGTERM, before)

    assert_refused(capsys, code, f"Cannot listen on 127.0.0.1, port {port}: Address already in use")
    assert not (tmp_path / "var").exists()


# what the tests above rest on


def open_store(code: str, **other: str) -> list[str]:
    options = {
        "--name": f"Vierblatt {code}",
        "--legal-name": "Vierblatt GmbH",
        "--country": "DE",
        "--currency": "EUR",
        "--zone": "Europe/Berlin",
        "--prices": "gross",
    } | other
    return ["store", "add", code, *(word for option in options.items() for word in option)]


def hired(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Otto works in the only store."""
    with database.transaction() as session:
        shop(session)
    type_in(monkeypatch, f"{PASSWORD}\n")
    hire = ["user", "add", "otto", "--name", "Otto Berg", "--role", "sales", "--password-stdin"]
    assert cli.run(hire) == 0


def signed_in(database: Database, login: str, password: str) -> bool:
    """Whether somebody would get in with these."""
    with database.reading() as session:
        claim = signing.claim_by_password(session, login=login, password=password)
        person = session.get(Staff, claim.staff_id)
        return claim.fits and person is not None and person.disabled_at is None


def serve_without_demo(port: int, settings: dict[str, str]) -> subprocess.Popen[bytes]:
    """The service once it is ready; it must be ended by whoever asked for it."""
    started = subprocess.Popen(
        (QUATREFOIL, "serve", "--port", str(port), "--no-demo"),
        env={**os.environ, **settings},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    eventually(lambda: is_ready(f"http://127.0.0.1:{port}"), within_s=30)
    return started


def child_of(process: subprocess.Popen[bytes]) -> int:
    """The one child of a process, by Linux's own list."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    assert len(children) == 1
    return int(children[0])


def is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"
