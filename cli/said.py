"""What `jauge health`, `store status` and `first-day` say, in French and English. Pure."""

from collections.abc import Mapping
from typing import Any, Final

from analyzer.first_day import NOTHING_YET, PUBLISHED, FirstDay
from analyzer.link_release import FEW_PERSONS, NO_CAPACITY
from analyzer.plan import NO_SCHOOL

HEALTH: Final = {
    "document": "document",
    "at": "à",
    "collector_age_s": "dernier signe du collecteur, s",
    "collector_running": "le collecteur tourne",
    "slices_stopped": "tranches arrêtées",
    "drops_now": "paquets perdus en ce moment",
    "table_tenths": "table des flux remplie, dixièmes",
    "spool_files": "fichiers d'attente",
    "spool_mib": "fichiers d'attente, Mio",
    "spool_age_s": "dernière écriture en attente, s",
    "seal_delay_s": "dernière mesure scellée il y a, s",
    "disk_free_gib": "place libre, Gio",
    "disk_left_days": "jours avant l'arrêt des tranches",
    "write_faults": "écritures refusées par le disque",
    "gaps": "pertes des sept derniers jours",
    "lists_age_days": "âge des listes, jours",
}
"""Key of `/metrics`' document → French label; the English one is the key itself."""
WHY_NONE: Final = {
    PUBLISHED: "des journées entières sont publiées : les pages les montrent",
    NOTHING_YET: "aucune tranche de cinq minutes n'est encore achevée depuis le début de la capture",
    NO_SCHOOL: "pas de classe aujourd'hui, donc rien que l'établissement décide",
    FEW_PERSONS: "aucun créneau du jour n'a assez de personnes déclarées",
    NO_CAPACITY: "aucune ligne déclarée n'a ce jour une capacité et des mesures",
}
LEVELS: Final = {"all": "tout", "link_only": "la ligne seulement"}
RECORDS: Final = {"flows": "tranches", "link": "ligne"}


def health(told: Mapping[str, Any], lang: str) -> list[str]:
    """Return one line for each thing that is told to `/metrics`."""
    if lang == "en":
        return [f"{name.replace('_', ' ')}: {_value(value, lang)}" for name, value in told.items()]
    return [f"{HEALTH[name]} : {_value(value, lang)}" for name, value in told.items()]


def _value(value: Any, lang: str) -> Any:
    if value is None:
        return "unknown" if lang == "en" else "inconnu"
    if isinstance(value, bool) and lang == "fr":
        return "oui" if value else "non"
    return (value or "–") if isinstance(value, dict) else value


def first_day(done: FirstDay, lang: str) -> str:
    """Return what was published of the running day, or why nothing was."""
    if lang == "en":
        if done.why_none:
            return f"{done.day}: nothing to show: {done.why_none}"
        return f"{done.day}: {done.steps} times five minutes of the line's load published"
    if done.why_none:
        return f"{done.day} : rien à montrer : {WHY_NONE[done.why_none]}"
    return f"{done.day} : {done.steps} fois cinq minutes de la charge de la ligne publiées"


def store_status(found: Mapping[str, Any], lang: str) -> list[str]:
    """Return what a store holds, how much room is left, how its collector is."""
    return _store_en(found) if lang == "en" else _store_fr(found)


def _store_en(found: Mapping[str, Any]) -> list[str]:
    lines = []
    for record, entry in found["records"].items():
        days = f"{entry['first_day']} to {entry['last_day']}" if entry["days"] else "no days"
        lines.append(
            f"{record}: {entry['rows']:,} rows in {entry['segments']:,} segments, "
            f"{entry['bytes'] >> 20:,} MiB, {entry['days']} days ({days})"
        )
    spool, disk, collector = found["spool"], found["disk"], found["collector"]
    lines += [
        f"spool: {spool['files']} files, {spool['bytes'] >> 10:,} KiB, oldest write "
        f"{spool['last_write_age_s']} s ago",
        f"disk: {disk['free_bytes'] >> 20:,} of {disk['total_bytes'] >> 20:,} MiB free",
    ]
    if collector is not None:
        lines.append(
            f"collector {'runs' if collector['running'] else 'ended'}: writes "
            f"{collector['level'].replace('_', ' ')}, {collector['write_faults']} faults of the disk, "
            f"{collector['rows_not_kept']:,} rows not kept"
        )
    return lines


def _store_fr(found: Mapping[str, Any]) -> list[str]:
    lines = []
    for record, entry in found["records"].items():
        days = f"du {entry['first_day']} au {entry['last_day']}" if entry["days"] else "aucun jour"
        lines.append(
            f"{RECORDS[record]} : {_number(entry['rows'])} rangées, {_number(entry['segments'])} segments, "
            f"{_number(entry['bytes'] >> 20)} Mio, {entry['days']} jours ({days})"
        )
    spool, disk, collector = found["spool"], found["disk"], found["collector"]
    lines += [
        f"en attente : {spool['files']} fichiers, {_number(spool['bytes'] >> 10)} Kio, plus ancienne "
        f"écriture il y a {spool['last_write_age_s']} s",
        f"disque : {_number(disk['free_bytes'] >> 20)} Mio libres sur {_number(disk['total_bytes'] >> 20)}",
    ]
    if collector is not None:
        level = LEVELS.get(collector["level"], collector["level"])
        lines.append(
            f"collecteur {'en marche' if collector['running'] else 'arrêté'} : écrit {level}, "
            f"{collector['write_faults']} écritures refusées par le disque, "
            f"{_number(collector['rows_not_kept'])} rangées non gardées"
        )
    return lines


def _number(value: int) -> str:
    return f"{value:,}".replace(",", "\u202f")
