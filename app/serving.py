"""`quatrefoil serve`: from an empty folder to a service that answers, and back to nothing."""

import secrets
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_address

import typer
import uvicorn
from pydantic import SecretStr

from app import demo, local_stripe, logs
from app.kernel import migrating
from app.kernel.db import Database
from app.kernel.errors import StoreError, Unavailable
from app.kernel.text import msg
from app.main import create_app
from app.settings import Settings
from app.web import live

_BACKLOG = 2048
# How long requests under way may still take once we were told to end.
_GRACE_S = 10


def serve(settings: Settings, *, host: str, port: int, may_load_demo: bool) -> None:
    """Serve until told to stop. Port 0 finds a free one.

    Raises Unavailable when the address, or the local card service, cannot be had.
    """
    signal.signal(signal.SIGTERM, _leave)
    logs.configure(settings)
    with listening(host, port) as door:
        address = address_of(door)
        settings = _with_public_url(settings, address)
        prepare(settings)
        with _card_service(settings, address) as settings:
            app = create_app(settings)
            database: Database = app.state.database
            _furnish(database, settings, may_load_demo=may_load_demo)
            _greet(database, address=address, host=host)
            # proxies' headers are left alone: whoever sends them first could claim any address
            config = uvicorn.Config(
                app,
                log_config=None,
                access_log=False,
                proxy_headers=False,
                server_header=False,
                lifespan="on",
                timeout_graceful_shutdown=_GRACE_S,
            )
            _Server(config).run(sockets=[door])


class _Server(uvicorn.Server):
    """Ends the streams of news first: they would stay open, and hold up the end."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        live.close()
        await super().shutdown(sockets)


def prepare(settings: Settings) -> None:
    """The data folder is there, and the database at the newest migration."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    migrating.upgrade(settings.database)


@contextmanager
def listening(host: str, port: int) -> Iterator[socket.socket]:
    """A socket that takes connections from now on; who comes early waits for the service."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # named as TCP, or asyncio would not switch off the delay that costs 40 ms an answer
    with socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP) as door:
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            door.bind((host, port))
            door.listen(_BACKLOG)
        except OSError as error:
            raise Unavailable(
                msg(
                    "Cannot listen on {host}, port {port}: {why}.",
                    host=host,
                    port=str(port),
                    why=error.strerror or str(error),
                )
            ) from error
        yield door


def address_of(door: socket.socket) -> str:
    """Where a browser on this machine reaches a socket that listens."""
    host, port = door.getsockname()[:2]
    ip = ip_address(host)
    if ip.is_unspecified:
        ip = ip_address("::1" if ip.version == 6 else "127.0.0.1")  # noqa: PLR2004 - IPv6
    return f"http://[{ip}]:{port}" if ip.version == 6 else f"http://{ip}:{port}"  # noqa: PLR2004


def say_logins() -> None:
    """How to sign in at the demo store, a line each."""
    typer.echo(f"Demo store. Everybody's password: {demo.PASSWORD}")
    for login in demo.LOGINS:
        typer.echo(f"  {login.login:<6} PIN {login.pin}  {login.role.value:<12} {login.name}")


@contextmanager
def _card_service(settings: Settings, address: str) -> Iterator[Settings]:
    """The settings as they are when they name a card service; else with a local one."""
    if settings.stripe_secret_key.get_secret_value() or settings.stripe_api_base:
        yield settings
        return
    secret = f"whsec_{secrets.token_hex(16)}"
    webhook = f"{address}/webhooks/stripe"
    with local_stripe.running(settings.data_dir, webhook=webhook, secret=secret) as api_base:
        yield settings.model_copy(
            update={"stripe_api_base": api_base, "stripe_webhook_secret": SecretStr(secret)}
        )


def _furnish(database: Database, settings: Settings, *, may_load_demo: bool) -> None:
    """The demo store for an empty database, and readers that the local card service knows."""
    with database.reading() as session:
        empty = demo.is_empty(session)
    if empty and may_load_demo:
        demo.load(database)
    if not settings.stripe_secret_key.get_secret_value():
        try:
            local_stripe.give_readers(database)
        except StoreError as refusal:  # a shop without cards is still a shop
            typer.echo(f"quatrefoil: {refusal}", err=True)


def _greet(database: Database, *, address: str, host: str) -> None:
    typer.echo(f"Quatrefoil is at {address}")
    with database.reading() as session:
        shows_demo = demo.is_demo(session)
    if shows_demo:
        say_logins()
    if shows_demo and host not in {"127.0.0.1", "::1", "localhost"}:
        typer.echo("Others can reach this address, and everybody knows these passwords.")
    sys.stdout.flush()


def _with_public_url(settings: Settings, address: str) -> Settings:
    """Unless somebody set it: codes on paper lead to where we really are."""
    if "public_url" in settings.model_fields_set:
        return settings
    return settings.model_copy(update={"public_url": address})


def _leave(_signal: int, _frame: object) -> None:
    """SIGTERM as an ordinary end of the program, so that each `with` is left in order."""
    raise SystemExit(0)
