"""Documents of models and of single robots: declarations, instructions, labels. None is deleted."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from app.kernel import audit, clock
from app.kernel.actor import Actor
from app.kernel.errors import Conflict, NotFound, Refused
from app.kernel.filestore import FileStore
from app.kernel.searchkeys import clean, search_key
from app.kernel.text import Text, msg
from app.kernel.uploads import Upload, read_document
from app.robots import addresses, timeline
from app.robots.duty_models import FileKind, RobotDocument
from app.robots.markets import read_market
from app.robots.models import RobotModel, Unit
from app.web.forms import Reading

KIND_LABELS: dict[FileKind, Text] = {
    FileKind.CONFORMITY: msg("EU declaration of conformity"),
    FileKind.INCORPORATION: msg("Declaration of incorporation"),
    FileKind.INSTRUCTIONS: msg("Instructions for use"),
    FileKind.LABEL: msg("Label and type plate"),
    FileKind.BATTERY: msg("Battery documents"),
    FileKind.AI_CLASS: msg("Class under the EU AI Act"),
    FileKind.OTHER: msg("Other document"),
}
FILED = tuple(kind for kind in FileKind if kind is not FileKind.AI_CLASS)
LANGUAGES = ("", "de", "en", "zh")
_LONGEST_LINE = 200
_LONGEST_VERSION = 64
_LONGEST_LANGUAGE = 8


@dataclass(frozen=True, slots=True)
class DocumentInput:
    """A document as typed; `kept_at` says where the paper is when there is no file."""

    kind: FileKind
    title: str
    valid_from: date
    valid_until: date | None = None
    version: str = ""
    market: str = ""
    language: str = ""
    kept_at: str = ""


@dataclass(frozen=True, slots=True)
class SentFile:
    """A file as it came."""

    name: str
    data: bytes


def add(
    session: Session,
    actor: Actor,
    of: RobotModel | Unit,
    typed: DocumentInput,
    *,
    sent: SentFile | None,
    files: FileStore | None,
) -> RobotDocument:
    """Put a document on file, of a model or of one robot. Raises Invalid, Refused or TooLarge.

    A model's documents are the manager's; whoever records on a robot may add to its own.
    """
    actor.require("robots.edit" if isinstance(of, RobotModel) else "robots.record")
    seen = Reading()
    document = _row(actor, typed, seen)
    upload = None
    if sent is not None and sent.data:
        upload = seen.take("file", lambda: read_document(sent.data), None)
    elif not document.kept_at:
        seen.refuse("file", msg("Choose a file, or say where the paper is kept."))
    seen.done()
    if upload is not None and sent is not None and files is not None:
        _attach(document, upload, sent, files)
    if isinstance(of, RobotModel):
        document.model_id = of.id
    else:
        document.unit_id = of.id
    session.add(document)
    session.flush()
    if isinstance(of, Unit):
        _tell(session, actor, of, document)
    audit.record(
        session,
        actor,
        "document.filed",
        subject=subject_of(of),
        after={
            "kind": document.kind,
            "title": document.title,
            "version": document.version,
            "sha256": document.file_sha256,
        },
    )
    return document


def withdraw(session: Session, actor: Actor, document: RobotDocument, *, reason: str) -> None:
    """It counts no more; it stays on file."""
    actor.require("robots.edit")
    why = clean(reason)
    if not 1 <= len(why) <= _LONGEST_LINE:
        raise Refused(msg("Say why it is withdrawn."), field="reason")
    if document.withdrawn_at is not None:
        raise Conflict(msg("This was withdrawn already."))
    document.withdrawn_at = clock.now()
    document.withdrawn_by = actor.name
    document.withdrawal_reason = why
    session.flush()
    audit.record(
        session,
        actor,
        "document.withdrawn",
        subject=f"document:{document.id}",
        before={"kind": document.kind, "title": document.title},
        reason=why,
    )


def by_id(session: Session, actor: Actor, document_id: int) -> RobotDocument:
    """A document of a model, or of a robot of the actor's store; raises NotFound."""
    actor.require("robots.view")
    found = session.get(RobotDocument, document_id)
    if found is not None and found.unit_id is not None:
        unit = session.get(Unit, found.unit_id)
        found = found if unit is not None and unit.store_id == actor.store_id else None
    if found is None:
        raise NotFound(msg("There is no such document."))
    return found


def of_model(session: Session, model_id: int) -> list[RobotDocument]:
    """Those in force first, each by kind, the newest first."""
    return _sorted(session, RobotDocument.model_id == model_id)


def of_unit(session: Session, unit: Unit) -> list[RobotDocument]:
    """A robot's own documents and its model's."""
    return _sorted(
        session,
        or_(RobotDocument.unit_id == unit.id, RobotDocument.model_id == unit.model_id),
    )


def is_valid(document: RobotDocument, day: date) -> bool:
    """In force on a day, both ends included."""
    return document.withdrawn_at is None and document.valid_from <= day <= (
        document.valid_until or date.max
    )


def fitting(
    documents: Iterable[RobotDocument], *, kind: FileKind, market: str, language: str
) -> list[RobotDocument]:
    """Those that can serve where a market asks for such a document, in whatever time."""
    return [
        one
        for one in documents
        if one.withdrawn_at is None
        and one.kind is kind
        and one.market in {"", market}
        and (not language or one.language == language)
    ]


def subject_of(of: RobotModel | Unit) -> str:
    return f"robot_model:{of.code}" if isinstance(of, RobotModel) else f"robot:{of.serial}"


def _row(actor: Actor, typed: DocumentInput, seen: Reading) -> RobotDocument:
    if typed.kind not in FILED:
        seen.refuse("kind", msg("This is no document; record it as the model’s class."))
    if typed.valid_until is not None and typed.valid_until < typed.valid_from:
        seen.refuse("valid_until", msg("This day is before the first."))
    language = seen.text("language", search_key(typed.language), most=_LONGEST_LANGUAGE)
    return RobotDocument(
        store_id=actor.store_id,
        kind=typed.kind,
        title=seen.text("title", typed.title, most=_LONGEST_LINE, required=True),
        version=seen.text("version", typed.version, most=_LONGEST_VERSION),
        market=seen.take("market", lambda: read_market(typed.market), ""),
        language=language,
        valid_from=typed.valid_from,
        valid_until=typed.valid_until,
        kept_at=seen.text("kept_at", typed.kept_at, most=_LONGEST_LINE),
        made_at=clock.now(),
        made_by=actor.name,
    )


def _attach(document: RobotDocument, upload: Upload, sent: SentFile, files: FileStore) -> None:
    document.file_sha256 = files.put(upload.content)
    document.media_type = upload.media_type
    document.file_name = clean(sent.name).replace("\n", " ")[:_LONGEST_LINE] or "–"


def _tell(session: Session, actor: Actor, unit: Unit, document: RobotDocument) -> None:
    timeline.note(
        session,
        unit.id,
        kind="document",
        summary=msg(
            "Document: {kind}, {title}", kind=KIND_LABELS[document.kind], title=document.title
        ),
        link=addresses.page_below(unit.serial, "documents"),
        actor_name=actor.name,
    )


def _sorted(session: Session, condition: ColumnElement[bool]) -> list[RobotDocument]:
    rows = session.scalars(select(RobotDocument).where(condition)).all()
    order = list(FileKind)
    return sorted(
        rows,
        key=lambda row: (row.withdrawn_at is not None, order.index(row.kind), -row.id),
    )
