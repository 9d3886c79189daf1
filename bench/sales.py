"""A sale at the counter, step by step, as a browser sends it; and what its statements are."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fastapi.testclient import TestClient

from app.main import create_app
from app.settings import Settings
from bench.shops import ACCESSORY, Shop, furnish
from bench.statements import Heard, listening
from tests.makers.browsing import Browser

ROBOT, PIECE, CUSTOMER, CASH = (
    "scan a robot",
    "scan an accessory",
    "scan the customer",
    "pay in cash",
)
STEPS = (ROBOT, PIECE, CUSTOMER, CASH)
GIVEN = "20000"

Post = Callable[..., Any]


@dataclass(slots=True)
class Sale:
    """The `number`th sale of a shop: one robot, one accessory, one customer, cash."""

    shop: Shop
    number: int

    def form(self, step: str) -> tuple[str, dict[str, str]]:
        """Address and fields of a step."""
        if step == CASH:
            token = f"pay-{self.number}"
            return "/counter/pay/cash", {
                "order": str(self.number),
                "tendered": GIVEN,
                "token": token,
            }
        code = {
            ROBOT: self.shop.serial(self.number),
            PIECE: ACCESSORY,
            CUSTOMER: self.shop.customer,
        }[step]
        return "/counter/scan", {"code": code, "scan_id": f"{step}-{self.number}"}


def heard_of_a_sale(folder: Path) -> dict[str, Heard]:
    """What the database is asked in each step of a sale that is not the store's first."""
    shop = furnish(f"sqlite:///{folder / 'recorded.db'}", robots=10)
    app = create_app(Settings(database_url=shop.url, data_dir=folder))
    browser = Browser(TestClient(app), shop.cookies[0])
    heard: dict[str, Heard] = {}
    for number in (1, 2):
        for step in STEPS:
            address, fields = Sale(shop, number).form(step)
            with listening(app.state.database) as heard[step]:
                answer = browser.post(address, htmx=True, **fields)
            if not answer.is_success:
                raise RuntimeError(f"{step}: {answer.status_code} {answer.text[:500]}")
    app.state.database.close()
    return heard
