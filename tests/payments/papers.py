"""Made-up documents in the three languages, small enough to read in a test's failure."""

from dataclasses import replace
from datetime import UTC, date, datetime
from io import BytesIO

from PIL import Image, ImageDraw

from app.kernel.money import Money
from app.kernel.tax import PriceMode
from app.payments.documents import (
    Accessory,
    CashMovement,
    Check,
    DocumentContent,
    DocumentKind,
    Fact,
    Handover,
    Line,
    Party,
    PaymentLine,
    Signature,
    TaxLine,
    TenderTotal,
    TillReport,
    Totals,
)

ISSUED = datetime(2025, 11, 25, 9, 31, 6, tzinfo=UTC)
SELLER = Party(
    name="Vierblatt Leipzig GmbH",
    address=("Messe-Allee 1", "04356 Leipzig"),
    vat_id="DE300100200",
    phone="+49 341 555 010",
    mail="laden@vierblatt.example",
)
BUYER = Party(
    name="Lindenhof Robotik GmbH",
    contact="Mara Lindner",
    address=("Spinnereistraße 7", "04179 Leipzig"),
    vat_id="DE814990112",
)


def eur(minor: int) -> Money:
    return Money(minor, "EUR")


def cny(minor: int) -> Money:
    return Money(minor, "CNY")


def signature_picture() -> bytes:
    """A scribble as a tablet would send it."""
    picture = Image.new("RGBA", (300, 100), (255, 255, 255, 0))
    pen = ImageDraw.Draw(picture)
    pen.line([(10, 70), (40, 20), (60, 80), (90, 30), (110, 75), (150, 40)], fill="black", width=3)
    pen.arc((140, 20, 280, 90), 150, 380, fill="black", width=3)
    file = BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()


def invoice() -> DocumentContent:
    """A German invoice of a robot with accessories, paid by deposit and card."""
    return DocumentContent(
        kind=DocumentKind.INVOICE,
        number="R-2025-10482",
        series="R-2025",
        issued_at=ISSUED,
        business_day=date(2025, 11, 25),
        zone="Europe/Berlin",
        language="de",
        currency="EUR",
        price_mode=PriceMode.GROSS,
        store="Vierblatt Leipzig 01",
        seller=SELLER,
        buyer=BUYER,
        lines=(
            Line(
                position=1,
                description="NORA H2 Pro",
                detail="Humanoider Roboter, 1,68 m, 31 Achsen",
                serials=("H2P-25-004817",),
                quantity=1,
                unit_price=eur(3_890_000),
                amount=eur(3_890_000),
                tax_bp=1900,
            ),
            Line(
                position=2,
                description="Akku 2,2 kWh",
                serials=("BT22-90311", "BT22-90312"),
                quantity=2,
                unit_price=eur(215_000),
                amount=eur(430_000),
                tax_bp=1900,
            ),
            Line(
                position=3,
                description="Care Plus, 36 Monate",
                detail="Ab Übergabe, für Serie H2P-25-004817",
                quantity=1,
                unit_price=eur(432_000),
                amount=eur(432_000),
                tax_bp=1900,
            ),
            Line(
                position=4,
                description="Dock, Schnellladung",
                detail="Bündelrabatt",
                serials=("DK-25-1180",),
                quantity=1,
                unit_price=eur(148_000),
                discount=eur(7_400),
                amount=eur(140_600),
                tax_bp=1900,
            ),
            Line(
                position=5,
                description="Datengutschein DV-2025-118",
                detail="Förderung, Nachweis beigelegt",
                quantity=1,
                unit_price=eur(-200_000),
                amount=eur(-200_000),
                tax_bp=1900,
            ),
        ),
        taxes=(TaxLine(rate_bp=1900, net=eur(3_943_361), tax=eur(749_239), gross=eur(4_692_600)),),
        totals=Totals(net=eur(3_943_361), tax=eur(749_239), gross=eur(4_692_600)),
        payments=(
            PaymentLine(label="Anzahlung", amount=eur(2_000_000), paid_on=date(2025, 11, 12)),
            PaymentLine(
                label="Karte",
                amount=eur(2_692_600),
                paid_on=date(2025, 11, 25),
                card_brand="VISA",
                card_last4="4410",
                auth_ref="038812",
            ),
        ),
        references=(Fact("Verkauf", "10482, Kasse 2"),),
        supplied_on=date(2025, 11, 25),
        notes=(
            "EU-Konformitätserklärung und Betriebsanleitung liegen im Roboterpass unter der "
            "Seriennummer. Gewährleistung 24 Monate ab Übergabe.",
        ),
        footer=("IBAN DE89 3704 0044 0532 0130 00",),
        qr="https://vierblatt.example/r/10482",
        qr_caption="Roboterpass: vierblatt.example/r/10482",
    )


def receipt(language: str = "en") -> DocumentContent:
    """A receipt of parts and work, paid by voucher and card."""
    return DocumentContent(
        kind=DocumentKind.RECEIPT,
        number="10481",
        series="2025",
        issued_at=ISSUED,
        business_day=date(2025, 11, 25),
        zone="Europe/Berlin",
        language=language,
        currency="EUR",
        price_mode=PriceMode.GROSS,
        store="Vierblatt Leipzig 01",
        seller=SELLER,
        lines=(
            Line(
                position=1,
                description="Gripper set, soft, for Müller’s H2 hands",
                serials=("GS-S-2-0071",),
                quantity=1,
                unit_price=eur(94_000),
                amount=eur(94_000),
                tax_bp=1900,
            ),
            Line(
                position=2,
                description="Fitting",
                quantity=1,
                unit="h",
                unit_price=eur(9_600),
                amount=eur(9_600),
                tax_bp=1900,
            ),
            Line(
                position=3,
                description="Knee stop bumper",
                quantity=2,
                unit_price=eur(375),
                amount=eur(750),
                tax_bp=1900,
            ),
        ),
        taxes=(TaxLine(rate_bp=1900, net=eur(87_689), tax=eur(16_661), gross=eur(104_350)),),
        totals=Totals(net=eur(87_689), tax=eur(16_661), gross=eur(104_350)),
        payments=(
            PaymentLine(label="Voucher V-8841", amount=eur(25_000)),
            PaymentLine(
                label="Card",
                amount=eur(79_350),
                card_brand="VISA",
                card_last4="4410",
                auth_ref="038812",
                entry_mode="contactless",
            ),
        ),
        references=(Fact("Till 2, Jana V.", "Ticket 2276"),),
        qr="https://vierblatt.example/r/10481",
        qr_caption="Robot passport and warranty",
        fiscal=("TSE 2214 · start 10:29:58 · end 10:31:06", "sig 9Qm2xV…K7=="),
        footer=("Thank you!",),
    )


def chinese_receipt() -> DocumentContent:
    """A receipt in Chinese and yuan, paid in cash with change."""
    return DocumentContent(
        kind=DocumentKind.RECEIPT,
        number="SH-000318",
        series="SH",
        issued_at=ISSUED,
        business_day=date(2025, 11, 25),
        zone="Asia/Shanghai",
        language="zh",
        currency="CNY",
        price_mode=PriceMode.GROSS,
        seller=Party(name="四叶机器人（上海）", address=("张江路 88 号", "上海市浦东新区")),
        lines=(
            Line(
                position=1,
                description="软体夹爪套装，适用于人形机器人双手",
                serials=("GS-S-2-0071",),
                quantity=1,
                unit_price=cny(150_000),
                amount=cny(150_000),
                tax_bp=1300,
            ),
        ),
        taxes=(TaxLine(rate_bp=1300, net=cny(132_743), tax=cny(17_257), gross=cny(150_000)),),
        totals=Totals(net=cny(132_743), tax=cny(17_257), gross=cny(150_000)),
        payments=(PaymentLine(label="现金", amount=cny(160_000)),),
        change=cny(10_000),
        footer=("你好，欢迎再次光临",),
    )


def quote() -> DocumentContent:
    return replace(
        invoice(),
        kind=DocumentKind.QUOTE,
        number="A-2025-0077-2",
        payments=(),
        supplied_on=None,
        valid_until=date(2025, 12, 24),
        references=(Fact("Es berät Sie", "Jana Voss"),),
        qr="",
    )


def credit_note() -> DocumentContent:
    """One battery of the invoice comes back."""
    return replace(
        invoice(),
        kind=DocumentKind.CREDIT_NOTE,
        number="G-2025-0031",
        corrects="R-2025-10482",
        lines=(
            Line(
                position=1,
                description="Akku 2,2 kWh",
                serials=("BT22-90312",),
                quantity=-1,
                unit_price=eur(215_000),
                amount=eur(-215_000),
                tax_bp=1900,
            ),
        ),
        taxes=(TaxLine(rate_bp=1900, net=eur(-180_672), tax=eur(-34_328), gross=eur(-215_000)),),
        totals=Totals(net=eur(-180_672), tax=eur(-34_328), gross=eur(-215_000)),
        payments=(PaymentLine(label="Karte", amount=eur(-215_000), paid_on=date(2025, 12, 2)),),
    )


def handover(language: str = "de") -> DocumentContent:
    return replace(
        invoice(),
        kind=DocumentKind.HANDOVER,
        number="U-2025-0118",
        language=language,
        lines=(),
        taxes=(),
        payments=(),
        notes=("Der Roboter wurde gemeinsam in Betrieb genommen.",),
        handover=Handover(
            unit=(
                Fact("Modell", "NORA H2 Pro"),
                Fact("Serie", "H2P-25-004817"),
                Fact("Firmware", "4.2.1"),
                Fact("Betriebsstunden", "3 h"),
            ),
            checklist=(
                Check("Sichtprüfung ohne Befund", done=True),
                Check("Not-Halt geprüft", done=True),
                Check("Fernbedienung gekoppelt", done=False, note="wird nachgeliefert"),
            ),
            accessories=(
                Accessory("Akku 2,2 kWh", 2, ("BT22-90311", "BT22-90312")),
                Accessory("Dock, Schnellladung", 1, ("DK-25-1180",)),
                Accessory("Schutzhüllen Hände", 2),
            ),
            briefing=(
                Check("Abstand 2 m im Betrieb", done=True),
                Check("Not-Halt am Rücken und an der Fernbedienung", done=True),
                Check("Akkus nur unter Aufsicht laden", done=True),
            ),
            papers=(
                Check("Betriebsanleitung", done=True),
                Check("EU-Konformitätserklärung", done=True),
            ),
            overrides=(
                "Kalibrierung „linkes Handgelenk“ fällig seit 20.11.2025. Übergabe entschieden von "
                "Petra Krause: Kunde nutzt den Arm nicht, Termin am 02.12.2025.",
            ),
            signatures=(
                Signature("Mara Lindner", "Kundin", ISSUED, signature_picture()),
                Signature("Jana Voss", "Verkauf", ISSUED, signature_picture()),
            ),
        ),
    )


def z_report(language: str = "en") -> DocumentContent:
    """A closed session with one coin too few."""
    return DocumentContent(
        kind=DocumentKind.Z_REPORT,
        number="Z-2025-0214",
        series="Z-2025",
        issued_at=ISSUED,
        business_day=date(2025, 11, 25),
        zone="Europe/Berlin",
        language=language,
        currency="EUR",
        price_mode=PriceMode.GROSS,
        store="Vierblatt Leipzig 01",
        seller=SELLER,
        taxes=(
            TaxLine(rate_bp=1900, net=eur(4_031_050), tax=eur(765_900), gross=eur(4_796_950)),
            TaxLine(rate_bp=700, net=eur(1_870), tax=eur(131), gross=eur(2_001)),
        ),
        totals=Totals(net=eur(4_032_920), tax=eur(766_031), gross=eur(4_798_951)),
        chain_head="9f2c" * 16,
        till=TillReport(
            till="Till 2",
            session="214",
            opened_at=datetime(2025, 11, 25, 7, 55, tzinfo=UTC),
            opened_by="Jana Voss",
            closed_at=datetime(2025, 11, 25, 17, 4, tzinfo=UTC),
            closed_by="Petra Krause",
            float_amount=eur(20_000),
            expected=eur(41_351),
            counted=eur(41_350),
            tenders=(
                TenderTotal("Cash", 9, eur(28_351), eur(2_000)),
                TenderTotal("Card", 31, eur(4_762_600), eur(0)),
                TenderTotal("Voucher", 1, eur(25_000), eur(0)),
            ),
            movements=(
                CashMovement(ISSUED, "To the bank", eur(-10_000)),
                CashMovement(ISSUED, "Change brought", eur(5_000)),
            ),
            counts=(
                Fact("Receipts", "41"),
                Fact("First and last", "10441 to 10481"),
                Fact("Voided lines", "2"),
                Fact("Drawer opened without sale", "1"),
            ),
        ),
    )


def x_report() -> DocumentContent:
    closed = z_report()
    assert closed.till is not None
    still_open = replace(closed.till, closed_at=None, closed_by="", counted=None)
    return replace(closed, kind=DocumentKind.X_REPORT, number="", till=still_open)
