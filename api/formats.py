"""JSON and CSV forms of stored releases. Pure.

A withheld cell has no number in any form: neither the stored noisy value nor zero. Texts that a
spreadsheet would run as a formula are defused with a leading apostrophe (OWASP CSV injection).
"""

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any, Literal

FORMATS = ("json", "csv", "csv-fr")
MEDIA = {"json": "application/json", "csv": "text/csv; charset=utf-8; header=present"}
MEDIA["csv-fr"] = MEDIA["csv"]
Format = Literal["json", "csv", "csv-fr"]
BOM = "\ufeff"
"""Without it, Excel reads UTF-8 as a legacy code page."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")

Row = dict[str, str | int | float | None]


def accepted(header: str) -> Format | None:
    """Choose JSON or CSV from an Accept header; None when neither is acceptable."""
    best: tuple[float, Format] | None = None
    for part in (header or "*/*").split(","):
        media, *parameters = (piece.strip().lower() for piece in part.split(";"))
        form = _form(media)
        weight = _weight(parameters)
        if form and weight > 0 and (best is None or weight > best[0]):
            best = (weight, form)
    return best[1] if best else None


def _form(media: str) -> Format | None:
    if media in {"text/csv"}:
        return "csv"
    # A browser that follows a link asks for HTML first: JSON is what we have for it.
    known = {"application/json", "application/*", "*/*", "text/html"}
    return "json" if media in known else None


def _weight(parameters: Sequence[str]) -> float:
    for parameter in parameters:
        if parameter.startswith("q="):
            try:
                return float(parameter[2:])
            except ValueError:
                return 0.0
    return 1.0


def public_cell(cell: Mapping[str, Any]) -> dict[str, Any]:
    """Return what may leave of a stored cell."""
    shown = cell["display"]
    if shown.get("withheld"):
        return {"key": cell["key"], "status": "withheld", "below": shown["below"]}
    return {
        "key": cell["key"],
        "status": "shown",
        "value": shown["value"],
        "margin": shown["margin"],
        "quality": shown["quality"],
    }


def public_release(payload: Mapping[str, Any]) -> dict[str, Any]:
    """Return the body of one stored release, `link` included."""
    common = {"table": payload["table"], "period": payload["period"]}
    if payload["kind"] == "link_load":
        return {**common, "lines": payload["lines"]}
    return {
        **common,
        "starts": payload["starts"],
        "ends": payload["ends"],
        "method": payload["method"],
        "cells": [public_cell(cell) for cell in payload["cells"]],
    }


def withheld_cells(payload: Mapping[str, Any]) -> int:
    """Count the withheld cells of one stored release."""
    return sum(bool(cell["display"].get("withheld")) for cell in payload.get("cells", ()))


def rows(payload: Mapping[str, Any]) -> list[Row]:
    """Return one flat row per cell, or per line and slot."""
    if payload["kind"] == "link_load":
        return [
            _slot_row(payload, line, slot) for line in payload["lines"] for slot in line["slots"]
        ]
    return [_cell_row(payload, cell) for cell in payload["cells"]]


def _source(payload: Mapping[str, Any]) -> Row:
    return {
        "origin": payload["origin"],
        "charter_digest": payload["charter_digest"],
        "privacy_digest": payload["privacy_digest"],
        "policy_digest": payload.get("policy_digest"),
    }


def _cell_row(payload: Mapping[str, Any], cell: Mapping[str, Any]) -> Row:
    public = public_cell(cell)
    return {
        "table": payload["table"],
        "period": payload["period"],
        "starts": payload["starts"],
        "ends": payload["ends"],
        **dict(sorted(cell["key"].items())),
        "unit": payload["method"]["unit"],
        "status": public["status"],
        "value": public.get("value"),
        "margin": public.get("margin"),
        "quality": public.get("quality"),
        "below": public.get("below"),
        **_source(payload),
    }


_RATES = ("mean_mbit_s", "p95_mbit_s", "peak10s_mbit_s", "minutes_80", "minutes_95")


def _slot_row(payload: Mapping[str, Any], line: Mapping[str, Any], slot: Mapping[str, Any]) -> Row:
    row: Row = {
        "table": payload["table"],
        "period": payload["period"],
        "line": line["line"],
        "slot": slot["slot"],
        "slot_period": slot["period"],
        "from": slot["from"],
        "to": slot["to"],
        "minutes_seen": slot["minutes_seen"],
        "minutes_missing": slot["minutes_missing"],
        "loss_share": slot["loss_share"],
    }
    seen = slot["minutes_seen"] > 0
    for side in ("down", "up"):
        row[f"{side}_capacity_mbit_s"] = line["capacity"][f"{side}_mbit_s"]
        for name in _RATES:
            row[f"{side}_{name}"] = slot[side][name] if seen else None
    return {**row, **_source(payload)}


def write_csv(content: Sequence[Row], form: Format) -> str:
    """Return RFC 4180 text, or for `csv-fr` what a French spreadsheet opens: `;`, comma, BOM."""
    french = form == "csv-fr"
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";" if french else ",", lineterminator="\r\n")
    names = list(content[0]) if content else []
    writer.writerow(names)
    for row in content:
        writer.writerow([_field(row.get(name), french=french) for name in names])
    return (BOM if french else "") + out.getvalue()


def _field(value: str | int | float | None, *, french: bool) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return f"'{value}" if value.startswith(_FORMULA) else value
    text = f"{value:.10g}" if isinstance(value, float) else str(value)
    return text.replace(".", ",") if french else text
