"""Slots, parts, counters and versions as pages."""

import gzip
import re
from html import unescape

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from app.identity.roles import Role
from app.kernel.actor import Actor
from app.kernel.text import msg
from app.robots import bodies, fitting, insides, timeline
from app.robots.addresses import page_below
from app.robots.choosing import Part
from app.robots.models import RobotModel, Unit, UnitEvent
from app.robots.slot_models import BodyPlan, Occupant, Slot
from app.stores.models import Store
from tests.makers.robots import a_model, a_unit
from tests.makers.slots import a_plan
from tests.robots.conftest import SignIn
from tests.robots.sending import csrf, send
from tests.robots.test_plans import LEGS
from tests.robots.urdf_texts import robot

pytestmark = pytest.mark.only_on("sqlite")  # pages alike on both: test_pages_answer

KNEE, OTHER_KNEE = "left_knee.actuator", "right_knee.actuator"
_MOST_STATEMENTS = 15
_MOST_BYTES = 10_000


@pytest.fixture
def unit(session: Session, store: Store) -> Unit:
    a_plan(session, a_model(session))
    return a_unit(session, store, "G1-1")


def seen(browser: TestClient, address: str) -> str:
    answer = browser.get(address)
    assert answer.status_code == 200, answer.text
    return unescape(answer.text)


def text_of(page: str) -> str:
    """What stands between the tags, with single spaces."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", page))


def test_a_part_is_fitted_swapped_and_taken_out_by_a_technician(
    session: Session, unit: Unit, signed_in: SignIn
) -> None:
    # given
    browser = signed_in(Role.TECHNICIAN)
    here = f"/robots/G1-1/slots/{KNEE}"
    # when
    status, leads, _ = send(browser, f"{here}/fit", serial="AK-1", part_number="AK-80", token="1")
    # then
    assert (status, leads) == (303, here)
    page = seen(browser, here)
    occupant = re.search(r'name="occupant" value="(\d+)"', page)
    assert occupant is not None
    assert "Here now" in page
    # when another one goes in
    send(
        browser,
        f"{here}/fit",
        serial="AK-2",
        part_number="AK-80",
        occupant=occupant[1],
        reference="T-7",
        token="2",
    )
    # then what was typed for the first is too late for a second time
    status, _, page = send(browser, f"{here}/remove", occupant=occupant[1], reason="x", token="3")
    assert status == 409
    assert "left knee of G1-1 holds AK-80 AK-2 by now" in page
    assert 'value="x"' in page
    send(browser, f"{here}/remove", reason="noise", token="4")
    history = text_of(seen(browser, here))
    assert "AK-80 AK-2" in history
    assert "T-7 → noise" in history
    assert insides.view(session, unit).known == 0


def test_a_refused_part_says_why_and_keeps_what_was_typed(
    session: Session, unit: Unit, signed_in: SignIn
) -> None:
    browser = signed_in(Role.TECHNICIAN)
    here = f"/robots/G1-1/slots/{KNEE}"
    status, _, page = send(browser, f"{here}/fit", serial="AK-1", lot="L 7", token="1")
    assert status == 422
    assert "AK-1 is not known yet. Please say its part number." in page
    assert 'value="AK-1"' in page
    assert 'value="L 7"' in page
    status, _, page = send(
        browser, f"{here}/fit", serial="A", part_number="B", at="next week", token="2"
    )
    assert status == 422
    assert "“next week” is not a moment" in page
    assert session.scalars(select(Occupant)).all() == []
    assert browser.get("/robots/G1-1/slots/tail").status_code == 404
    assert unit.serial == "G1-1"


def test_only_whose_role_fits_parts_sees_the_forms(unit: Unit, signed_in: SignIn) -> None:
    page = seen(signed_in(Role.SALES), f"/robots/{unit.serial}/slots/{KNEE}")
    assert "fit-form" not in page
    assert "Any of the class" in page


def test_two_robots_swap_their_parts_on_one_page(
    session: Session, store: Store, manager: Actor, unit: Unit, signed_in: SignIn
) -> None:
    other = a_unit(session, store, "G1/2")
    fitting.fit(session, manager, unit, KNEE, part=Part("AK-80", "1"))
    fitting.fit(session, manager, other, OTHER_KNEE, part=Part("AK-80", "2"))
    browser = signed_in(Role.TECHNICIAN)
    status, leads, page = send(
        browser,
        f"/robots/G1-1/slots/{KNEE}/swap",
        other_serial="g1/2",
        other_slot=OTHER_KNEE,
        token="1",
    )
    assert (status, leads) == (303, f"/robots/G1-1/slots/{KNEE}"), page
    assert "AK-80 2" in text_of(seen(browser, "/robots/G1-1/parts"))
    assert "AK-80 1" in text_of(seen(browser, "/robots/G1%2F2/parts"))
    status, _, page = send(
        browser, f"/robots/G1-1/slots/{KNEE}/swap", other_serial="nobody", other_slot="x", token="2"
    )
    assert status == 404
    assert "There is no robot nobody in this store." in page


def test_the_parts_of_a_day_and_what_differs_from_as_built(
    session: Session, manager: Actor, unit: Unit, signed_in: SignIn
) -> None:
    # given
    old = fitting.fit(session, manager, unit, KNEE, part=Part("AK-80", "1"))
    fitting.replace(session, manager, unit, KNEE, part=Part("AK-80", "2"))
    session.execute(
        insert(Occupant).values(
            store_id=unit.store_id,
            unit_id=unit.id,
            slot_id=next(
                slot.id
                for slot in bodies.slots_of(session, [bodies_plan(session)])
                if slot.path == OTHER_KNEE
            ),
            part_number="X-9",
            part_key="x-9",
            lot="L7",
            lot_key="l7",
            firmware="",
            as_built=True,
            since=old.since,
            reference="",
            reason="",
            fitted_by="",
            removal_reference="",
            removal_reason="",
            removed_by="",
        )
    )
    browser = signed_in(Role.SALES)
    # then
    page = text_of(seen(browser, "/robots/G1-1/parts"))
    assert "2 of 3 known, 66.66%" in page
    assert "Left knee AK-80 2" in page
    assert "Right knee X-9 Lot L7" in page
    changes = text_of(seen(browser, "/robots/G1-1/parts?show=changes"))
    assert "Left knee – AK-80 2" in changes
    assert "Right knee X-9" not in changes
    past = text_of(seen(browser, "/robots/G1-1/parts?at=2020-02-29"))
    assert "at the end of 29 Feb 2020" in past
    assert "0 of 3 known" in past
    assert "is not a day" in seen(browser, "/robots/G1-1/parts?at=yesterday")


def bodies_plan(session: Session) -> int:
    return session.scalars(select(BodyPlan.id)).one()


def test_the_body_map_and_its_list_say_the_same(
    session: Session, manager: Actor, unit: Unit, signed_in: SignIn
) -> None:
    fitting.fit(session, manager, unit, KNEE, part=Part("AK-80", "1"))
    browser = signed_in(Role.SALES)
    page = seen(browser, "/robots/G1-1")
    told = re.findall(r'<a href="([^"]+)" class="(\w+)" aria-labelledby="(s\d+)">', page)
    rows = dict(re.findall(r'<tr id="(s\d+)">(.*?)</tr>', page))
    assert [(*link, text_of(rows[row]).strip()) for *link, row in told] == [
        (f"/robots/G1-1/slots/{KNEE}", "info", "Left knee AK-80 1, Added"),
        (f"/robots/G1-1/slots/{OTHER_KNEE}", "none", "Right knee Not on record"),
        ("/robots/G1-1/slots/battery.1", "none", "Battery 1 Not on record"),
    ]
    assert all(f'href="{address}"' in rows[row] for address, _, row in told)
    assert "since" in seen(browser, "/robots/G1-1?look=age")
    assert "Nobody has data" not in seen(browser, "/robots/G1-1?look=calibration")
    assert "Nobody has data" not in seen(browser, "/robots/G1-1?look=nonsense")


def test_a_component_has_a_passport_of_its_own(
    session: Session, manager: Actor, unit: Unit, signed_in: SignIn
) -> None:
    # given
    fitted = fitting.fit(session, manager, unit, KNEE, part=Part("AK-80", "AK-1"))
    here = f"/robots/components/{fitted.component_id}"
    browser = signed_in(Role.TECHNICIAN)
    assert "G1-1, left knee" in text_of(seen(browser, here))
    # when
    send(browser, f"{here}/firmware", version="2.1", token="1")
    send(browser, here, part_number="AK-81", lot="24-11", made_on="2024-11-05", token="2")
    status, _, page = send(browser, here, part_number="P", made_on="5.11.24", token="3")
    # then
    assert status == 422
    assert "“5.11.24” is not a day" in page
    told = text_of(seen(browser, here))
    assert "Part number AK-81 Lot 24-11 Version 2.1 Made on 5 Nov 2024" in told
    assert browser.get("/robots/components/999999").status_code == 404


def test_the_hardware_revision_is_written_down_where_it_is_missing(
    session: Session, unit: Unit, signed_in: SignIn
) -> None:
    unit.hardware_revision = ""
    session.commit()
    browser, here = signed_in(Role.TECHNICIAN), "/robots/G1-1/firmware"
    status, _, page = send(browser, f"{here}/revision", revision="x" * 65, token="1")
    assert (status, "r-revision-error" in page) == (422, True)

    send(browser, f"{here}/revision", revision="B2", token="2")

    told = text_of(seen(browser, here))
    assert "Hardware revision B2" in told
    assert "A manager corrects it." in told


def test_counters_are_read_and_drawn(unit: Unit, signed_in: SignIn) -> None:
    browser = signed_in(Role.TECHNICIAN)
    here = "/robots/G1-1/counters"
    send(browser, here, hours="100,5", steps="1000", token="1")
    send(browser, here, hours="200", reference="T-1", token="2")
    status, _, page = send(browser, here, hours="150", steps="many", token="3")
    assert status == 422
    assert "“many” is not a count" in page
    status, _, page = send(browser, here, hours="150", token="4")
    assert status == 409
    assert "Operating hours stood at 200 on" in page
    assert 'value="150"' in page
    page = seen(browser, here)
    assert len(re.findall(r'<circle class="pt"', page)) == 2
    assert "100.5" in text_of(page)
    status, *_ = send(
        browser, f"{here}/exchange", counter="hours", last="210", reason="new computer", token="5"
    )
    assert status == 303
    assert "new computer" in seen(browser, here)
    assert "Nobody has read this counter yet" in seen(browser, f"{here}?counter=falls")
    assert unit.serial == "G1-1"


def test_versions_are_recorded_and_bad_ones_told(
    session: Session, unit: Unit, signed_in: SignIn
) -> None:
    browser = signed_in(Role.MANAGER)
    model_id = session.scalars(select(RobotModel.id)).one()
    session.rollback()
    here, rules = "/robots/G1-1/firmware", f"/robots/models/{model_id}/rules"
    rule = {"code": "FW-7", "reason": "Falls over.", "part_1": "robot", "versions_1": "<2"}
    status, _, page = send(browser, rules, **rule | {"versions_1": ">3,<2"}, token="1")
    assert status == 422
    assert "No version can be in the range" in page
    status, *_ = send(browser, rules, **rule, token="2")
    assert status == 303
    assert "FW-7: Falls over. Installed: robot 1.4.2." in seen(browser, here)
    send(browser, here, part="robot", version="2.0", token="3")
    page = seen(browser, here)
    assert "No rule of this model speaks against" in page
    assert "1.4.2" in page
    status, *_ = send(browser, f"{rules}/withdraw", code="FW-7", token="4")
    assert status == 303
    assert unit.firmware == "2.0"


def upload(browser: TestClient, address: str, data: bytes, **fields: str) -> tuple[int, str, str]:
    answer = browser.post(
        address,
        data={"csrf_token": csrf(browser), **fields},
        files={fields.pop("field", "file"): ("legs.urdf", data, "text/xml")},
        follow_redirects=False,
    )
    return answer.status_code, answer.headers.get("location", ""), unescape(answer.text)


def test_a_model_gets_its_slots_from_a_file_and_people_adjust_them(
    session: Session, signed_in: SignIn
) -> None:
    # given
    model = a_model(session)
    browser = signed_in(Role.MANAGER)
    here = f"/robots/models/{model.id}/slots"
    assert "No slots yet" in seen(browser, here)
    # when
    status, _, page = upload(browser, here, robot("<joint/>", links="a"), revision="B")
    assert status == 422
    assert "Line 3: <joint> needs" in page
    status, leads, _ = upload(browser, here, LEGS, revision="B")
    # then
    assert (status, leads) == (303, f"{here}?revision=B")
    page = seen(browser, leads)
    assert "2 slots, legs.urdf" in text_of(page).replace(" ,", ",")
    slot_id = re.search(rf'href="{here}/(\d+)"', page)
    assert slot_id is not None
    form = {"slot_class": "actuator", "control": "lot", "parts": "M-107\nM-108"}
    status, leads, _ = send(browser, f"{here}/{slot_id[1]}", **form, token="1")
    assert (status, leads) == (303, f"{here}?revision=B")
    assert "M-107, M-108" in seen(browser, leads)
    status, *_ = send(
        browser,
        f"{here}/new?revision=B",
        path="battery.1",
        slot_class="battery",
        control="serial",
        token="2",
    )
    assert status == 303
    status, _, page = send(
        browser, f"{here}/new?revision=B", path="battery", slot_class="tail", token="3"
    )
    assert status == 422
    assert "Please choose one of the list." in page
    status, *_ = send(browser, f"{here}/{slot_id[1]}/drop", token="4")
    assert status == 303
    paths = session.scalars(select(Slot.path).order_by(Slot.place)).all()
    assert paths == ["left_knee.actuator", "battery.1"]


def test_files_become_models_on_one_page(session: Session, signed_in: SignIn) -> None:
    browser = signed_in(Role.MANAGER)
    here = "/robots/models/import"
    assert "URDF files" in seen(browser, here)
    status, leads, _ = upload(browser, here, LEGS, maker="Unitree", code="Legs", field="files")
    assert (status, leads[:15]) == (303, "/robots/models/")
    status, _, page = upload(browser, here, b"no xml", maker="Unitree", field="files")
    assert status == 422
    assert "cannot be read as XML" in page
    models = session.scalars(select(RobotModel.code)).all()
    assert models == ["Legs"]
    session.rollback()
    assert signed_in is not None


def test_robots_with_strange_serials_have_every_page(
    session: Session, store: Store, signed_in: SignIn
) -> None:
    a_plan(session, a_model(session))
    serials = ("a/parts", "..", "models", "x/slots/y", "007 %", "🤖")
    for serial in serials:
        a_unit(session, store, serial)
    browser = signed_in(Role.SALES)
    for serial in serials:
        for path in ((), ("parts",), ("counters",), ("firmware",), ("timeline",), ("slots", KNEE)):
            assert serial in seen(browser, page_below(serial, *path)), (serial, path)


def test_a_long_life_and_a_full_body_cost_no_more_than_a_short_one(
    session: Session,
    store: Store,
    manager: Actor,
    signed_in: SignIn,
    statements_of_app: list[str],
) -> None:
    """1,000 events and 128 components: 15 statements at most, and 10 KB compressed."""
    # given
    paths = tuple(
        f"{side}_finger_{number}.actuator" for side in ("left", "right") for number in range(64)
    )
    a_plan(session, a_model(session), paths)
    unit = a_unit(session, store, "G1-1")
    for number, path in enumerate(paths):
        fitting.fit(session, manager, unit, path, part=Part("AK-80", f"AK80-24-{number * 7919:05}"))
    line = timeline.line_of(kind="part", summary=msg("Looked at"), actor_name="Ben")
    session.execute(insert(UnitEvent), [{"unit_id": unit.id, **line} for _ in range(900)])
    browser = signed_in(Role.MANAGER)
    for address in ("/robots/G1-1", "/robots/G1-1/parts", "/robots/G1-1/timeline"):
        browser.get(address)
        # when
        statements_of_app.clear()
        answer = browser.get(address)
        # then
        asked = [one for one in statements_of_app if not one.startswith(("BEGIN", "PRAGMA"))]
        assert len(asked) <= _MOST_STATEMENTS, (address, len(asked))
        size = len(gzip.compress(answer.content, 6))
        assert size <= _MOST_BYTES, (address, size)
