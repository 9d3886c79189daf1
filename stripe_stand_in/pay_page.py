"""The page on which a customer pays a Checkout session: a plain form, without scripts."""

from collections.abc import Mapping
from pathlib import Path

from jinja2 import Environment, FileSystemLoader
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, RedirectResponse, Response

from stripe_stand_in import checkout, outcomes
from stripe_stand_in.cards import Approve, Pending, Verdict, decline_for
from stripe_stand_in.errors import StripeObject
from stripe_stand_in.forms import Params, decode
from stripe_stand_in.lists import line_items_of
from stripe_stand_in.money import shown
from stripe_stand_in.protocol import hang_up
from stripe_stand_in.state import State
from stripe_stand_in.words import language, words

_FOLDER = Path(__file__).with_name("pages")
_TEMPLATES = Environment(loader=FileSystemLoader(_FOLDER), autoescape=True)
_GOES_TO = "{CHECKOUT_SESSION_ID}"
_SEE_OTHER = 303
_TRANSFER_S = 3.0  # how long a bank transfer takes here; a demo should see it wait and arrive
_POLICY = "default-src 'none'; style-src 'self'; base-uri 'none'"


class PayPage:
    """The page of one session at `/pay/{id}`."""

    def __init__(self, state: State) -> None:
        self._state = state

    async def show(self, request: Request) -> Response:
        """Show what is to be paid, or that there is nothing to pay any more."""
        return self._page(request, self._session(request))

    async def pay(self, request: Request) -> Response:
        """Do what the pressed button says, and send the customer back to the shop."""
        with self._state.transaction():
            mishap = outcomes.take_for_request(self._state, "checkout.pay", "POST", {"lose_answer"})
        params = Params(decode((await request.body()).decode(errors="replace")))
        session = self._session(request)
        if session is None:
            return self._page(request, None)
        way = params.text("with") or ""
        if way == "cancel":
            return RedirectResponse(session["cancel_url"] or session["success_url"], _SEE_OTHER)
        with self._state.transaction():
            checkout.pay(self._state, session, _verdict(way), email=params.text("email"))
        if mishap:
            return await hang_up(request)
        if session["status"] == "complete":
            return RedirectResponse(_success_address(session), _SEE_OTHER)
        return self._page(request, session)

    def _session(self, request: Request) -> StripeObject | None:
        return self._state.get("checkout.session", request.path_params["id"])

    def _page(self, request: Request, session: StripeObject | None) -> Response:
        accepted = request.headers.get("accept-language", "")
        code = language(session["locale"] if session else None, accepted)
        text = words(code)
        page = _TEMPLATES.get_template("pay.html").render(
            language=code,
            words=text,
            **(self._bill(session, text["title"]) if session else {"title": text["unknown"]}),
            **({"error": _trouble(self._state, session, text)} if session else {}),
        )
        return HTMLResponse(page, 200 if session else 404, {"Content-Security-Policy": _POLICY})

    def _bill(self, session: StripeObject, title: str) -> StripeObject:
        currency = session["currency"]
        return {
            "title": title.format(amount=shown(session["amount_total"], currency)),
            "open": session["status"] == "open",
            "email": session["customer_details"]["email"] or "",
            "lines": [
                {**line, "amount": shown(line["amount_total"], currency)}
                for line in line_items_of(self._state, session)
            ],
        }


async def style(_request: Request) -> Response:
    """Return the page's style sheet."""
    return FileResponse(_FOLDER / "pay.css")


def _verdict(way: str) -> Verdict:
    answer = decline_for("generic_decline") if way.endswith("decline") else Approve()
    return Pending(_TRANSFER_S, answer) if way.startswith("bank") else answer


def _success_address(session: StripeObject) -> str:
    address: str = session["success_url"]
    return address.replace(_GOES_TO, session["id"])


def _trouble(state: State, session: StripeObject, text: Mapping[str, str]) -> str | None:
    if session["status"] != "open":
        return text["paid" if session["status"] == "complete" else "expired"]
    intent = state.find(session["payment_intent"] or "")
    error = intent["last_payment_error"] if intent else None
    return error["message"] if error else None
