"""The hub's pages and the CSV of a comparison. What is a school's own comes from its session, nothing else.

The comparison is kept between requests (`api.quick`), by school: a page that marks one's own must never be
another's answer.
"""

from collections.abc import Callable
from functools import partial
from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from api import door, quick
from api.formats import FORMATS, MEDIA, Row, accepted, write_csv
from api.problems import PROBLEMS, Problem, language
from dashboards.hub import pages
from dashboards.hub.compare import SERIES
from dashboards.hub.indicators import INDICATORS, Figure
from dashboards.hub.material import Comparison, Enrolled, Point, Roll, Sent, SentRelease
from dashboards.hub.spread import may_name
from dashboards.pages import problems_page
from dashboards.reader import Asked
from dashboards.texts import Texts
from hub.access import HUB, PAGES, SITE
from hub.card import KINDS, fingerprint
from hub.check import Refused
from hub.holdings import Holdings, HubUnusable
from hub.routes import Desk, own_school
from privacy.published import Stamp

KEPT: Final = ("lang", "semaine", "type", "indicateur")
LONGEST: Final = 64
FIRST: Final = INDICATORS[0]


class Rooms:
    """The pages over one desk."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    @property
    def _holdings(self) -> Holdings:
        return self._desk.holdings

    # --- the comparison

    def comparison(self, own: str, kind: str, week: str, indicator: str) -> Comparison:
        """Return one week of one kind of school, with the reader's own marked.

        Args:
            own: UAI of the reader's school; empty for whoever runs the hub.
            kind: of school; the own one's, or the first that is there, if empty.
            week: ISO week; the latest if empty.
            indicator: which one is followed over the weeks.

        Raises:
            Problem: no such kind, week or indicator.
        """
        compared = self._desk.compared
        schools = compared.schools()
        kinds = tuple(k for k in KINDS if any(s.card.school_kind == k for s in schools.values()))
        mine = schools.get(own)
        kind = kind or (mine.card.school_kind if mine else next(iter(kinds), KINDS[0]))
        weeks = compared.weeks(kind) if kind in KINDS else []
        week = week or (weeks[-1] if weeks else "")
        if kind not in KINDS or indicator not in INDICATORS or (week and week not in weeks):
            raise Problem("not-found")
        found = compared.figures(kind, week) if week else {}
        compared_schools = {uai for each in found.values() for uai in each}
        agreed = {uai for uai in compared_schools if schools[uai].card.named}
        named = may_name(compared_schools, agreed)
        return Comparison(
            hub=self._holdings.name,
            kind=kind,
            kinds=kinds,
            weeks=tuple(weeks),
            week=week,
            schools=len(compared_schools),
            simulated=sum(week in schools[uai].simulated for uai in compared_schools),
            spreads={
                name: compared.spread(kind, week, name) if week else None for name in INDICATORS
            },
            own=_of_school(found, own),
            named=tuple(
                (schools[uai].card.name, _of_school(found, uai))
                for uai in sorted(named, key=lambda each: (schools[each].card.name, each))
            ),
            silent=bool(agreed) and not named,
            indicator=indicator,
            series=self._series(kind, weeks, indicator),
            damaged=len(compared.damaged),
        )

    def _series(self, kind: str, weeks: list[str], indicator: str) -> tuple[Point, ...]:
        compared = self._desk.compared
        return tuple(
            Point(week, compared.spread(kind, week, indicator)) for week in weeks[-SERIES:]
        )

    def compare(self, request: Request) -> Response:
        """How schools spread."""
        asked = _asked(request)
        stamp = self._desk.compared.stamp
        stamped = stamp()
        found = self.comparison(
            _own(request), asked.get("type", ""), asked.get("semaine", ""),
            asked.get("indicateur") or FIRST,
        )  # fmt: skip
        content = pages.compare_page(found, Texts(language(request)), asked)
        quick.keep(request, stamp, stamped)
        return HTMLResponse(content)

    def numbers(self, request: Request, kind: str, week: str) -> Response:
        """The spread of one week as JSON or CSV: what the page shows, rounded as the page is."""
        form = request.query_params.get("format") or accepted(request.headers.get("accept", ""))
        if form not in FORMATS:
            raise Problem("not-acceptable")
        stamp = self._desk.compared.stamp
        stamped = stamp()
        found = self.comparison(_own(request), kind, week, FIRST)
        content = [_row(name, found) for name in INDICATORS]
        quick.keep(request, stamp, stamped)
        if form == "json":
            return JSONResponse({"week": found.week, "kind": found.kind, "indicators": content})
        headers = {"Content-Disposition": f'attachment; filename="jauge-hub-{kind}-{week}.csv"'}
        # One of FORMATS: looked up above.
        return Response(write_csv(content, form), media_type=MEDIA[form], headers=headers)  # type: ignore[arg-type]

    # --- one's own, and the roll

    def sent(self, request: Request) -> Response:
        """What the hub holds of the reader's school."""
        uai = own_school(request)
        stamp = partial(self._own_stamp, uai)
        stamped = stamp()
        try:
            card, held = self._holdings.card(uai), self._holdings.held(uai)
            receipts = self._holdings.receipts(uai)
        except (Refused, HubUnusable):
            raise Problem("not-found") from None
        received = {each["payload"]["position"]: each["payload"]["received"] for each in receipts}
        sent = Sent(
            hub=self._holdings.name,
            name=card.name,
            uai=uai,
            named=card.named,
            workstations=card.workstations[-1].count,
            fingerprint=fingerprint(card),
            hub_key=self._holdings.key_name,
            releases=tuple(
                SentRelease(e.table, e.period, received[e.position], e.octets, e.sha256)
                for e in held
            ),
            refused=tuple(sorted(self._desk.refused.get(uai, {}).items())),
        )
        content = pages.sent_page(sent, Texts(language(request)), _asked(request))
        quick.keep(request, stamp, stamped)
        return HTMLResponse(content)

    def _own_stamp(self, uai: str) -> Stamp:
        """Return what changes with a push, a card, a refusal or the leaving of a school."""
        try:
            chain = self._holdings.place(uai).previous
        except (Refused, HubUnusable):
            raise Problem("not-found") from None
        refused = sum(self._desk.refused.get(uai, {}).values())
        return (chain, self._holdings.card_stamp(uai), refused)

    def roll(self, request: Request) -> Response:
        """Which schools push."""
        compared = self._desk.compared
        stamped = self._roll_stamp()
        schools = tuple(
            Enrolled(
                uai=uai,
                name=school.card.name,
                kind=school.card.school_kind,
                workstations=school.card.workstations[-1].count,
                named=school.card.named,
                releases=len(school.taken),
                latest=max(school.weeks, default=""),
                refused=sum(self._desk.refused.get(uai, {}).values()),
            )
            for uai, school in sorted(compared.schools().items())
        )
        roll = Roll(self._holdings.name, schools, tuple(sorted(compared.damaged)))
        content = pages.schools_page(roll, Texts(language(request)), _asked(request))
        quick.keep(request, self._roll_stamp, stamped)
        return HTMLResponse(content)

    def _roll_stamp(self) -> Stamp:
        refused = sum(sum(each.values()) for each in list(self._desk.refused.values()))
        return (*self._desk.compared.stamp(), refused)

    def accessibility(self, request: Request) -> Response:
        """The accessibility statement."""
        texts = Texts(language(request))
        return HTMLResponse(pages.accessibility_page(self._holdings.name, texts, _asked(request)))

    def live(self) -> dict[str, str]:
        """The process answers."""
        return {"status": "ok"}

    def first(self, request: Request) -> Response:
        """Where a reader starts."""
        lang = request.query_params.get("lang")
        tail = f"?lang={lang}" if lang in {"fr", "en"} else ""
        return RedirectResponse(SITE.home(door.reader(request).role) + tail, 303)


def _asked(request: Request) -> Asked:
    query = request.query_params
    return door.asked(request, {key: query[key][:LONGEST] for key in KEPT if query.get(key)})


def _own(request: Request) -> str:
    """Return the reader's school; whoever runs the hub has none."""
    return own_school(request) if door.reader(request).role == "committee" else ""


def _of_school(found: dict[str, dict[str, Figure]], uai: str) -> dict[str, Figure]:
    return {name: figures[uai] for name, figures in found.items() if uai in figures}


def _row(name: str, found: Comparison) -> Row:
    counted, _, use = name.partition("-")
    row: Row = {"week": found.week, "kind": found.kind, "counted": counted, "use": use}
    each, own = found.spreads.get(name), found.own.get(name)
    row["schools"] = each.schools if each else None
    for mark in ("low", "median", "high"):
        value = getattr(each, mark).value if each else None
        row[mark] = None if value is None else round(value, 1)
    row["below"] = round(each.low.below, 1) if each and each.low.below is not None else None
    row["median_margin"] = round(each.median_margin, 1) if each else None
    row["noise_width"] = round(each.noise, 1) if each else None
    shown = own is not None and own.shown
    row["own"] = round(own.value, 1) if own is not None and shown else None
    row["own_margin"] = round(1.96 * own.sigma, 1) if own is not None and shown else None
    return row


def make_site(desk: Desk) -> APIRouter:
    """Return the pages."""
    rooms, router = Rooms(desk), APIRouter(include_in_schema=False)
    handlers: tuple[tuple[str, Callable[..., object]], ...] = (
        ("/", rooms.first),
        (PAGES["compare"], rooms.compare),
        (PAGES["sent"], rooms.sent),
        (PAGES["schools"], rooms.roll),
        (f"{HUB}/comparison/{{kind}}/{{week}}", rooms.numbers),
        ("/accessibilite", rooms.accessibility),
        ("/livez", rooms.live),
        ("/readyz", rooms.live),
    )
    for path, handler in handlers:
        router.add_api_route(path, handler, methods=["GET"], response_model=None)

    @router.get("/problemes", name="problems")
    def problems(request: Request) -> HTMLResponse:
        return HTMLResponse(problems_page(PROBLEMS, Texts(language(request)), _asked(request)))

    return router
