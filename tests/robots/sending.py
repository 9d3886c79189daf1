"""What a browser sends from the pages of robots, and what comes back."""

import re
from html import unescape

from fastapi.testclient import TestClient

File = tuple[str, bytes, str]


def csrf(browser: TestClient) -> str:
    found = re.search(r'name="csrf-token" content="([^"]+)"', browser.get("/robots").text)
    assert found is not None
    return found[1]


def send(browser: TestClient, address: str, **fields: str) -> tuple[int, str, str]:
    """Submit a form: status, where it leads, and the page."""
    answer = browser.post(
        address, data={"csrf_token": csrf(browser), **fields}, follow_redirects=False
    )
    return answer.status_code, answer.headers.get("location", ""), unescape(answer.text)


def send_files(
    browser: TestClient, address: str, files: dict[str, File], **fields: str
) -> tuple[int, str, str]:
    answer = browser.post(
        address,
        data={"csrf_token": csrf(browser), **fields},
        files=files,
        follow_redirects=False,
    )
    return answer.status_code, answer.headers.get("location", ""), unescape(answer.text)
