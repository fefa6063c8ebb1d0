"""A16: what is displayed is what is enforced. Each setting is turned; each sealed document is damaged.

A setting that is turned must change what is displayed and what is done, together, by formulas that this
attack recomputes for itself. The environment answers every question with a tempting value and must change
nothing. A damaged document closes the service, and an unsigned policy releases nothing.
"""

import math
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any, Final

from analyzer.documents import privacy_document
from analyzer.exact import Bench
from analyzer.retention import expired
from analyzer.store import Store
from audit.alter import mutant
from audit.asking import Asker
from audit.attack import Attack, Figure, at_least, equals
from audit.attacks.gate import released
from audit.ground import Ground, Live
from privacy.gate.tables import published_zones
from privacy.settings import MOST, VOLUMES, DisplaySettings, PrivacySettings, TableName
from school.enforced import enforce

OK: Final = 200
TEMPTING: Final = "9.0"


class _Hostile(dict[str, str]):
    """An environment in which every variable is set."""

    def __missing__(self, name: str) -> str:
        return TEMPTING

    def get(self, key: str, default: Any = None) -> Any:
        """Answer for every name that smells of a setting."""
        return dict.get(self, key, TEMPTING if key.upper().startswith("JAUGE") else default)

    def __contains__(self, name: object) -> bool:
        return dict.__contains__(self, name) or str(name).upper().startswith("JAUGE")


@contextmanager
def hostile_environment() -> Iterator[None]:
    """Answer each question to the environment with a value that would loosen something."""
    real = os.environ
    os.environ = _Hostile(real)  # type: ignore[assignment]  # noqa: B003 - the attack is the environment
    try:
        yield
    finally:
        os.environ = real  # noqa: B003 - see above


def turned(settings: PrivacySettings) -> Iterator[tuple[str, PrivacySettings]]:
    """Yield every setting turned, each to something stricter (looser ones cannot be built)."""
    whole = settings.model_dump(by_alias=True)

    def made(**changes: Any) -> PrivacySettings:
        return PrivacySettings.model_validate({**whole, **changes})

    yield "total_rho", made(total_rho=settings.total_rho / 2)
    yield "retention_days", made(retention_days=settings.retention_days - 1)
    yield "floor_persons", made(floor_persons=settings.floor_persons * 3)
    for name in MOST:
        own = whole["tables"][name]
        for part, value in (("share", own["share"] * 0.8), ("cap", max(own["cap"] // 2, 1))):
            tables = {**whole["tables"], name: {**own, part: value}}
            yield f"{name} {part}", made(tables=tables)
    for part in DisplaySettings.model_fields:
        display = {**whole["display"], part: whole["display"][part] * 2}
        if part == "sigmas":
            display["reliable_sigmas"] = max(display["reliable_sigmas"], display["sigmas"])
        yield f"display {part}", made(display=display)


def _sigma(settings: PrivacySettings, name: TableName) -> float:
    table = settings.table(name)
    squared = table.cap**2 if name in VOLUMES else table.cap
    return math.sqrt(squared) / math.sqrt(2 * settings.total_rho * table.share)


def _done(ground: Ground, settings: PrivacySettings) -> dict[str, Any]:
    """Return what is really done under some settings: by a release, not by what the settings say."""
    school = replace(ground.school, privacy=settings, privacy_digest=settings.digest())
    bench = Bench(Store(ground.store), school, ground.catalogue)
    payloads = {
        name: released(ground, school, definition, [0] * len(definition.keys()))
        for name, definition in bench.tables.items()
    }
    cells = {name: payload["cells"][0]["display"] for name, payload in payloads.items()}
    return {
        "sigma": {name: payload["method"]["sigma"] for name, payload in payloads.items()},
        "rho": {name: payload["method"]["rho"] for name, payload in payloads.items()},
        "below": {name: cell.get("below") for name, cell in cells.items()},
        "zones": published_zones(school.zones, settings.floor_persons),
        "kept": expired([date(2026, 9, n) for n in range(1, 30)], as_of=date(2026, 9, 30),
                        retention_days=settings.retention_days),
        "shown": privacy_document(bench),
        "policy": enforce(school).digest,
    }  # fmt: skip


def _agrees(done: dict[str, Any], settings: PrivacySettings) -> bool:
    """Compare what was done with what the settings ask for, and with what is displayed."""
    shown, display = done["shown"], settings.display
    tables = {one["name"]: one for one in shown["tables"]}
    for name, sigma in done["sigma"].items():
        wanted = _sigma(settings, name)
        if not math.isclose(sigma, wanted, rel_tol=1e-4) or tables[name]["sigma"] != sigma:
            return False
        days = {"T6": 1}.get(name, 7)
        floor = 0 if name in VOLUMES else display.floor_devices_per_day * days
        below = done["below"][name]
        if (
            name in {"T1", "T2", "T3", "T4", "T6"}
            and below is not None
            and below != math.ceil(max(display.sigmas * sigma, floor))
        ):
            return False
    return (
        shown["retention_days"] == settings.retention_days
        and shown["floor_persons"] == settings.floor_persons
        and shown["total_rho"] == settings.total_rho
        and shown["display"] == display.model_dump(mode="json")
    )


def turned_figures(ground: Ground) -> list[Figure]:
    """Turn every setting."""
    plain = _done(ground, ground.settings)
    wrong = [] if _agrees(plain, ground.settings) else ["tel quel"]
    silent, count = [], 0
    for name, settings in turned(ground.settings):
        count += 1
        done = _done(ground, settings)
        if not _agrees(done, settings):
            wrong.append(name)
        same = all(done[part] == plain[part] for part in ("sigma", "below", "zones", "kept"))
        quiet = name.startswith(("rehearsal", "T5-bis")) or name == "display reliable_sigmas"
        if done["policy"] == plain["policy"] or (same and not quiet):
            silent.append(name)
    return [
        at_least("réglages tournés", count, 22),
        equals(
            "réglages dont l'effet n'est pas celui affiché", ", ".join(wrong) or "aucun", "aucun"
        ),
        equals(
            "réglages sans effet, ou sans trace dans l'empreinte",
            ", ".join(silent) or "aucun",
            "aucun",
        ),
    ]


def environment_figures(ground: Ground) -> list[Figure]:
    """Ask again while every variable of the environment is set."""
    before = _done(ground, ground.settings)
    with hostile_environment():
        after = _done(ground, ground.settings)
        agrees = _agrees(after, ground.settings)
    changed = sum(before[part] != after[part] for part in before)
    return [equals("réglages que l'environnement change", changed + (not agrees), 0)]


def _damaged(public: Path, step: int) -> tuple[int, int]:
    """Return (documents damaged, answers that still came) over every sealed document of the policy."""
    tried = served = 0
    for name in ("charter", "privacy", "school", "status"):
        path = public / "documents" / f"{name}.json"
        whole = path.read_bytes()
        for at in range(11, len(whole) - 1, max(len(whole) // step, 1)):
            path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
            tried += 1
            asker = Asker(public)
            served += asker.get("/").status == OK
            served += asker.get(f"/api/v1/documents/{name}").status == OK
        path.write_bytes(whole)
    return tried, served


def _unsigned(ground: Ground) -> int:
    """Return releases drawn under settings that no DPO signed."""
    from analyzer import release

    store = ground.copy("unsigned")
    for path in (store / "log").glob("*"):
        path.unlink()
    (store.with_name(store.name + ".keys") / "log.key").unlink(missing_ok=True)
    for path in (store / "public" / "releases").glob("T*/*.json"):
        path.unlink()
    (store / "private" / "ledger.jsonl").unlink()
    report = release.release(store, ground.school, as_of=ground.as_of, catalogue=ground.catalogue)
    return sum(one.table != "link" for one in report.released)


def measure(ground: Ground) -> list[Figure]:
    """Run the attack."""
    public = ground.copy("policy") / "public"
    tried, served = _damaged(public, 50 if ground.sizes.form == "longue" else 4)
    return [
        *turned_figures(ground),
        *environment_figures(ground),
        at_least("octets retournés dans les documents scellés", tried, 16),
        equals("réponses servies malgré un document altéré", served, 0),
        equals("publications tirées sans signature du DPD", _unsigned(ground), 0),
    ]


def live(subject: Live) -> list[Figure]:
    """Compare a live store's documents with the files, and damage a copy of them."""
    store = subject.copy("policy")
    asker = Asker(store / "public")
    policy = enforce(subject.school).digest
    shown = asker.get("/api/v1/documents/privacy").headers.get("jauge-policy", "")
    tried, served = _damaged(store / "public", 4)
    return [
        equals("en-tête Jauge-Policy", shown, policy[:16], "des fichiers en vigueur"),
        at_least("octets retournés dans les documents scellés", tried, 1),
        equals("réponses servies malgré un document altéré", served, 0),
    ]


def _from_environment(real: Any) -> Any:
    def method(self: PrivacySettings, name: TableName) -> Any:
        rho = os.environ.get("JAUGE_TOTAL_RHO")
        honest = real(self, name)
        return (
            replace(honest, sigma=honest.sigma / 2, rho=honest.rho * float(rho)) if rho else honest
        )

    return method


ATTACK: Final = Attack(
    "A16",
    "Affiché = appliqué",
    "Tourner chaque réglage, altérer chaque document scellé, tenter l'environnement.",
    measure,
    (
        mutant(
            "rho lu dans l'environnement",
            (PrivacySettings, "method", _from_environment(PrivacySettings.method)),
            measure=environment_figures,
        ),
    ),
    live=live,
)
