"""The command line: `quatrefoil serve|migrate|demo|check|verify|store|model|user|token|export`."""

import gc

gc.disable()  # what imports make stays: looking for garbage in it takes a fifth of the start

import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from pydantic import ValidationError
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError
from typer.exceptions import TyperException

from app import checking, serving
from app import demo as demo_store
from app.calibration import verifying
from app.calibration.certificate_models import CalibrationCertificate
from app.exporting import StoreCode, export_commands
from app.identity import staff, tokens
from app.identity.house import command_line
from app.identity.roles import Role
from app.kernel import audit
from app.kernel.errors import StoreError
from app.kernel.filestore import FileStore
from app.kernel.tax import PriceMode
from app.opened import about, at_store, database_at
from app.robots import passportkeys, plans
from app.robots.urdf import MAX_BYTES
from app.settings import Settings
from app.stores import desk

gc.freeze()
gc.enable()

_BREACHES, _REFUSED = 1, 2
_FORESEEN = (TyperException, typer.Abort, ValidationError, StoreError, SQLAlchemyError, OSError)

cli = typer.Typer(
    name="quatrefoil",
    help="Point of sale and service for humanoid-robot 4S stores.",
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
store_commands = typer.Typer(help="Stores of this house.")
user_commands = typer.Typer(help="People who sign in.")
token_commands = typer.Typer(help="Keys for programs.")
model_commands = typer.Typer(help="Models of robots.")
cli.add_typer(store_commands, name="store")
cli.add_typer(model_commands, name="model")
cli.add_typer(user_commands, name="user")
cli.add_typer(token_commands, name="token")
cli.add_typer(export_commands, name="export")

Login = Annotated[str, typer.Argument(help="What the person signs in with.")]
FromStdin = Annotated[bool, typer.Option("--password-stdin", help="Read it from standard input.")]
PinFromStdin = Annotated[bool, typer.Option("--pin-stdin", help="Read it from standard input.")]


@cli.command()
def serve(
    *,
    host: Annotated[str, typer.Option(envvar="HOST", help="Where to listen.")] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(envvar="PORT", min=0, max=65535, help="0 finds a free one.")
    ] = 8000,
    demo: Annotated[bool, typer.Option(help="Load the demo store when there is none.")] = True,
) -> None:
    """Serve; bring the database up to date first, and an empty one to life with the demo store."""
    serving.serve(Settings(), host=host, port=port, may_load_demo=demo)


@cli.command()
def migrate() -> None:
    """Bring the database to its newest shape."""
    serving.prepare(Settings())
    typer.echo("The database is up to date.")


@cli.command()
def demo() -> None:
    """Load the demo store into an empty database."""
    settings = Settings()
    serving.prepare(settings)
    with database_at(settings) as database:
        demo_store.load(database)
    serving.say_logins()


@cli.command()
def check() -> None:
    """Prove that the books are in order; a line for each breach."""
    settings = Settings()
    with database_at(settings) as database:
        findings = checking.prove(database, files=FileStore.below(settings.data_dir))
    for breach in findings.breaches:
        typer.echo(breach)
    if findings.breaches:
        raise typer.Exit(_BREACHES)
    counted = ", ".join(f"{count} {name}" for name, count in findings.counted.items())
    typer.echo(f"All in order: {counted}.")


@cli.command()
def verify(
    file: Annotated[
        Path | None,
        typer.Argument(help="A robot's passport, or a calibration certificate in any form."),
    ] = None,
    *,
    key: Annotated[str, typer.Option(help="The public key that you expect (`/r/key`).")] = "",
) -> None:
    """Has a byte changed? Of a file; without one, of every certificate in the database.

    A passport is checked by its signature, a certificate by the digests that were issued.
    """
    if file is None:
        _verify_certificates()
        return
    known = passportkeys.known_key(Settings().data_dir)
    expected = passportkeys.HousePublicKey.from_text(key) if key else known
    found = passportkeys.check(file.read_bytes(), expected)
    problems = [str(problem) for problem in found.problems]
    if key and not problems and not found.is_ours:
        problems.append("The file was signed with another key.")
    if problems and _is_certificate(file):
        return
    for problem in problems:
        typer.echo(problem)
    if problems:
        typer.echo("Nor is it, byte for byte, a calibration certificate of this database.")
        raise typer.Exit(_BREACHES)
    typer.echo(f"{file.name}: not a byte has changed since it was signed with key {found.key}.")
    if not found.is_ours:
        typer.echo("That key stands in the file alone: compare it with the store's page /r/key.")


def _verify_certificates() -> None:
    with database_at(Settings()) as database, closing(database.reading()) as session:
        changed = list(verifying.breaches(session))
        count = session.scalar(select(func.count()).select_from(CalibrationCertificate))
    for line in changed:
        typer.echo(line)
    if changed:
        raise typer.Exit(_BREACHES)
    typer.echo(f"Not a byte of {count} certificates has changed.")


def _is_certificate(file: Path) -> bool:
    """Whether the file is a certificate of this house as it was issued; then it is said."""
    settings = Settings()
    if not settings.database_url and not (settings.data_dir / "quatrefoil.db").exists():
        return False
    with database_at(settings) as database, closing(database.reading()) as session:
        found = verifying.name_of(session, file.read_bytes())
    if found is not None:
        typer.echo(f"{file.name}: certificate {found[0]}, not a byte has changed ({found[1]}).")
    return found is not None


@store_commands.command("add")
def add_store(
    code: Annotated[str, typer.Argument(help="A short name, e.g. LEJ.")],
    *,
    name: Annotated[str, typer.Option(help="What customers call it.")],
    legal_name: Annotated[str, typer.Option(help="The seller on documents.")],
    country: Annotated[str, typer.Option(help="Two letters, e.g. DE.")],
    currency: Annotated[str, typer.Option(help="Three letters, e.g. EUR.")],
    zone: Annotated[str, typer.Option(help="Time zone, e.g. Europe/Berlin.")],
    prices: Annotated[PriceMode, typer.Option(help="With tax (gross) or without (net).")],
) -> None:
    """Open a store; the rest of it is set on its settings pages."""
    with database_at(Settings()) as database, database.transaction() as session:
        store = desk.create(
            session,
            code=code,
            name=name,
            legal_name=legal_name,
            currency=currency,
            price_mode=prices,
            zone=zone,
            country=country,
        )
        audit.record(session, command_line(store.id), "store.opened", subject=f"store:{store.code}")
    typer.echo(f"Store {code} is open. Next: quatrefoil user add … --role admin --store {code}")


@user_commands.command("add")
def add_user(
    login: Login,
    *,
    name: Annotated[str, typer.Option(help="The name on screen and on documents.")],
    role: Annotated[Role, typer.Option(help="What the person may do.")],
    store: StoreCode = "",
    password_stdin: FromStdin = False,
) -> None:
    """Take somebody on; asks for the password."""
    password = _secret("Password", from_stdin=password_stdin)
    with at_store(store) as (session, house):
        staff.add(session, house, login=login, name=name, role=role, password=password)
    typer.echo(f"{login} can sign in.")


@user_commands.command("disable")
def disable_user(login: Login) -> None:
    """Let somebody sign in no more, and end what they are signed in to."""
    with about(login) as (session, house):
        staff.disable(session, house, staff.by_login(session, login))
    typer.echo(f"{login} can no longer sign in.")


@user_commands.command("password")
def set_password(login: Login, *, password_stdin: FromStdin = False) -> None:
    """Give somebody a new password, also one who is locked out."""
    password = _secret("New password", from_stdin=password_stdin)
    with about(login) as (session, house):
        staff.set_password(session, house, staff.by_login(session, login), password)
    typer.echo(f"{login} has a new password.")


@user_commands.command("pin")
def set_pin(login: Login, *, pin_stdin: PinFromStdin = False) -> None:
    """Give somebody a PIN for enrolled terminals."""
    pin = _secret("New PIN", from_stdin=pin_stdin)
    with about(login) as (session, house):
        staff.set_pin(session, house, staff.by_login(session, login), pin)
    typer.echo(f"{login} has a new PIN.")


@token_commands.command("create")
def create_token(
    *,
    role: Annotated[Role, typer.Option(help="What the program may do.")],
    name: Annotated[str, typer.Option(help="Which program it is.")],
    store: StoreCode = "",
) -> None:
    """Make a key for a program and print it; it is shown this once."""
    with at_store(store) as (session, house):
        token = tokens.create(session, house, name=name, role=role)
    typer.echo(token)


@model_commands.command("import-urdf")
def import_urdf(
    files: Annotated[
        list[Path], typer.Argument(exists=True, dir_okay=False, metavar="FILE...", help="URDF.")
    ],
    *,
    maker: Annotated[str, typer.Option(help="Who builds it.")],
    model: Annotated[
        str, typer.Option(help="The model’s code; without it, or with several files, their names.")
    ] = "",
    revision: Annotated[str, typer.Option(help="Hardware revision; without it, all others.")] = "",
    store: StoreCode = "",
) -> None:
    """Make models with their slots from robot descriptions: all of them, or none."""
    read = [(file, _beginning(file)) for file in files]
    with at_store(store) as (session, house):
        done = [
            plans.import_urdf(
                session,
                house,
                maker=maker,
                code=plans.code_of(model, file.name, alone=len(read) == 1),
                revision=revision,
                file_name=file.name,
                data=data,
            )
            for file, data in read
        ]
        told = [
            f"{one.model.code}: {one.slots} slots, {len(one.added)} of them new" for one in done
        ]
    typer.echo("\n".join(told))


def _beginning(file: Path) -> bytes:
    """All that may be read of a file: one byte more than allowed is enough to be refused."""
    with file.open("rb") as opened:
        return opened.read(MAX_BYTES + 1)


def main() -> NoReturn:
    """What `quatrefoil` runs."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run one command and give its exit code; whatever was wrong is one line on standard error."""
    try:
        code = cli(list(arguments), prog_name="quatrefoil", standalone_mode=False)
    except _FORESEEN as error:
        typer.echo(f"quatrefoil: {_told(error)}", err=True)
        return _REFUSED
    return code if isinstance(code, int) else 0


def _told(error: Exception) -> str:
    """One line that says what was wrong."""
    match error:
        case TyperException():
            return f"{error.format_message().rstrip('.')}. See: quatrefoil --help"
        case ValidationError():
            return "; ".join(map(_setting_problem, error.errors()))
        case typer.Abort():
            return "Nothing was done."
        case SQLAlchemyError():
            return f"The database refuses: {_first_line(getattr(error, 'orig', None) or error)}"
        case OSError():
            return f"{error.filename or 'System'}: {error.strerror or error}"
    return str(error)


def _secret(prompt: str, *, from_stdin: bool) -> str:
    """A secret from the terminal, typed twice, or the first line of standard input.

    Asked before any transaction begins: while one waits for a person, nobody else can write.
    """
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    typed: str = typer.prompt(prompt, hide_input=True, confirmation_prompt=True)
    return typed


def _setting_problem(problem: object) -> str:
    match problem:
        case {"loc": [*names], "msg": str(sentence)}:
            return f"QUATREFOIL_{'_'.join(map(str, names)).upper()}: {sentence}"
    return str(problem)


def _first_line(error: object) -> str:
    return str(error).strip().partition("\n")[0]
