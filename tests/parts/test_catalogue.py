"""Parts by their numbers, in any writing."""

import pytest
from sqlalchemy.orm import Session

from app.kernel.actor import Actor
from app.kernel.errors import Conflict, NotFound, Refused
from app.parts import catalogue
from app.parts.models import Part
from tests.makers.stores import a_store
from tests.parts.conftest import an_actor


@pytest.mark.parametrize("typed", ["KNEE-L", " knee-l ", "ＫＮＥＥ-Ｌ"])
def test_a_part_is_found_by_its_number_in_any_writing(
    session: Session, manager: Actor, knee: Part, typed: str
) -> None:
    assert catalogue.by_number(session, manager, typed) is knee
    assert catalogue.by_code(session, manager, typed) == [knee]


def test_a_part_is_found_by_its_gtin(session: Session, manager: Actor, knee: Part) -> None:
    assert catalogue.by_code(session, manager, "4006381333931") == [knee]


def test_a_number_never_means_a_row(session: Session, manager: Actor, knee: Part) -> None:
    assert catalogue.by_code(session, manager, str(knee.id)) == []


def test_an_empty_code_does_not_mean_the_parts_without_a_gtin(
    session: Session, manager: Actor
) -> None:
    catalogue.add_part(session, manager, number="BOLT-M6", name="Bolt")
    assert catalogue.by_code(session, manager, "") == []


def test_a_number_is_given_once_in_whatever_writing(
    session: Session, manager: Actor, knee: Part
) -> None:
    with pytest.raises(Conflict, match="already here"):
        catalogue.add_part(session, manager, number=f" {knee.number.lower()}", name="Another")


def test_two_stores_may_use_the_same_number(session: Session, knee: Part) -> None:
    other = an_actor(a_store(session, "BER"))
    with pytest.raises(NotFound):
        catalogue.by_number(session, other, knee.number)
    assert catalogue.add_part(session, other, number=knee.number, name=knee.name).id != knee.id


def test_a_part_of_another_store_does_not_exist_here(session: Session, knee: Part) -> None:
    with pytest.raises(NotFound):
        catalogue.by_id(session, an_actor(a_store(session, "BER")), knee.id)


@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"number": ""}, "number"),
        ({"number": "K" * 65}, "number"),
        ({"name": " "}, "name"),
        ({"name": "n" * 201}, "name"),
        ({"gtin": "123"}, "gtin"),
        ({"gtin": "４００６３８１３３３９３１"}, "gtin"),
    ],
)
def test_particulars_that_cannot_be_are_refused(
    session: Session, manager: Actor, wrong: dict[str, str], field: str
) -> None:
    with pytest.raises(Refused) as refused:
        catalogue.add_part(
            session,
            manager,
            number=wrong.get("number", "K"),
            name=wrong.get("name", "Knee"),
            gtin=wrong.get("gtin", ""),
        )
    assert refused.value.field == field


@pytest.mark.parametrize("typed", ["knee", "LEFT", "kne"])
def test_parts_are_found_by_a_piece_of_number_or_name(
    session: Session, manager: Actor, knee: Part, typed: str
) -> None:
    assert catalogue.find(session, manager, typed) == [knee]


@pytest.mark.parametrize("typed", ["", "%", "_", "hip"])
def test_a_search_finds_nothing_by_a_joker_or_by_nothing(
    session: Session, manager: Actor, knee: Part, typed: str
) -> None:
    assert knee.id
    assert catalogue.find(session, manager, typed) == []
