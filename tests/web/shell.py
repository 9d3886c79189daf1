"""The real page shell around a test's own content, served with the real scripts and policy."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from mimetypes import guess_type
from types import SimpleNamespace
from urllib.parse import parse_qs, urlsplit

from app.kernel.text import msg
from app.web.frame import POLICY
from app.web.i18n import HTML_LANG, speech
from app.web.navigation import NavItem
from app.web.rendering import STATIC, environment

Form = dict[str, str]


def context(language: str = "en", **more: object) -> dict[str, object]:
    """What the renderer gives every template; the viewer is a salesperson on an ordinary day."""
    everything: dict[str, object] = {
        "speech": speech(language),
        "locale": language,
        "html_lang": HTML_LANG[language],
        "csrf_token": "its-token",
        "staff": SimpleNamespace(name="Jana Vogt", initials="JV", role_label=msg("Sales")),
        "till_name": "Till 2",
        "terminal": None,
        "nav": [NavItem("/", "layout-dashboard", msg("Today"), current=True, badge=3)],
        "theme": "light",
        "density": "office",
        "sounds": False,
        "letter_keys": True,
        "path": "/",
        **more,
    }
    macros = environment().get_template("components/ui.html")
    return {**everything, "ui": macros.make_module(everything)}


def shell(main: str, more_scripts: str = "") -> str:
    """`main` inside layout/page.html."""
    page = '{% extends "layout/page.html" %}{% block title %}Test{% endblock %}'
    page += "{% block main %}" + main + "{% endblock %}"
    page += "{% block more_scripts %}" + more_scripts + "{% endblock %}"
    return environment().from_string(page).render(context())


@dataclass
class Site:
    """A server on loopback: one page at /, our static files, and answers to what is posted."""

    page: str
    answer: Callable[[str, Form], tuple[int, str]] = lambda _path, _form: (404, "")
    posted: list[tuple[str, Form]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    url: str = ""
    closing: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def open(self) -> Iterator["Site"]:
        server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        self.url = f"http://127.0.0.1:{server.server_address[1]}/"
        yield self
        self.closing.set()
        server.shutdown()
        server.server_close()
        thread.join()


def _handler(site: Site) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            path = urlsplit(self.path).path
            site.asked.append(path)
            file = STATIC / path.removeprefix("/static/")
            if path == "/":
                self._send(200, site.page.encode(), "text/html; charset=utf-8")
            elif path.startswith("/static/") and file.is_file():
                self._send(200, file.read_bytes(), guess_type(file)[0] or "text/plain")
            elif path == "/live":
                self._stream()
            else:
                self._send(200, b"ok", "text/plain")

        def _stream(self) -> None:
            """One piece of news, then silence."""
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.end_headers()
            self.wfile.write(b"event: changed\ndata: stock\n\n")
            self.wfile.flush()
            site.closing.wait()
            self.close_connection = True

        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            fields = parse_qs(self.rfile.read(length).decode(), keep_blank_values=True)
            form = {name: values[-1] for name, values in fields.items()}
            site.posted.append((self.path, form))
            status, html = site.answer(self.path, form)
            if status == 0:
                self.close_connection = True  # no answer at all
                return
            self._send(status, html.encode(), "text/html; charset=utf-8")

        def _send(self, status: int, body: bytes, kind: str) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Content-Security-Policy", POLICY)
            self.end_headers()
            self.wfile.write(body)

        def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
            """Nothing: the tests say what went wrong."""

    return Handler
