"""What is sent: never more than a store needs, never a part of it, never twice by our doing."""

import asyncio
import hashlib
import time
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy.exc import DBAPIError, OperationalError
from starlette.types import Message, Receive, Scope, Send

from app.web import csrf
from app.web.buffering import FORM_CAP, UPLOAD_CAP, BufferedWrites

SECRET = "of-this-browser"
FORM = "application/x-www-form-urlencoded"
only_once = pytest.mark.only_on("sqlite")


@pytest.fixture
def visitor(app: FastAPI) -> TestClient:
    client = TestClient(app, follow_redirects=False, raise_server_exceptions=False)
    client.cookies.set(csrf.COOKIE, SECRET)
    return client


def post(client: TestClient, content: bytes, content_type: str, path: str = "/sign-in") -> int:
    headers = {"Content-Type": content_type, csrf.HEADER: csrf._token(SECRET)}
    return client.post(path, content=content, headers=headers).status_code


@only_once
def test_a_megabyte_of_dashes_is_answered_at_once(visitor: TestClient) -> None:
    """SEC-09: by the time that it takes this process, since others use the machine."""
    post(visitor, b"", FORM)  # the first one works out all addresses
    dashes = b"--b\r\n" + b"-" * 1_000_000 + b"\r\n--b--\r\n"
    for body in (dashes, b"--b" + b"-" * 1_000_000, b"\r\n" * 500_000 + b"--b--"):
        began = time.process_time()
        status = post(visitor, body, "multipart/form-data; boundary=b")

        assert 400 <= status < 500
        assert time.process_time() - began < 1


@only_once
def test_a_form_of_thousands_of_fields_is_refused(visitor: TestClient) -> None:
    """SEC-11: written either way."""
    fields = b"&".join(b"f%d=x" % number for number in range(5_000))
    parts = b"".join(
        b'--b\r\nContent-Disposition: form-data; name="f%d"\r\n\r\nx\r\n' % number
        for number in range(5_000)
    )

    assert post(visitor, fields, FORM) == 400
    assert post(visitor, parts + b"--b--\r\n", "multipart/form-data; boundary=b") == 400


@only_once
def test_thirty_megabytes_are_refused_before_they_are_read(visitor: TestClient) -> None:
    """SEC-11: whatever they call themselves."""
    huge = b"login=" + b"x" * 30_000_000
    for content_type in (FORM, "application/json", "text/plain", "multipart/form-data; boundary=b"):
        assert post(visitor, huge, content_type) == 413
    assert post(visitor, b"x" * (FORM_CAP + 1), FORM) == 413
    assert post(visitor, b"{}" + b" " * FORM_CAP, "application/json", "/api/v1/orders") == 413


@only_once
def test_a_body_that_is_no_form_is_a_refusal(visitor: TestClient) -> None:
    for content_type, body in (
        (FORM, b"\xff\xfe\x00=%zz&%&&==;"),
        (FORM, b""),
        ("multipart/form-data", b"x"),
        ("multipart/form-data; boundary=b", b"--x\r\n"),
        ("multipart/form-data; boundary=", b""),
        ("application/json", b"{"),
        ("application/json", b"[" * 100_000),
    ):
        assert 400 <= post(visitor, body, content_type) < 500, (content_type, body[:20])


class Recorder:
    """An application that notes each body that reaches it."""

    def __init__(self, *, fails: int = 0, error: Exception | None = None) -> None:
        self.bodies: list[bytes] = []
        self.hashes: list[str] = []
        self.fails, self.error = fails, error

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        message = await receive()
        self.bodies.append(message["body"])
        self.hashes.append(scope["state"]["body_sha256"])
        if len(self.bodies) <= self.fails and self.error is not None:
            raise self.error
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})


def run(app: Recorder, messages: list[Message], *, content_type: str = FORM) -> list[int]:
    """Send these messages as one request; the status codes that were answered."""
    answered: list[int] = []
    coming = iter(messages)

    async def receive() -> Message:
        return next(coming, {"type": "http.disconnect"})

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            answered.append(message["status"])

    headers = [(b"content-type", content_type.encode())]
    scope: dict[str, Any] = {"type": "http", "method": "POST", "path": "/", "headers": headers}
    asyncio.run(BufferedWrites(app)(scope, receive, send))
    return answered


def body(content: bytes, *, more: bool = False) -> Message:
    return {"type": "http.request", "body": content, "more_body": more}


def test_a_body_in_pieces_arrives_whole() -> None:
    app = Recorder()

    assert run(app, [body(b"tendered=15", more=True), body(b"000")]) == [204]
    assert app.bodies == [b"tendered=15000"]
    assert app.hashes == [hashlib.sha256(b"tendered=15000").hexdigest()]


def test_half_a_request_does_nothing() -> None:
    """POS-07: `tendered=15` of `tendered=15000` is another amount."""
    app = Recorder()

    assert run(app, [body(b"tendered=15", more=True), {"type": "http.disconnect"}]) == [400]
    assert app.bodies == []


def test_a_body_without_an_end_is_cut() -> None:
    app = Recorder()
    endless: list[Message] = [body(b"x" * 100_000, more=True)] * 1_000

    assert run(app, endless) == [413]
    assert run(app, endless, content_type="multipart/form-data; boundary=b") == [413]
    assert app.bodies == []
    assert UPLOAD_CAP < 1_000 * 100_000


class Collision(Exception):
    """What PostgreSQL says when two transactions cannot both be right."""

    def __init__(self, sqlstate: str) -> None:
        super().__init__(sqlstate)
        self.sqlstate = sqlstate


def collided(sqlstate: str) -> DBAPIError:
    return OperationalError("COMMIT", {}, Collision(sqlstate))


@pytest.mark.parametrize("sqlstate", ["40001", "40P01"])
def test_a_transaction_that_collided_is_run_again_with_the_same_body(sqlstate: str) -> None:
    app = Recorder(fails=3, error=collided(sqlstate))

    assert run(app, [body(b"a=1")]) == [204]
    assert app.bodies == [b"a=1"] * 4


@pytest.mark.parametrize(
    ("error", "tries"), [(collided("23505"), 1), (ValueError("x"), 1), (collided("40001"), 6)]
)
def test_another_error_is_not_tried_again_and_a_collision_not_for_ever(
    error: Exception, tries: int
) -> None:
    app = Recorder(fails=99, error=error)
    with pytest.raises(type(error)):
        run(app, [body(b"a=1")])

    assert len(app.bodies) == tries
