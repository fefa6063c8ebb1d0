"""A1: what the served application answers to requests that nobody should make.

Every route, with windows, filters, group-bys and formats that it does not have. A request is harmless if
it is refused, or answered with exactly the octets of the canonical request: nothing was selected.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Final

import numpy as np
from fastapi import Query, Request
from starlette.responses import JSONResponse, Response

from api import routes
from audit.alter import mutant
from audit.asking import Answer, Asker
from audit.attack import Attack, Figure, equals, told
from audit.ground import Ground, Live
from privacy.published import TABLES, Published

REFUSED: Final = 400
MOVED: Final = 300
NAMES: Final = (
    *("from", "to", "start", "end", "since", "until", "window", "last", "day", "hour", "minute"),
    *(
        "zone",
        "use",
        "service",
        "slot",
        "device",
        "group_by",
        "groupby",
        "filter",
        "where",
        "select",
    ),
    *(
        "limit",
        "offset",
        "page",
        "sort",
        "q",
        "query",
        "sql",
        "raw",
        "noise",
        "exact",
        "seed",
        "debug",
    ),
    *("epsilon", "rho", "aggregate", "format", "fields", "include", "noisy", "table", "period"),
)
VALUES: Final = (
    *(
        "2026-09-08",
        "2026-09-08T10:00",
        "24h",
        "1",
        "0",
        "-1",
        "salles",
        "any",
        "*",
        "true",
        "noisy",
    ),
    *(
        "xml",
        "parquet",
        "xlsx",
        "2026-W37",
        "2026-09",
        "device",
        "1;drop table",
        "../private",
        "%00",
    ),
)
PERIODS: Final = (
    "2026-09-08..2026-09-09",
    "2026-W37-1",
    "2026-09-08T10",
    "last",
    "2026",
    "..",
    "W37",
)
PAGES: Final = ("/", "/debit", "/charte", "/rapport", "/confiance")


def _canonical(public: Path) -> list[str]:
    published = Published(public)
    paths = ["/api/v1/releases", *(f"/api/v1/releases/{table}" for table in TABLES)]
    for table in TABLES:
        paths += [f"/api/v1/releases/{table}/{p}" for p in published.periods(table)[:1]]
    paths += ["/api/v1/documents/school", "/api/v1/documents/privacy", *PAGES]
    return paths


def _fuzzed(rng: np.random.Generator, path: str, wanted: int) -> Iterator[tuple[str, str]]:
    for _ in range(wanted):
        pairs = [
            f"{rng.choice(NAMES)}={rng.choice(VALUES)}" for _ in range(int(rng.integers(1, 4)))
        ]
        yield path, "&".join(pairs)


def _harmless(answer: Answer, plain: Answer) -> bool:
    """Say whether an answer selected nothing: refused, the same octets, or sent elsewhere without a body.

    Pages send an English name of their own parameter (`day`) on to the French one (`jour`).
    """
    elsewhere = MOVED <= answer.status < REFUSED and not answer.body
    return elsewhere or answer.status >= REFUSED or answer.body == plain.body


def free_parameters(description: dict[str, Any]) -> list[str]:
    """Return the parameters of an OpenAPI description that could select something.

    Not free: a closed list of words, or the name of a stored period, whole (a pattern).
    """
    found = []
    for path, operations in description["paths"].items():
        for operation in operations.values():
            for parameter in operation.get("parameters", ()):
                schema = parameter.get("schema", {})
                branches = schema.get("anyOf", [schema])
                closed = all("enum" in one or one.get("type") == "null" for one in branches)
                period = parameter["name"] == "period" and "pattern" in schema
                if not (closed or (period and parameter["in"] == "path")):
                    found.append(f"{path} {parameter['name']}")
    return found


def attack(public: Path, rng: np.random.Generator, fuzz: int) -> list[Figure]:
    """Attack the application over one public directory."""
    asker = Asker(public)
    asked = refused = through = 0
    for path in _canonical(public):
        plain = asker.get(path)
        if plain.status >= REFUSED:
            continue  # not published here
        # `lang` and `format` choose a form; a hostile value of theirs must be refused as the others.
        wanted = fuzz if path.startswith("/api") else max(fuzz // 10, 5)  # a page takes longer
        for answer in asker.many(list(_fuzzed(rng, path, wanted))):
            asked += 1
            refused += answer.status >= REFUSED
            through += not _harmless(answer, plain)
    odd = [f"/api/v1/releases/{t}/{p}" for t in TABLES for p in PERIODS]
    answers = asker.many([(path, "") for path in odd])
    methods = [
        asker.get("/api/v1/releases/T1", method=m) for m in ("POST", "PUT", "DELETE", "PATCH")
    ]
    through += sum(answer.status < REFUSED for answer in (*answers, *methods))
    description = json.loads(asker.get("/api/v1/openapi.json").body)
    return [
        told("demandes hostiles", asked + len(answers) + len(methods)),
        told("dont refusées ; les autres ont rendu les mêmes octets", refused + len(answers)),
        equals("demandes qui ont obtenu autre chose que la publication entière", through, 0),
        equals("paramètres libres dans OpenAPI", len(free_parameters(description)), 0),
    ]


def measure(ground: Ground) -> list[Figure]:
    """Run the attack on the simulated school."""
    return attack(ground.store / "public", ground.rng(1), ground.sizes.fuzz)


def live(subject: Live) -> list[Figure]:
    """Run the attack on what a live store publishes."""
    rng = np.random.default_rng()
    return attack(subject.store / "public", rng, min(subject.sizes.fuzz, 100))


def _with_from(
    self: routes.Routes, request: Request, table: str, since: Annotated[str | None, Query(alias="from")] = None
) -> Response:  # fmt: skip
    """The table from a day on: a window that the reader chooses."""
    library = self._library
    periods = [p for p in library.periods(table) if since is None or p >= since]
    found = [routes.public_release(library.payload(table, period)) for period in periods]
    return JSONResponse({"table": table, "releases": found, "path": request.url.path})


ATTACK: Final = Attack(
    "A1",
    "Surface de l'API",
    "Demander à chaque route des fenêtres, des filtres, des regroupements et des formats qu'elle n'a pas.",
    measure,
    (
        mutant(
            "un paramètre `from=`",
            (routes.Routes, "read_table", _with_from),
            measure=lambda ground: measure(ground.with_sizes(ground.sizes.for_mutants())),
        ),
    ),
    live=live,
)
