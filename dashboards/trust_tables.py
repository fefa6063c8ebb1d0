"""The tables of *Confiance et confidentialité*: every row from a sealed document. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, Final

from dashboards.reading import Snapshot
from dashboards.tables import Datum, Line, Table
from dashboards.texts import Texts
from dashboards.trust_words import (
    chance,
    change_said,
    day,
    event_name,
    fact,
    kind_name,
    moment,
    respect_name,
    role_name,
)


def tables(
    snapshot: Snapshot, journal: Mapping[str, Any], texts: Texts, live: Any
) -> dict[str, Table]:
    """Return every table of the page by name; those that no document fills are left out."""
    found = {
        "columns": stored_columns(snapshot, "flows", texts),
        "link_columns": stored_columns(snapshot, "link", texts),
        "dropped": seen_and_dropped(snapshot, texts),
    }
    if journal:
        found |= {
            "settings": _settings(journal["settings"], texts),
            "decisions": _decisions(journal.get("decisions", ()), texts),
            "epochs": _epochs(journal["keys"], texts),
            "kept": _kept(journal["retention"], snapshot.status.as_of.isoformat(), texts),
            "proofs": _proofs(journal["retention"], texts),
            "zones": _zones(journal["zones"], texts),
            "chances": _chances(journal["budget"], texts),
            "spent": _spent(journal["budget"], texts),
            "costs": _costs(journal["budget"], texts),
            "month": _month(journal["budget"], texts),
            "entries": _entries(journal["entries"], texts, routine=False),
        }
        if live is not None:
            found["routine"] = _entries(journal["entries"], texts, routine=True)
    if "audit" in snapshot.papers:
        found["attacks"] = _attacks(snapshot.papers["audit"]["attacks"], texts)
    if journal.get("since"):
        found["since"] = _since(journal["since"], texts)
    if live is not None and live.accesses:
        found["accesses"] = _accesses(live.accesses, texts)
    return found


def _table(name: str, heads: Iterable[str], lines: Iterable[Line], texts: Texts) -> Table:
    corner, *columns = (texts(f"trust.head.{head}") for head in heads)
    return Table(texts(f"trust.table.{name}"), corner, tuple(columns), tuple(lines))


def _row(head: str, *cells: str, sub: str = "") -> Line:
    return Line(head, tuple(Datum(cell) for cell in cells), sub)


def stored_columns(snapshot: Snapshot, record: str, texts: Texts) -> Table:
    """Return the columns of `flows` or `link`, as the schema of the files has them."""
    lines = []
    for column in snapshot.privacy["columns"]:
        if column.get("record") != record:
            continue
        words = {"en": column, "fr": column.get("fr", column)}
        said = [
            texts.label({lang: words[lang][part] for lang in words})
            for part in ("meaning", "purpose")
        ]
        identifying = texts(f"trust.identifying.{column['identifying']}")
        lines.append(_row(column["name"], *said, identifying))
    heads = ("column", "meaning", "purpose", "identifying")
    return _table(f"columns_{record}", heads, lines, texts)


def seen_and_dropped(snapshot: Snapshot, texts: Texts) -> Table:
    """Return what the collector sees in memory and never writes."""
    lines = [
        _row(
            texts.label(seen["what"]),
            texts.label(seen["until"]),
            ", ".join(seen["becomes"]) or texts("trust.dropped.nothing"),
        )
        for seen in snapshot.privacy.get("dropped", ())
    ]
    return _table("dropped", ("what", "until", "becomes"), lines, texts)


def _settings(settings: Iterable[Mapping[str, Any]], texts: Texts) -> Table:
    lines = [
        _row(
            respect_name(each["name"], texts),
            texts.number(each["value"], 4),
            texts.number(each["approved"], 4),
            texts(f"trust.sense.{each['sense']}"),
        )
        for each in settings
    ]
    return _table("settings", ("setting", "in_force", "approved", "sense"), lines, texts)


VERDICTS: Final = {
    "tenu": "held",
    "percé": "broken",
    "non exécuté": "not_run",
    "en panne": "failed",
}
"""Words of the audit's report, which is in French."""


def _attacks(attacks: Iterable[Mapping[str, Any]], texts: Texts) -> Table:
    lines = [
        _row(
            each["attack"],
            each["title"],
            texts(f"trust.attack.{VERDICTS.get(each['verdict'], 'failed')}"),
            each["figure"],
            each["criterion"],
            f"{each['mutants_caught']}/{each['mutants']}",
        )
        for each in attacks
    ]
    heads = ("attack", "what", "verdict", "figure", "criterion", "mutants")
    return _table("attacks", heads, lines, texts)


NOISE: Final = "noise (sigma)"


def _decisions(decisions: Iterable[Mapping[str, Any]], texts: Texts) -> Table:
    lines = []
    for each in decisions:
        changed = each["differences"]
        noise = [change_said(d, texts) for d in changed if d["respect"].endswith(NOISE)]
        other = [change_said(d, texts) for d in changed if not d["respect"].endswith(NOISE)]
        nothing = texts("trust.first_decision" if each["first"] else "trust.nothing_changed")
        lines.append(
            _row(
                moment(each["at"], texts),
                texts(f"trust.decision.{each['decision']}"),
                texts("trust.signed_by", mark=each["signer"]),
                " ; ".join(other) or nothing,
                " ; ".join(noise) or texts("trust.no_noise"),
            )
        )
    return _table("decisions", ("moment", "decision", "signer", "changed", "noise"), lines, texts)


def _since(found: Iterable[Mapping[str, str]], texts: Texts) -> Table:
    lines = [
        _row(
            respect_name(each["respect"], texts),
            each["before"],
            each["after"],
            texts(f"trust.sense.{each['direction']}"),
        )
        for each in found
    ]
    return _table("since", ("respect", "before", "after", "sense"), lines, texts)


def _epochs(keys: Mapping[str, Any], texts: Texts) -> Table:
    lines = [
        _row(
            day(epoch["day"], texts),
            epoch["epoch"],
            moment(epoch["made"], texts),
            moment(epoch["destroyed"], texts) if epoch["destroyed"] else texts("trust.alive"),
        )
        for epoch in keys["epochs"]
    ]
    return _table("epochs", ("day", "epoch", "made", "destroyed"), lines, texts)


def _state(kept: Mapping[str, Any], retention: Mapping[str, Any], today: str) -> str:
    if kept["day"] in retention["overdue"]:
        return "trust.late"
    return "trust.due_today" if kept["erased_on"] <= today else "trust.in_time"


def _kept(retention: Mapping[str, Any], today: str, texts: Texts) -> Table:
    lines = [
        _row(
            day(each["day"], texts),
            day(each["erased_on"], texts),
            texts(_state(each, retention, today)),
        )
        for each in reversed(retention["kept"])
    ]
    return _table("kept", ("day", "erased_on", "state"), lines, texts)


def _proofs(retention: Mapping[str, Any], texts: Texts) -> Table:
    def said(proof: Mapping[str, Any], name: str) -> str:
        if name not in proof:
            return texts("trust.no_proof")
        number = proof[f"{name}_number"]
        return texts("trust.proof", moment=moment(proof[name], texts), number=number)

    lines = [
        _row(day(p["day"], texts), said(p, "key_destroyed"), said(p, "files_deleted"))
        for p in retention["proofs"]
    ]
    return _table("proofs", ("day", "key_destroyed", "files_deleted"), lines, texts)


def _zones(zones: Iterable[Mapping[str, Any]], texts: Texts) -> Table:
    every = list(zones)
    labels = {zone["name"]: texts.label(zone["label"]) for zone in every}
    lines = []
    for zone in every:
        target = zone["published_as"]
        if not zone["measured"]:
            fate = texts("trust.zone.unmeasured")
        elif target is None:
            fate = texts("trust.zone.whole")
        elif target == zone["name"]:
            fate = texts("trust.zone.own")
        else:
            fate = texts("trust.zone.merged", zone=labels[target])
        lines.append(_row(labels[zone["name"]], texts.number(zone["persons"]), fate))
    return _table("zones", ("zone", "persons", "published"), lines, texts)


def _spent(budget: Mapping[str, Any], texts: Texts) -> Table:
    lines = [
        _row(
            day(each["day"], texts),
            texts.number(each["spent"], 5),
            texts.number(each.get("pledged", 0.0), 5),
            texts.number(each["left"], 5),
            ", ".join(each["tables"]),
            _names(each.get("promised", ()), texts),
        )
        for each in budget["days"]
    ]
    heads = ("day", "spent", "pledged", "left", "by", "promised")
    return _table("spent", heads, lines, texts)


def _names(tables: Iterable[str], texts: Texts) -> str:
    """Return the names of tables; the one that is a word of the program gets the reader's."""
    named = [texts("trust.value.rehearsal") if name == "rehearsal" else name for name in tables]
    return ", ".join(named) or texts("trust.none_yet")


def _chances(budget: Mapping[str, Any], texts: Texts) -> Table:
    lines = [
        _row(
            texts(f"trust.presence.{each['name']}"),
            chance(each["mean"], texts),
            chance(each["worst"], texts),
            texts.number(each["epsilon"], 2),
        )
        for each in budget.get("chances", ())
    ]
    return _table("chances", ("presence", "mean", "worst", "epsilon"), lines, texts)


def _noise(table: Mapping[str, Any], texts: Texts) -> str:
    if table["measure"] == "megabytes":
        return texts("trust.gigabytes", n=texts.number(table["sigma"] / 1000, 1))
    return texts.number(table["sigma"], 1)


def _costs(budget: Mapping[str, Any], texts: Texts) -> Table:
    lines = [
        _row(
            each["table"],
            texts(f"trust.contents.{each['table']}"),
            texts(f"trust.period.{each['period']}"),
            texts.number(each["rho"], 5),
            _noise(each, texts),
            texts.number(each["charges"]),
            each["last"] or texts("trust.none_yet"),
        )
        for each in budget["tables"]
    ]
    heads = ("table", "what_table", "period", "rho", "sigma", "charges", "last")
    return _table("costs", heads, lines, texts)


def _month(budget: Mapping[str, Any], texts: Texts) -> Table:
    lines = [
        _row(
            each["table"],
            texts.number(each["days"]),
            texts.number(each["rho"], 5),
            texts.number(each["epsilon"], 2),
        )
        for each in budget["month"]
    ]
    return _table("month", ("table", "days", "rho", "epsilon"), lines, texts)


ROUTINE: Final = frozenset({"pseudonym_key_made", "pseudonym_key_destroyed", "day_key_destroyed",
                            "day_files_deleted", "release_made"})  # fmt: skip
"""What happens each day; a change of the policy would be lost among them."""


def _entries(entries: Iterable[Mapping[str, Any]], texts: Texts, *, routine: bool) -> Table:
    lines = [
        _row(
            str(entry["number"]),
            moment(entry["at"], texts),
            kind_name(entry["kind"], texts),
            "\u2003".join(fact(name, value, texts) for name, value in entry["facts"].items()),
        )
        for entry in entries
        if (entry["kind"] in ROUTINE) is routine
    ]
    return _table(
        "routine" if routine else "entries", ("number", "moment", "kind", "facts"), lines, texts
    )


def _accesses(accesses: Iterable[tuple[str, str, str, int]], texts: Texts) -> Table:
    counted: Counter[tuple[str, str, str]] = Counter()
    for when, role, event, times in accesses:
        counted[when[:7], role, event] += times
    lines = [
        _row(texts.month(date.fromisoformat(f"{month}-01")), role_name(role, texts), event_name(event, texts),
             texts.number(times))
        for (month, role, event), times in sorted(counted.items(), reverse=True)
    ]  # fmt: skip
    return _table("accesses", ("month", "role", "event", "times"), lines, texts)
