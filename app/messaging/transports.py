"""How a message leaves the house: mail by SMTP, text messages into a folder for a gateway.

Nothing here knows the database. Errors: Unsendable when trying again is no use, OSError when it is.
"""

import json
import smtplib
import ssl
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

from app.kernel.errors import StoreError
from app.kernel.text import msg

_PATIENCE_S = 15.0
_PORTS = {"smtp": 25, "smtps": 465}
_LOWEST_FINAL = 500
# The server knows us not, or no more: that is put right one day, and no fault of the message.
_OURS_TO_MEND = frozenset({530, 534, 535, 538})


class Unsendable(StoreError):
    """The other side will never take this message: a wrong address, words that it refuses."""

    code = "unsendable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """A message ready to go. `message_id` is the same at each try, so that a repetition shows."""

    address: str
    subject: str
    body: str
    language: str
    message_id: str
    sender: str
    sender_name: str
    written_at: datetime
    stop_link: str = ""


class Transport(Protocol):
    def send(self, parcel: Parcel) -> None: ...


class SmtpTransport:
    """Mail by one server: `smtp://user:password@host:587` (STARTTLS where offered), `smtps://`."""

    def __init__(self, address: str) -> None:
        parts = urlsplit(address)
        if parts.scheme not in _PORTS or not parts.hostname:
            raise ValueError("a mail server is smtp://host:port or smtps://host:port")
        self._secure = parts.scheme == "smtps"
        self._host, self._port = parts.hostname, parts.port or _PORTS[parts.scheme]
        self._user, self._password = unquote(parts.username or ""), unquote(parts.password or "")

    def send(self, parcel: Parcel) -> None:
        """Raises Unsendable for an address or a mail that the server refuses for good, OSError
        otherwise: also where it does not let us in, or refuses the sender.
        """
        mail = _mail(parcel)
        try:
            with closing(self._connected()) as server:
                self._come_in(server)
                server.send_message(mail)
                with suppress(OSError):  # it has the mail, however it says goodbye
                    server.quit()
        except smtplib.SMTPRecipientsRefused as refused:
            raise _refusal(*next(iter(refused.recipients.values()))) from refused
        except smtplib.SMTPDataError as refused:
            raise _refusal(refused.smtp_code, refused.smtp_error) from refused
        except smtplib.SMTPResponseException as refused:
            said = _said(refused.smtp_code, refused.smtp_error)
            raise ConnectionError(said) from refused

    def _connected(self) -> smtplib.SMTP:
        if not self._secure:
            return smtplib.SMTP(self._host, self._port, timeout=_PATIENCE_S)
        context = ssl.create_default_context()
        return smtplib.SMTP_SSL(self._host, self._port, timeout=_PATIENCE_S, context=context)

    def _come_in(self, server: smtplib.SMTP) -> None:
        server.ehlo_or_helo_if_needed()
        if not self._secure and server.has_extn("starttls"):
            server.starttls(context=ssl.create_default_context())
        if self._user:
            server.login(self._user, self._password)


class FolderTransport:
    """Text messages as files, one each, for a gateway that takes them away."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def send(self, parcel: Parcel) -> None:
        """The same message again is the same file."""
        self._folder.mkdir(parents=True, exist_ok=True)
        name = f"{parcel.message_id.partition('@')[0]}.json"
        text = json.dumps({"to": parcel.address, "text": parcel.body}, ensure_ascii=False)
        half = self._folder / f".{name}"
        half.write_text(text, encoding="utf-8")
        half.replace(self._folder / name)


def _refusal(code: int, reason: bytes | str) -> Exception:
    said = _said(code, reason)
    if code >= _LOWEST_FINAL and code not in _OURS_TO_MEND:
        return Unsendable(msg("The mail server refused: {why}", why=said))
    return ConnectionError(said)


def _said(code: int, reason: bytes | str) -> str:
    words = reason.decode(errors="replace") if isinstance(reason, bytes) else reason
    return f"{code} {words}"[:150]


def _mail(parcel: Parcel) -> EmailMessage:
    mail = EmailMessage()
    mail["Subject"] = " ".join(parcel.subject.split())
    mail["From"] = Address(" ".join(parcel.sender_name.split()), addr_spec=parcel.sender)
    mail["To"] = _in_ascii(parcel.address)
    mail["Date"] = parcel.written_at
    mail["Message-ID"] = f"<{parcel.message_id}>"
    mail["Content-Language"] = parcel.language
    mail["Auto-Submitted"] = "auto-generated"
    if parcel.stop_link:
        mail["List-Unsubscribe"] = f"<{parcel.stop_link}>"
    mail.set_content(parcel.body)
    return mail


def _in_ascii(address: str) -> str:
    """A domain with letters beyond ASCII as mail servers know it; what cannot be one stays."""
    local, _, domain = address.rpartition("@")
    with suppress(UnicodeError):
        domain = domain.encode("idna").decode()
    return f"{local}@{domain}"
