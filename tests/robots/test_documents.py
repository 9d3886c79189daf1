"""Documents of models and robots: what a market asks for keeps a robot here until it is there."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from app.identity.roles import Role
from app.kernel.actor import Actor
from app.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from app.kernel.filestore import FileStore
from app.robots import aiclasses, dataduties, documents, figures, requirements, timeline
from app.robots.aiclasses import ClassInput
from app.robots.dataduties import WipeInput
from app.robots.documents import DocumentInput, SentFile
from app.robots.duty_models import AiRisk, AiRole, FileKind, RobotDocument
from app.robots.figures import FigureInput
from app.robots.models import RobotModel, Unit
from app.robots.requirements import RequirementInput
from app.stores import desk
from app.stores.models import Store
from tests.kernel.test_uploads import A_PDF, a_picture
from tests.makers.robots import a_model, a_unit
from tests.robots.conftest import a_store, an_actor


@pytest.fixture
def files(tmp_path: Path) -> FileStore:
    return FileStore(tmp_path / "files")


@pytest.fixture
def unit(session: Session, store: Store) -> Unit:
    return a_unit(session, store, "A1")


def today(store: Store) -> date:
    return desk.business_day_of(store)


def paper(kind: FileKind = FileKind.CONFORMITY, **more: object) -> DocumentInput:
    facts: dict[str, object] = {
        "kind": kind,
        "title": "Declaration 7",
        "valid_from": date(2025, 1, 1),
        "kept_at": "Folder 3",
    }
    return DocumentInput(**(facts | more))  # type: ignore[arg-type]


def filed(
    session: Session, actor: Actor, of: RobotModel | Unit, typed: DocumentInput
) -> RobotDocument:
    return documents.add(session, actor, of, typed, sent=None, files=None)


def whys(session: Session, actor: Actor, unit: Unit) -> list[str]:
    return [str(reason.text) for reason in requirements.reasons(session, actor, unit)]


def test_a_file_is_kept_with_its_hash(
    session: Session, manager: Actor, unit: Unit, files: FileStore
) -> None:
    # when
    sent = SentFile("Erklärung\n7.pdf", A_PDF)
    document = documents.add(session, manager, unit, paper(kept_at=""), sent=sent, files=files)
    # then
    assert files.get(document.file_sha256) == A_PDF
    assert (document.file_name, document.media_type) == ("Erklärung 7.pdf", "application/pdf")
    (line,) = timeline.of_unit(session, unit.id).items
    assert str(line.summary) == "Document: EU declaration of conformity, Declaration 7"
    # when: a picture, as another kind
    photo = SentFile("plate.jpg", a_picture("JPEG"))
    label = documents.add(session, manager, unit, paper(FileKind.LABEL), sent=photo, files=files)
    assert label.media_type == "image/jpeg"


def test_what_cannot_be_filed_is_told_field_by_field(
    session: Session, store: Store, manager: Actor, unit: Unit, files: FileStore
) -> None:
    with pytest.raises(Invalid) as refused:
        documents.add(
            session,
            manager,
            unit,
            paper(
                FileKind.AI_CLASS,
                title=" ",
                market="Germany",
                kept_at="",
                valid_until=date(2024, 1, 1),
            ),
            sent=SentFile("virus.exe", b"MZ"),
            files=files,
        )
    assert set(refused.value.problems) == {"kind", "title", "market", "valid_until", "file"}
    with pytest.raises(Invalid) as refused:
        documents.add(session, manager, unit, paper(kept_at=" "), sent=None, files=files)
    assert set(refused.value.problems) == {"file"}
    seller = an_actor(store, Role.SALES)
    with pytest.raises(Forbidden):
        filed(session, seller, a_model(session), paper())
    filed(session, seller, unit, paper())


def test_a_document_of_another_stores_robot_is_not_there(
    session: Session, manager: Actor, unit: Unit
) -> None:
    elsewhere = a_store(session, "BER")
    document = filed(session, manager, unit, paper())
    general = filed(session, manager, a_model(session), paper())
    with pytest.raises(NotFound):
        documents.by_id(session, an_actor(elsewhere), document.id)
    assert documents.by_id(session, an_actor(elsewhere), general.id) is general


def test_nothing_is_asked_until_somebody_says_so(
    session: Session, unit: Unit, statements: list[str]
) -> None:
    statements.clear()
    assert requirements.answers(session, unit) == []
    assert len(statements) == 1


def test_the_gate_names_each_document_that_is_missing_or_out_of_date(
    session: Session, store: Store, manager: Actor, unit: Unit
) -> None:
    # given
    requirements.put_usual_for_eu(session, manager)
    assert requirements.put_usual_for_eu(session, manager) == []
    model = a_model(session)
    assert whys(session, manager, unit) == [
        "EU declaration of conformity is missing; EU asks for it.",
        "Instructions for use is missing; EU asks for it.",
        "Label and type plate is missing; EU asks for it.",
        "Class under the EU AI Act is missing; EU asks for it.",
    ]
    assert requirements.reasons(session, manager, unit)[0].link == "/robots/A1/documents"
    # when
    day = today(store)
    filed(session, manager, model, paper(valid_until=day - timedelta(days=1)))
    filed(session, manager, model, paper(FileKind.INSTRUCTIONS, valid_from=day + timedelta(days=1)))
    filed(session, manager, unit, paper(FileKind.LABEL, market="CN"))
    aiclasses.assess(
        session, manager, model, ClassInput(AiRole.IMPORTER, AiRisk.PROHIBITED, "Article 5", day)
    )
    # then
    said = whys(session, manager, unit)
    assert said[0].startswith("EU declaration of conformity ran out on ")
    assert said[1].startswith("Instructions for use is valid from ")
    assert said[2] == "Label and type plate is missing; EU asks for it."
    assert said[3] == "This model’s use is prohibited under the EU AI Act."
    # when everything is there: the last day is inside, a unit's own paper serves too
    filed(session, manager, unit, paper(valid_until=day))
    filed(session, manager, model, paper(FileKind.INSTRUCTIONS, valid_from=day))
    filed(session, manager, model, paper(FileKind.LABEL, market="eu"))
    assess = ClassInput(AiRole.DISTRIBUTOR, AiRisk.HIGH, "Article 6 (1): safety component", day)
    aiclasses.assess(session, manager, model, assess)
    # then
    assert whys(session, manager, unit) == []
    # when one of them is withdrawn
    label = next(
        one
        for one in documents.of_unit(session, unit)
        if one.kind is FileKind.LABEL and one.market == "EU"
    )
    documents.withdraw(session, manager, label, reason="Wrong plate")
    assert whys(session, manager, unit) == ["Label and type plate is missing; EU asks for it."]
    with pytest.raises(Conflict):
        documents.withdraw(session, manager, label, reason="Again")


def test_rules_hold_where_when_and_for_what_they_say(
    session: Session, store: Store, manager: Actor, unit: Unit
) -> None:
    # given
    other = a_model(session, "H2")
    later = today(store) + timedelta(days=1)
    for typed in (
        RequirementInput("CN", FileKind.LABEL),
        RequirementInput("EU", FileKind.LABEL, since=later),
        RequirementInput("EU", FileKind.LABEL, model_id=other.id),
    ):
        requirements.require(session, manager, typed)
    assert whys(session, manager, unit) == []
    # when
    german = RequirementInput("de", FileKind.INSTRUCTIONS, language="DE")
    rule = requirements.require(session, manager, german)
    filed(session, manager, unit, paper(FileKind.INSTRUCTIONS, language="en"))
    # then
    assert whys(session, manager, unit) == [
        "Instructions for use in de is missing; DE asks for it."
    ]
    with pytest.raises(Conflict, match="DE asks for this already"):
        requirements.require(session, manager, german)
    # when
    requirements.end(session, manager, rule.id)
    # then
    assert whys(session, manager, unit) == []
    with pytest.raises(Conflict):
        requirements.end(session, manager, rule.id)
    with pytest.raises(Invalid) as refused:
        requirements.require(
            session, manager, RequirementInput("Europe", FileKind.LABEL, model_id=10**9)
        )
    assert set(refused.value.problems) == {"market", "model"}


def test_a_class_that_was_to_be_reviewed_counts_no_more(
    session: Session, store: Store, manager: Actor, unit: Unit
) -> None:
    requirements.require(session, manager, RequirementInput("EU", FileKind.AI_CLASS))
    day = today(store)
    typed = ClassInput(
        AiRole.IMPORTER, AiRisk.HIGH, "Article 6", day - timedelta(days=9), day - timedelta(days=1)
    )
    aiclasses.assess(session, manager, a_model(session), typed)
    assert whys(session, manager, unit)[0].startswith(
        "Class under the EU AI Act was to be reviewed"
    )
    with pytest.raises(Invalid) as refused:
        aiclasses.assess(
            session,
            manager,
            a_model(session),
            ClassInput(AiRole.IMPORTER, AiRisk.HIGH, "", day + timedelta(days=1), day),
        )
    assert set(refused.value.problems) == {"basis", "assessed_on", "review_on"}


def test_sources_that_disagree_stand_side_by_side(
    session: Session, store: Store, manager: Actor
) -> None:
    # given
    model, day = a_model(session), today(store)
    for value, source in (("132", "gitea.opentesla.org"), ("127", "dongbeigou.com")):
        figures.say(session, manager, model, FigureInput("Height", value, "cm", source, day))
    figures.say(session, manager, model, FigureInput("Mass", "35", "kg", "a", day))
    figures.say(session, manager, model, FigureInput(" mass", "35", "KG", "b", day))
    # then
    height, mass = figures.of_model(session, model.id)
    assert (height.name, height.in_conflict, len(height.said)) == ("Height", True, 2)
    assert (mass.name, mass.in_conflict, len(mass.said)) == ("mass", False, 2)
    # when one source took it back
    figures.withdraw(session, manager, model, height.said[0].id)
    assert not figures.of_model(session, model.id)[0].in_conflict
    with pytest.raises(NotFound):
        figures.withdraw(session, manager, a_model(session, "H2"), height.said[1].id)
    with pytest.raises(Invalid) as refused:
        figures.say(session, manager, model, FigureInput("", "", "", "", day + timedelta(days=1)))
    assert set(refused.value.problems) == {"name", "value", "source", "as_of"}


def test_a_wipe_gets_a_certificate_and_a_backup_its_word(
    session: Session, manager: Actor, unit: Unit
) -> None:
    # when
    typed = WipeInput("Maps, recordings, accounts", "Maker's factory reset, then overwritten")
    first = dataduties.certify_wipe(session, manager, unit, typed)
    second = dataduties.certify_wipe(session, manager, unit, typed)
    dataduties.record_backup(session, manager, unit, has_backup=False, person="Li Wei")
    # then
    assert (dataduties.label_of(first), dataduties.label_of(second)) == ("W-00001", "W-00002")
    assert [str(line.summary) for line in timeline.of_unit(session, unit.id).items] == [
        "Owner has no backup and goes without: Li Wei",
        "Data wiped, certificate W-00002",
        "Data wiped, certificate W-00001",
    ]
    assert dataduties.certificate(session, unit, 2) is second
    with pytest.raises(NotFound):
        dataduties.certificate(session, unit, 3)
    with pytest.raises(Invalid) as refused:
        dataduties.certify_wipe(session, manager, unit, WipeInput("", " "))
    assert set(refused.value.problems) == {"scope", "method"}
    with pytest.raises(Invalid):
        dataduties.record_backup(session, manager, unit, has_backup=True, person=" ")


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE robot_documents SET title = 'x'",
        "UPDATE robot_documents SET withdrawn_at = NULL",
        "DELETE FROM robot_documents",
        "UPDATE data_records SET scope = 'x'",
        "DELETE FROM data_records",
    ],
)
def test_the_database_keeps_documents_as_they_were(
    session: Session, manager: Actor, unit: Unit, change: str
) -> None:
    filed(session, manager, unit, paper())
    dataduties.record_backup(session, manager, unit, has_backup=True, person="Li Wei")
    with pytest.raises(DatabaseError, match=r"append-only|only end"):
        session.execute(text(change))
