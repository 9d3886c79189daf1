"""Pictures and labels of parts."""

from io import BytesIO

import pytest
from fastapi import FastAPI
from PIL import Image
from sqlalchemy.orm import Session

from app.kernel.actor import Actor
from app.kernel.filestore import FileStore
from app.parts import pictures, places
from app.parts.models import PlaceKind
from app.web import csrf
from tests.makers.browsing import SECRET, Browser
from tests.makers.parts import shelved

pytestmark = pytest.mark.only_on("sqlite")


def a_picture() -> bytes:
    written = BytesIO()
    Image.new("RGB", (900, 600), "teal").save(written, "PNG")
    return written.getvalue()


def test_a_picture_is_shown_small_with_its_words_and_goes_again(
    session: Session, clerk: Actor, browser: Browser
) -> None:
    shelved(session, clerk, "KNEE-L")
    sent = {csrf.FIELD: csrf._token(SECRET), "alt": "Connector at the back"}

    answer = browser.client.post(
        "/parts/KNEE-L/pictures",
        data=sent,
        files={"picture": ("a.png", a_picture())},
        follow_redirects=False,
    )

    assert answer.status_code == 303
    page = browser.get("/parts/KNEE-L").text
    assert 'alt="Connector at the back"' in page
    small, full = browser.get("/parts/pictures/1/preview"), browser.get("/parts/pictures/1")
    assert Image.open(BytesIO(small.content)).size == (320, 213)
    assert Image.open(BytesIO(full.content)).size == (900, 600)
    assert browser.post("/parts/pictures/1/remove").status_code == 303
    assert browser.get("/parts/pictures/1").status_code == 404


def test_what_is_no_picture_is_refused_at_its_field(
    session: Session, clerk: Actor, browser: Browser
) -> None:
    shelved(session, clerk, "KNEE-L")
    sent = {csrf.FIELD: csrf._token(SECRET), "alt": "Typed"}

    answer = browser.client.post(
        "/parts/KNEE-L/pictures", data=sent, files={"picture": ("a.png", b"<svg/>")}
    )

    assert answer.status_code == 422
    assert 'id="picture-file-error"' in answer.text
    assert 'value="Typed"' in answer.text


@pytest.mark.parametrize(("kind", "begins"), [("pdf", b"%PDF"), ("zpl", b"^XA"), ("svg", b"<svg")])
def test_a_label_leads_to_the_parts_page(
    session: Session, clerk: Actor, browser: Browser, kind: str, begins: bytes
) -> None:
    shelved(session, clerk, "KNEE-L")

    answer = browser.get(f"/parts/KNEE-L/label.{kind}")

    assert answer.content.startswith(begins)
    if kind == "zpl":
        assert b"/parts/KNEE-L" in answer.content
    assert browser.get("/parts/KNEE-L/label?stock=a4").status_code == 200
    assert browser.get("/parts/KNEE-L/label.doc").status_code == 404


def test_ticked_parts_get_their_labels_at_once(
    session: Session, clerk: Actor, browser: Browser
) -> None:
    shelved(session, clerk, "KNEE-L")
    shelved(session, clerk, "KNEE-R")

    page = browser.get("/parts/labels?number=KNEE-L&number=KNEE-R")
    zpl = browser.get("/parts/labels.zpl?number=KNEE-L&number=KNEE-R")

    assert "2 labels" in page.text
    assert zpl.text.count("^XA") == 2
    assert browser.get("/parts/labels").status_code == 422
    bin_ = places.add(session, clerk, kind=PlaceKind.BIN, name="Rack C", code="C-1")
    session.commit()
    both = browser.get(f"/parts/labels.zpl?number=KNEE-L&place={bin_.id}")
    assert both.text.count("^XA") == 2
    assert "C-1" in both.text


def test_missing_and_changed_files_of_pictures_are_told(
    session: Session, clerk: Actor, app: FastAPI
) -> None:
    part = shelved(session, clerk, "KNEE-L")
    files = FileStore.below(app.state.settings.data_dir)
    made = pictures.add(session, clerk, part, a_picture(), alt="", files=files)
    assert list(pictures.file_breaches(session, files)) == []

    files.path_of(made.sha256).unlink()

    assert ["missing" in told for told in pictures.file_breaches(session, files)] == [True]
