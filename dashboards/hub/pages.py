"""The hub's pages as HTML. Pure, except that templates are read once."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from dashboards.frame import Frame, render
from dashboards.hub.compare import compare_view, week_words
from dashboards.hub.material import Comparison, Roll, Sent
from dashboards.tables import Datum, Line, Table
from dashboards.texts import Texts


@dataclass(frozen=True, slots=True)
class Place:
    """Stands in the header where a school's name stands on its own pages."""

    name: str


def compare_page(found: Comparison, texts: Texts, query: Mapping[str, str]) -> str:
    """Return how schools spread."""
    view = compare_view(found, texts)
    return _page("hub/compare.html", "compare", found.hub, texts, query, view=view)


def sent_page(sent: Sent, texts: Texts, query: Mapping[str, str]) -> str:
    """Return what the hub holds of the reader's school: all of it, as it came."""
    lines = tuple(
        Line(
            texts(f"hub.table.{each.table}"),
            (
                Datum(week_words(each.period, texts)),
                Datum(texts.day_short(date.fromisoformat(each.received))),
                Datum(texts.number(each.octets), raw=str(each.octets)),
                Datum(each.sha256),
            ),
        )
        for each in reversed(sent.releases)
    )
    heads = ("week", "received", "octets", "sha256")
    table = Table(
        caption=texts("hub.sent.caption", count=len(lines)),
        corner=texts("hub.head.table"),
        columns=tuple(texts(f"hub.head.{head}") for head in heads),
        lines=lines,
    )
    return _page("hub/sent.html", "sent", sent.hub, texts, query, sent=sent, table=table)


def schools_page(roll: Roll, texts: Texts, query: Mapping[str, str]) -> str:
    """Return which schools push, for whoever runs the hub: no figure of theirs."""
    agrees, declines = texts("hub.agrees"), texts("hub.declines")
    lines = tuple(
        Line(
            each.uai,
            (
                Datum(each.name),
                Datum(texts(f"hub.kind.{each.kind}")),
                Datum(texts.number(each.workstations), raw=str(each.workstations)),
                Datum(agrees if each.named else declines),
                Datum(texts.number(each.releases), raw=str(each.releases)),
                Datum(week_words(each.latest, texts) if each.latest else "–"),
                Datum(texts.number(each.refused), raw=str(each.refused)),
            ),
        )
        for each in roll.schools
    )
    heads = ("name", "kind", "workstations", "named", "releases", "latest", "refused")
    table = Table(
        caption=texts("hub.roll.caption", count=len(lines)),
        corner=texts("hub.head.uai"),
        columns=tuple(texts(f"hub.head.{head}") for head in heads),
        lines=lines,
    )
    return _page("hub/schools.html", "schools", roll.hub, texts, query, roll=roll, table=table)


def accessibility_page(hub: str, texts: Texts, query: Mapping[str, str]) -> str:
    """Return the accessibility statement."""
    return _page("accessibility.html", "accessibility", hub, texts, query)


def _page(
    template: str, page: str, hub: str, texts: Texts, query: Mapping[str, str], **context: Any
) -> str:
    return render(template, Frame(texts, page, query), school=Place(hub), **context)
