"""A mail server on this machine, that can be told to refuse, and to lose its own answer."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from email.policy import default
from typing import Any

from aiosmtpd.controller import Controller

from tests.processes import free_port


@dataclass
class PostOffice:
    """What it took, in the order in which it came.

    `answers` are given, one for each mail, before it takes any more; `loses` takes the next mail
    and says that it did not. `door` is what it says to every sender, `farewell` to whoever goes.
    """

    port: int
    taken: list[Message] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)
    loses: bool = False
    door: str = "250 come in"
    farewell: str = "221 goodbye"

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    @property
    def subjects(self) -> list[str]:
        return [str(mail["Subject"]) for mail in self.taken]

    async def handle_MAIL(  # noqa: N802
        self, _server: Any, _session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        if self.door.startswith("250"):
            envelope.mail_from, envelope.mail_options = address, options
        return self.door

    async def handle_QUIT(self, _server: Any, _session: Any, _envelope: Any) -> str:  # noqa: N802
        return self.farewell

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        if self.answers:
            return self.answers.pop(0)
        self.taken.append(message_from_bytes(envelope.content, policy=default))
        if self.loses:
            self.loses = False
            return "451 the answer that was lost"
        return "250 taken"


@contextmanager
def open_post_office(port: int = 0) -> Iterator[PostOffice]:
    """Run one while the block lasts; at a free port unless one is named."""
    office = PostOffice(port or free_port())
    controller = Controller(office, hostname="127.0.0.1", port=office.port)
    controller.start()
    try:
        yield office
    finally:
        controller.stop()
