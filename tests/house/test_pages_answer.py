"""Every kind of page of the demo store answers on PostgreSQL too."""

import re
from html import unescape
from urllib.parse import urljoin, urlsplit

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.identity.guard import SESSION_COOKIE
from app.identity.models import Staff
from tests.makers.identity import a_session
from tools.screenshots import MOST_PAGES, NOT_PAGES, kind_of

LINK = re.compile(r'<a\s[^>]*href="([^"#]+)')
HOST = "http://testserver"


@pytest.mark.demo_store
@pytest.mark.only_on("postgresql")
def test_every_page_that_a_link_leads_to_answers(app: FastAPI, session: Session) -> None:
    somebody = session.scalars(select(Staff).where(Staff.login == "ines")).one()
    cookie = a_session(session, somebody)
    session.commit()
    visitor = TestClient(app, raise_server_exceptions=False)
    visitor.cookies.set(SESSION_COOKIE, cookie)
    waiting, seen, failed = ["/"], {"today"}, []
    while waiting:
        path = waiting.pop()
        answer = visitor.get(path)
        if answer.status_code != 200:
            failed.append(f"{path}: {answer.status_code}")
            continue
        if not answer.headers["content-type"].startswith("text/html"):
            continue
        for link in LINK.findall(answer.text):
            address = urlsplit(urljoin(HOST + path, unescape(link)))
            kind = kind_of(address.path)
            is_ours = address.netloc == urlsplit(HOST).netloc
            if is_ours and kind not in seen and not NOT_PAGES.match(address.path):
                seen.add(kind)
                waiting.append(address._replace(scheme="", netloc="").geturl())
    assert failed == []
    assert 60 < len(seen) < MOST_PAGES
