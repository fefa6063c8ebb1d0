"""The breach kit: what an attacker would get of this store today, day by day, and the 72 hours. I/O.

Reads which days, keys and cells there are, never a row. For the DPO alone: it says where things lie.
"""

from datetime import date, timedelta
from typing import Any, Final

from analyzer import cells
from analyzer.papers.logbook import read_log
from analyzer.papers.processing import Processing
from analyzer.papers.wording import day as day_fr
from analyzer.papers.wording import fill, french, span, texts
from privacy.gate.periods import period_of
from privacy.gate.tables import PERIODS
from privacy.published import TABLES
from privacy.store.keys import KeyMissing
from privacy.store.layout import FLOWS, LINK

READABLE: Final = "lisible avec la clé du jour"
ERASED: Final = "illisible : clé détruite"
ERASED_SHOWN: Final = 14
"""Erased days that are listed; how many there are is said, and the log has them all."""
NO_KEY: Final = "illisible ici : la clé n'est pas là"


def breach(processing: Processing) -> dict[str, Any]:
    """Return the kit: the state of the store, and the text around it."""
    words, values = texts("breach"), {**processing.values, **_counts(processing)}
    tables = {
        "days": _days(processing),
        "cells": _cells(processing),
        "rest": _rest(processing),
        "thief": [[fill(cell, values) for cell in row] for row in words["thief"]],
    }
    return {
        "title": fill(words["title"], values),
        "lead": fill(words["lead"], values),
        "sections": [_section(section, values, tables) for section in words["sections"]],
    }


def _section(words: Any, values: dict[str, str], tables: dict[str, Any]) -> dict[str, Any]:
    section: dict[str, Any] = {
        "heading": fill(words["heading"], values),
        "text": [fill(text, values) for text in words.get("text", ())],
        "items": [fill(item, values) for item in words.get("items", ())],
    }
    if "table" in words:
        section["table"] = {
            "caption": fill(words["caption"], values),
            "columns": [french(column) for column in words["columns"]],
            "rows": tables[words["table"]],
            "empty": french(words["empty"]),
        }
    return section


def _counts(processing: Processing) -> dict[str, str]:
    store = processing.bench.store
    readable = sorted({*store.keys.days()} - {*store.keys.erased()})
    return {
        "readable_days": str(len(readable)),
        "readable_span": span(readable),
        "cell_days": str(len(_cells(processing))),
        "link_days": str(len(store.days(LINK))),
    }


def _days(processing: Processing) -> list[list[str]]:
    """Return a line per day of slices: whether it can be read, with which key, until when."""
    store, settings = processing.bench.store, processing.bench.settings
    with_key, erased = set(store.keys.days()), set(store.keys.erased())
    stored = set(store.days(FLOWS))
    rows = []
    lately = sorted(erased, reverse=True)[:ERASED_SHOWN]
    for day in sorted(with_key | set(lately) | stored, reverse=True):
        state = ERASED if day in erased else READABLE if day in with_key else NO_KEY
        gone = day + timedelta(days=settings.retention_days)
        where = f"STORE.keys/{day.isoformat()}, enveloppée" if day in with_key else "nulle part"
        late = " (en retard)" if day in processing.erasure.late else ""
        until = "déjà effacé" if day in erased else day_fr(gone) + late
        alive = day >= processing.as_of
        pseudonym = (
            "clé du jour dans le noyau : l'administrateur peut refaire le lien avec une adresse MAC"
            if alive
            else "clé détruite : aucun lien possible avec un appareil"
        )
        rows.append([day_fr(day), french(state), french(where), french(pseudonym), until])
    return rows


def _cells(processing: Processing) -> list[list[str]]:
    """Return a line per table and period of exact cells that are not released yet."""
    store = processing.bench.store
    found: dict[tuple[str, str], list[date]] = {}
    for table in processing.bench.tables:
        for day in cells.days(store, table):
            period = period_of(PERIODS[table], day).name
            found.setdefault((table, period), []).append(day)
    return [
        [table, period, str(len(days)), french(_cell_key(processing, table, period))]
        for (table, period), days in sorted(found.items())
    ]


def _cell_key(processing: Processing, table: str, period: str) -> str:
    try:
        processing.bench.store.cell_keys.key_of(table, period)
    except (KeyMissing, OSError):
        return "illisible : pas de clé ici"
    return f"lisible avec STORE.keys/cells/{table}-{period} et le secret de la machine"


def _rest(processing: Processing) -> list[list[str]]:
    store = processing.bench.store
    released = sum(len(list(store.releases(table).glob("*.json"))) for table in TABLES)
    _, log = read_log(store)
    return [
        [french(cell) for cell in row]
        for row in (
            ("Charge de la ligne", f"{len(store.days(LINK))} jours, en clair",
             "aucun appareil : tout l'établissement, par dix secondes"),
            ("Publications scellées", f"{released} fichiers, en clair",
             "brouillées ; déjà consultables par le comité"),
            ("Documents scellés", "fiche, notices, journal…, en clair", "aucune donnée d'élève"),
            ("Registre du budget", "private/ledger.jsonl", "périodes et coûts ; aucune donnée"),
            ("Journal d'audit", f"{log['entries']} lignes signées",
             "dates, comptes, empreintes ; aucun élève. Sa clé : STORE.keys/log.key"),
            ("Appareils qui s'opposent", "STORE.keys/collector/",
             "empreintes à clé d'adresses MAC : avec la clé, une adresse déjà connue peut être reconnue"),
            ("Clé des sceaux", "private/keys/seal.key", "permet de sceller de faux documents : la changer"),
        )
    ]  # fmt: skip
