"""The hub's API: a school pushes, and reads back what it sent. Programs only, with a token.

Whose release it is stands in no address and no body that is believed: the token's account says it. A
push is a PUT of the stored file as it is, its envelope in a header; the answer is the signed receipt.
"""

import base64
import binascii
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict
from datetime import date
from typing import Final

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from api import door
from api.accounts.accounts import Accounts
from api.door import TOKEN
from api.problems import Pointer, Problem, language
from dashboards.texts import Texts
from hub import envelope
from hub.access import HUB
from hub.check import Push, Reason, Refused
from hub.compared import Compared
from hub.holdings import Holdings

ENVELOPE: Final = "jauge-envelope"
"""Header of a push: the sealed envelope in base64."""
LONGEST: Final = 4 * envelope.LARGEST // 3 + 4


def own_school(request: Request) -> str:
    """Return the UAI of the school that asks; its account bears it as a name.

    Raises:
        Problem: nobody is logged in.
    """
    holder = door.identity(request)
    if holder is None:
        raise Problem("login-needed")
    uai: str = holder.name.upper()
    return uai


class Desk:
    """Takes pushes and withdrawals, counts what it refuses."""

    def __init__(
        self,
        holdings: Holdings,
        compared: Compared,
        accounts: Accounts | None,
        today: Callable[[], date],
    ) -> None:
        self.holdings, self.compared, self._accounts, self._today = (
            holdings, compared, accounts, today,
        )  # fmt: skip
        self.refused: dict[str, Counter[str]] = {}
        """UAI → reason → how often, since the start. As many schools as accounts, few reasons."""

    def _refusal(self, request: Request, uai: str, reason: Reason) -> Problem:
        self.refused.setdefault(uai, Counter())[reason.value] += 1
        sentence = Texts(language(request))(f"hub.refused.{reason.value}")
        return Problem("push-refused", (Pointer(reason.value, sentence),))

    async def push(self, request: Request, table: str, period: str) -> Response:
        """Take one release."""
        uai = _by_token(request)
        try:
            body = await request.body()
            push = Push(table, period, _envelope(request), body)
            taken = await run_in_threadpool(self.holdings.take, uai, push, self._today())
        except Refused as refused:
            raise self._refusal(request, uai, refused.reason) from None
        if taken.release is not None:
            await run_in_threadpool(self.compared.add, uai, taken.release)
        status = 200 if taken.release is None else 201
        return Response(taken.receipt, status, media_type="application/json")

    async def withdraw(self, request: Request) -> Response:
        """Erase the school that asks, its account with it."""
        uai = _by_token(request)
        try:
            said = await request.body()
            done = await run_in_threadpool(self.holdings.withdraw, uai, said, self._today())
        except Refused as refused:
            raise self._refusal(request, uai, refused.reason) from None
        self.refused.pop(uai, None)
        account = self._accounts.named(uai) if self._accounts else None
        if account is not None and self._accounts is not None:
            self._accounts.remove(account)
        return Response(done, media_type="application/json")

    def state(self, request: Request) -> Response:
        """Where the school's chain stands, and what is held of it."""
        uai = own_school(request)
        try:
            place, held = self.holdings.place(uai), self.holdings.held(uai)
        except Refused as refused:
            raise self._refusal(request, uai, refused.reason) from None
        return JSONResponse(
            {
                "hub": self.holdings.key_name,
                "uai": uai,
                "position": place.position,
                "previous": place.previous,
                "held": [asdict(each) for each in held],
            }
        )

    def receipts(self, request: Request) -> Response:
        """Every receipt of the school, as it was signed."""
        uai = own_school(request)
        try:
            return JSONResponse({"receipts": self.holdings.receipts(uai)})
        except Refused as refused:
            raise self._refusal(request, uai, refused.reason) from None

    def sent(self, request: Request, table: str, period: str) -> Response:
        """One release as the school sent it, to the octet."""
        try:
            data = self.holdings.sent(own_school(request), table, period)
        except (FileNotFoundError, Refused):
            raise Problem("not-found") from None
        return Response(data, media_type="application/json")


def _by_token(request: Request) -> str:
    """Return the school of a token: a browser's cookie, which other sites make it send, pushes nothing."""
    if request.scope.get(TOKEN) is None:
        raise Problem("login-needed")
    return own_school(request)


def _envelope(request: Request) -> bytes:
    text = request.headers.get(ENVELOPE, "")
    try:
        if len(text) > LONGEST:
            raise ValueError
        return base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error):
        raise Refused(Reason.ENVELOPE_BROKEN) from None


def make_router(desk: Desk) -> APIRouter:
    """Return the routes of programs."""
    router = APIRouter(include_in_schema=False)
    release = f"{HUB}/releases/{{table}}/{{period}}"
    for path, method, handler in (
        (release, "PUT", desk.push),
        (release, "GET", desk.sent),
        (f"{HUB}/state", "GET", desk.state),
        (f"{HUB}/receipts", "GET", desk.receipts),
        (f"{HUB}/withdrawal", "PUT", desk.withdraw),
    ):
        router.add_api_route(path, handler, methods=[method], response_model=None)
    return router


def write_envelope(data: bytes) -> str:
    """Return a sealed envelope as the header holds it."""
    return base64.b64encode(data).decode()


def read_problem(body: bytes) -> tuple[str, str]:
    """Return (reason, sentence) of a refusal as it was answered; of the school's side.

    The hub may be anybody: what it says is cut to a reason's length and to printable characters.
    """
    try:
        [error, *_] = json.loads(body)["errors"]
        return _tame(error["parameter"], 32), _tame(error["detail"], 300)
    except (ValueError, KeyError, TypeError):
        return "", ""


def _tame(text: object, most: int) -> str:
    return "".join(character for character in str(text)[:most] if character.isprintable())
