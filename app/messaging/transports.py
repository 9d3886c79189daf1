"""How a message leaves the house: mail by SMTP, text messages into a folder for a gateway.

Nothing here knows the database. Errors: Unsendable when trying again is no use, OSError when it is.
"""

import json
import smtplib
import ssl
from dataclasses import dataclass
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


class Unsendable(StoreError):
    """The other side will never take this message: a wrong address, a refused sender."""

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
        """Raises Unsendable for an address that the server refuses for good, OSError otherwise."""
        try:
            with self._open() as server:
                server.send_message(_mail(parcel))
        except smtplib.SMTPRecipientsRefused as refused:
            code, reason = next(iter(refused.recipients.values()))
            raise _refusal(code, reason) from refused
        except smtplib.SMTPResponseException as refused:
            raise _refusal(refused.smtp_code, refused.smtp_error) from refused

    def _open(self) -> smtplib.SMTP:
        if self._secure:
            context = ssl.create_default_context()
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                self._host, self._port, timeout=_PATIENCE_S, context=context
            )
        else:
            server = smtplib.SMTP(self._host, self._port, timeout=_PATIENCE_S)
            if server.has_extn("starttls") or _offers_tls(server):
                server.starttls(context=ssl.create_default_context())
        if self._user:
            server.login(self._user, self._password)
        return server


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


def _offers_tls(server: smtplib.SMTP) -> bool:
    server.ehlo_or_helo_if_needed()
    return server.has_extn("starttls")


def _refusal(code: int, reason: bytes | str) -> Exception:
    words = reason.decode(errors="replace") if isinstance(reason, bytes) else reason
    if code >= _LOWEST_FINAL:
        return Unsendable(msg("The mail server refused: {why}", why=f"{code} {words}"[:150]))
    return ConnectionError(f"{code} {words}"[:150])


def _mail(parcel: Parcel) -> EmailMessage:
    mail = EmailMessage()
    mail["Subject"] = parcel.subject
    mail["From"] = Address(parcel.sender_name, addr_spec=parcel.sender)
    mail["To"] = parcel.address
    mail["Message-ID"] = f"<{parcel.message_id}>"
    mail["Content-Language"] = parcel.language
    mail["Auto-Submitted"] = "auto-generated"
    if parcel.stop_link:
        mail["List-Unsubscribe"] = f"<{parcel.stop_link}>"
    mail.set_content(parcel.body)
    return mail
