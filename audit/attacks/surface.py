"""A1: what the served application answers to requests that nobody should make.

Every route, with windows, filters, group-bys and formats that it does not have. A request with any
parameter that its route does not have must be refused. One with a wrong value of the route's own parameter
(`format` of the API, the day that a page shows) must be refused, or answered with exactly the octets of the
canonical request: nothing was selected. A page of one released day, by its name, is canonical itself.
"""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Final
from urllib.parse import parse_qsl

import numpy as np
from fastapi import Query, Request
from starlette.responses import JSONResponse, Response

from api import access, routes
from api.permalinks import RENAMED
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


def _followed(asker: Asker, answer: Answer) -> Answer:
    """Return the answer where a page sends an English name of its own parameter: `day` to `jour`."""
    if not MOVED <= answer.status < REFUSED:
        return answer
    path, _, query = answer.headers["location"].partition("?")
    return asker.get(path, query)


def _foreign(path: str, query: str) -> bool:
    """Say whether a request names a parameter that its route does not have, or names one twice."""
    rule = access.find(path)
    names = [RENAMED.get(name, name) for name, _ in parse_qsl(query, keep_blank_values=True)]
    own = rule.query if rule is not None else ()
    return not set(names) <= set(own) or len(names) != len(set(names))


def _whole_day(public: Path, query: str) -> bool:
    """Say whether a request asks for nothing but a released day, whole: the page of that day."""
    pairs = [(RENAMED.get(k, k), v) for k, v in parse_qsl(query, keep_blank_values=True)]
    return [k for k, _ in pairs] == ["jour"] and pairs[0][1] in Published(public).periods("link")


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
    asked = foreign = refused = through = 0
    for path in _canonical(public):
        plain = asker.get(path)
        if plain.status >= REFUSED:
            continue  # not published here
        wanted = fuzz if path.startswith("/api") else max(fuzz // 10, 5)  # a page takes longer
        requests = list(_fuzzed(rng, path, wanted))
        for (_, query), first in zip(requests, asker.many(requests), strict=True):
            answer = _followed(asker, first)
            asked += 1
            foreign += _foreign(path, query)
            refused += _foreign(path, query) and answer.status >= REFUSED
            other = answer.status < REFUSED and answer.body != plain.body
            through += other and not _whole_day(public, query)
    odd = [f"/api/v1/releases/{t}/{p}" for t in TABLES for p in PERIODS]
    answers = asker.many([(path, "") for path in odd])
    methods = [
        asker.get("/api/v1/releases/T1", method=m) for m in ("POST", "PUT", "DELETE", "PATCH")
    ]
    through += sum(answer.status < REFUSED for answer in (*answers, *methods))
    description = json.loads(asker.get("/api/v1/openapi.json").body)
    return [
        told("demandes hostiles", asked + len(answers) + len(methods)),
        told("dont avec un paramètre que la route n'a pas", foreign),
        equals("de celles-là, acceptées", foreign - refused, 0),
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


_find = access.find


def _declared_too(path: str) -> access.Rule | None:
    """Declare it as well, as whoever adds a parameter has to."""
    rule = _find(path)
    return rule and replace(rule, query=(*rule.query, "from"))


ATTACK: Final = Attack(
    "A1",
    "Surface de l'API",
    "Demander à chaque route des fenêtres, des filtres, des regroupements et des formats qu'elle n'a pas.",
    measure,
    (
        mutant(
            "un paramètre `from=`",
            (routes.Routes, "read_table", _with_from),
            (access, "find", _declared_too),
            measure=lambda ground: measure(ground.with_sizes(ground.sizes.for_mutants())),
        ),
    ),
    live=live,
)
