"""A number names one part, whichever way it comes in and however it is written."""

import pytest
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.identity.roles import Role
from app.kernel.actor import Actor
from app.kernel.errors import Conflict, Forbidden, NotFound, Refused
from app.parts import catalogue, finding, numbers, stock
from app.parts.catalogue import Particulars
from app.parts.catalogue_models import NumberKind
from app.parts.models import Part
from app.parts.numbers import Numbered
from app.robots.slot_models import Control
from app.stores.models import Store
from tests.parts.conftest import an_actor

MAKERS = Numbered(NumberKind.MAKER, "UT-4711.B", "Unitree")


def edit(session: Session, actor: Actor, part: Part, **changes: object) -> None:
    typed: dict[str, object] = {
        "number": part.number,
        "name": part.name,
        "gtin": part.gtin,
        "particulars": Particulars(control=part.control),
        **changes,
    }
    catalogue.edit_part(session, actor, part, **typed)  # type: ignore[arg-type]


@pytest.mark.parametrize("typed", ["knee-l", "KNEEL", "knee – l", "ＫＮＥＥ‑Ｌ"])
def test_a_number_differing_in_case_or_dash_alone_is_the_same_on_every_way_in(
    session: Session, manager: Actor, knee: Part, typed: str
) -> None:
    """STK-13"""
    hip = catalogue.add_part(session, manager, number="HIP", name="Hip")

    with pytest.raises(Conflict, match="KNEE-L is already here") as adding:
        catalogue.add_part(session, manager, number=typed, name="Another")
    with pytest.raises(Conflict, match="KNEE-L is already here") as changing:
        edit(session, manager, hip, number=typed)

    assert adding.value.field == changing.value.field == "number"
    assert catalogue.by_number(session, manager, typed) is knee


def test_the_database_itself_refuses_a_twin(session: Session, knee: Part) -> None:
    store_id = knee.store_id
    session.add(Part(store_id=store_id, number="KNEEL", number_key="kneel", name="x", name_key="x"))
    with pytest.raises(IntegrityError):
        session.flush()


@pytest.mark.parametrize("code", ["UT-4711.B", "ut4711.b", "0036000291452", "036000291452"])
def test_a_part_is_found_by_any_of_its_numbers(
    session: Session, manager: Actor, knee: Part, code: str
) -> None:
    numbers.add(session, manager, knee, MAKERS)
    numbers.add(session, manager, knee, Numbered(NumberKind.GTIN, "036000291452"))

    assert catalogue.by_code(session, manager, code) == [knee]
    assert finding.hits(session, manager, code) == [knee.id]


@pytest.mark.parametrize("typed", ["4711", "UT-47", "left knee", "KNEE left", "t"])
def test_a_piece_of_any_number_or_words_of_the_name_find_it(
    session: Session, manager: Actor, knee: Part, typed: str
) -> None:
    numbers.add(session, manager, knee, MAKERS)
    catalogue.add_part(session, manager, number="HIP", name="Hips")

    assert finding.hits(session, manager, typed) == [knee.id]


def test_a_search_follows_a_change_of_name_and_a_number_taken_away(
    session: Session, manager: Actor, knee: Part
) -> None:
    row = numbers.add(session, manager, knee, MAKERS)

    numbers.remove(session, manager, knee, row.id)
    edit(session, manager, knee, name="Joint")

    assert finding.hits(session, manager, "4711") == []
    assert finding.hits(session, manager, "left") == []
    assert finding.hits(session, manager, "joint") == [knee.id]


def test_one_makers_number_names_one_part(session: Session, manager: Actor, knee: Part) -> None:
    hip = catalogue.add_part(session, manager, number="HIP", name="Hip")
    numbers.add(session, manager, knee, MAKERS)

    with pytest.raises(Conflict, match="a number of part KNEE-L"):
        numbers.add(session, manager, hip, Numbered(NumberKind.MAKER, "ut4711.b", "UNITREE"))
    # another maker may call something else the same: a scan then asks which is meant
    numbers.add(session, manager, hip, Numbered(NumberKind.MAKER, "UT-4711.B", "Booster"))

    assert catalogue.by_code(session, manager, "UT-4711.B") == [knee, hip]


@pytest.mark.parametrize("gtin", ["4006381333931", "04006381333931"])
def test_a_gtin_names_one_part_in_all_its_lengths(
    session: Session, manager: Actor, knee: Part, gtin: str
) -> None:
    hip = catalogue.add_part(session, manager, number="HIP", name="Hip")

    assert knee.gtin
    with pytest.raises(Conflict):
        numbers.add(session, manager, hip, Numbered(NumberKind.GTIN, gtin))
    with pytest.raises(Conflict) as refusal:
        edit(session, manager, hip, gtin=gtin)
    assert refusal.value.field == "gtin"


@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        (Numbered(NumberKind.GTIN, "4006381333930"), "number"),
        (Numbered(NumberKind.GTIN, ""), "number"),
        (Numbered(NumberKind.MAKER, "X-1"), "owner"),
        (Numbered(NumberKind.OTHER, " "), "number"),
        (Numbered(NumberKind.OTHER, "x" * 65), "number"),
        (Numbered(NumberKind.SUPPLIER, "X-1", "s" * 101), "owner"),
    ],
)
def test_numbers_that_cannot_be_are_refused(
    session: Session, manager: Actor, knee: Part, wrong: Numbered, field: str
) -> None:
    with pytest.raises(Refused) as refusal:
        numbers.add(session, manager, knee, wrong)
    assert refusal.value.field == field


def test_a_number_that_a_part_had_still_finds_it(
    session: Session, manager: Actor, knee: Part
) -> None:
    edit(session, manager, knee, number="KNEE-L2")

    assert catalogue.by_code(session, manager, "kneel") == [knee]
    with pytest.raises(NotFound):
        catalogue.by_number(session, manager, "KNEE-L")


def test_pieces_counted_in_one_way_are_not_suddenly_counted_in_another(
    session: Session, manager: Actor, knee: Part
) -> None:
    stock.receive(session, manager, knee.id, quantity=1, reason="first stock")
    with pytest.raises(Conflict) as refusal:
        edit(session, manager, knee, particulars=Particulars(control=Control.SERIAL))
    assert refusal.value.field == "control"
    with pytest.raises(Conflict, match="still here"):
        catalogue.archive(session, manager, knee)


@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        (Particulars(minimum=5, maximum=4), "maximum"),
        (Particulars(minimum=-1), "minimum"),
        (Particulars(price_minor=-1), "price"),
        (Particulars(core_days=0), "core_days"),
        (Particulars(un_number="3480"), "un_number"),
        (Particulars(tax_code="none"), "tax_code"),
        (Particulars(revision="r" * 65), "revision"),
    ],
)
def test_particulars_that_cannot_be_are_refused_at_their_field(
    session: Session, manager: Actor, knee: Part, wrong: Particulars, field: str
) -> None:
    with pytest.raises(Refused) as refusal:
        edit(session, manager, knee, particulars=wrong)
    assert refusal.value.field == field


def test_who_sells_changes_no_part(session: Session, store: Store, knee: Part) -> None:
    seller = an_actor(store, Role.SALES)
    with pytest.raises(Forbidden):
        edit(session, seller, knee, name="Mine")
    with pytest.raises(Forbidden):
        numbers.add(session, seller, knee, MAKERS)


def test_a_part_in_the_archive_is_in_no_search_and_comes_back(
    session: Session, manager: Actor, knee: Part
) -> None:
    catalogue.archive(session, manager, knee)
    assert finding.hits(session, manager, "knee") == []

    catalogue.restore(session, manager, knee)
    assert finding.hits(session, manager, "knee") == [knee.id]
