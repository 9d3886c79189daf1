"""Who works in the demo store and who buys there. All of them are invented.

Telephone numbers are from the ranges that the German regulator keeps free for fiction, mail
addresses from domains that are reserved for examples (RFC 2606).
"""

from dataclasses import dataclass

from app.customers.book import CustomerInput
from app.customers.models import CustomerKind
from app.identity.roles import Role

STORE_CODE = "DEMO"
# Printed at each start: only for a store in which nothing is real.
PASSWORD = "quatrefoil"  # noqa: S105 - public on purpose


@dataclass(frozen=True, slots=True)
class Login:
    """A person of the demo store, with what that person signs in with."""

    login: str
    name: str
    role: Role
    pin: str


LOGINS = (
    Login("jana", "Jana Voss", Role.SALES, "4711"),
    Login("emre", "Emre Aydın", Role.TECHNICIAN, "2846"),
    Login("mei", "Chen Mei", Role.PARTS, "3905"),
    Login("ruth", "Ruth Albers", Role.METROLOGIST, "5172"),
    Login("petra", "Petra Krause", Role.MANAGER, "8264"),
    Login("oskar", "Oskar Lindner", Role.AUDITOR, "6093"),
    Login("ines", "Ines Roth", Role.ADMIN, "7350"),
)

UNIVERSITY = CustomerInput(
    kind=CustomerKind.COMPANY,
    name="Hochschule Elsterbogen, Labor für Laufroboter",
    contact_name="Prof. Dr. Miriam Thale",
    phone="+49 69 90009 412",
    email="labor@elsterbogen.example",
    street="Uferweg 12",
    postcode="04109",
    city="Leipzig",
    country="DE",
    language="de",
)
ANNA = CustomerInput(
    kind=CustomerKind.PERSON,
    name="Anna Weber",
    phone="+49 171 3920017",
    email="anna.weber@example.org",
    street="Lindenhof 3",
    postcode="04229",
    city="Leipzig",
    country="DE",
    language="de",
    marketing_consent=True,
)
LI_WEI = CustomerInput(
    kind=CustomerKind.PERSON,
    name="李伟",
    contact_name="Li Wei",
    phone="+49 171 3920058",
    email="li.wei@example.net",
    street="Gartenzeile 27",
    postcode="04155",
    city="Leipzig",
    country="DE",
    language="zh",
)
MORNING_STAR = CustomerInput(
    kind=CustomerKind.COMPANY,
    name="晨星机器人教育 (演示)",
    contact_name="张敏 Zhang Min",
    phone="+49 40 66969 230",
    email="office@chenxing.example",
    street="Speicherkai 8",
    postcode="20457",
    city="Hamburg",
    country="DE",
    language="zh",
)
THEATRE = CustomerInput(
    kind=CustomerKind.COMPANY,
    name="Theater am Pleißeufer gGmbH",
    contact_name="Jonas Brandt",
    phone="+49 69 90009 655",
    email="buehne@pleisseufer.example",
    street="Alte Werft 1",
    postcode="04277",
    city="Leipzig",
    country="DE",
)
# Whose robot has a history; first the one's, then the other's.
AGENCY = CustomerInput(
    kind=CustomerKind.COMPANY,
    name="Bühnenzauber Eventagentur UG",
    contact_name="Karla Unger",
    phone="+49 69 90009 731",
    email="post@buehnenzauber.example",
    street="Messeallee 4",
    postcode="04356",
    city="Leipzig",
    country="DE",
    language="de",
)
CLINIC = CustomerInput(
    kind=CustomerKind.COMPANY,
    name="Klinik am Auwald gGmbH",
    contact_name="Dr. Ulrich Sorge",
    phone="+49 69 90009 755",
    email="technik@klinik-auwald.example",
    street="Auwaldstraße 80",
    postcode="04179",
    city="Leipzig",
    country="DE",
    language="de",
)
OTHERS = (
    MORNING_STAR,
    CustomerInput(
        kind=CustomerKind.PERSON,
        name="Thomas Krüger",
        phone="+49 171 3920091",
        email="thomas.krueger@example.com",
        city="Halle (Saale)",
        country="DE",
    ),
    CustomerInput(
        kind=CustomerKind.PERSON,
        name="王芳",
        contact_name="Wang Fang",
        email="wang.fang@example.org",
        city="Jena",
        country="DE",
        language="zh",
    ),
)
