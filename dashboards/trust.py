"""*Confiance et confidentialité* and the DPO's console: what is promised, and the state of each promise. Pure.

`checks` answers the twelve questions of a DPO, one line each; everything below them on the page is
the detail. The same lines make the committee's page (`SHARED`) and the DPO's. What a sealed document
does not say is said to be unknown, never guessed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from dashboards import trust_tables, trust_words
from dashboards.frame import Frame, common, render
from dashboards.papers import sheets
from dashboards.reading import Snapshot
from dashboards.texts import Texts

GOOD, INFO, WATCH, BAD = "good", "info", "watch", "bad"
SEVERITY: Final = (GOOD, INFO, WATCH, BAD)
SHARED: Final = (
    "purposes", "columns", "dropped", "keys", "retention", "zones", "budget", "audit", "changes",
)  # fmt: skip
"""Questions whose answers the committee reads, too."""
EXPORTS: Final[dict[str, tuple[str, ...]]] = {
    "register": ("ods", "json", "html"),
    "dpia": ("json", "html"),
    "notice-adults": ("html", "json"),
    "notice-pupils": ("html", "json"),
    "breach": ("html", "json"),
}
"""Documents to take away, and as what."""


@dataclass(frozen=True, slots=True)
class Stop:
    """What the web process knows about stopping the capture."""

    possible: bool = False
    asked: str = ""
    """When it was asked for, ISO time in UTC; empty: it was not."""


@dataclass(frozen=True, slots=True)
class Live:
    """What the DPO's page knows beside the sealed documents."""

    stop: Stop = Stop()
    accesses: Sequence[tuple[str, str, str, int]] | None = None
    """(day, role, event, times); None: nobody has to log in."""


@dataclass(frozen=True, slots=True)
class Check:
    """One question of the DPO, answered."""

    ident: str
    level: str
    answer: str


def journal_of(snapshot: Snapshot) -> Mapping[str, Any]:
    """Return the journal; empty where an older analyzer wrote none."""
    content: Mapping[str, Any] = snapshot.papers.get("journal", {}).get("content", {})
    return content


def checks(snapshot: Snapshot, texts: Texts, live: Live | None = None) -> list[Check]:
    """Return the state of each promise, in the order of the page.

    Args:
        snapshot: sealed releases and documents.
        texts: the language.
        live: what only the DPO's page knows; None for the committee's page.
    """
    journal = journal_of(snapshot)
    found = [
        _purposes(snapshot, texts),
        _columns(snapshot, texts),
        _dropped(snapshot, texts),
        _keys(journal, texts),
        _retention(journal, texts),
        _zones(journal, texts),
        _budget(journal, texts),
        _audit(snapshot, texts),
        _changes(journal, texts),
    ]
    if live is not None:
        found += [_accesses(live, texts), _exports(snapshot, texts), _stop(live, texts)]
    return found


def verdict(found: Sequence[Check], texts: Texts) -> tuple[str, str]:
    """Return the worst level and the sentence on top of the page."""
    worst = max((check.level for check in found), key=SEVERITY.index)
    named = [texts(f"trust.check.{check.ident}") for check in found if check.level == worst]
    if worst in {GOOD, INFO}:
        return GOOD, texts("trust.verdict.good")
    return worst, texts(f"trust.verdict.{worst}", items=texts.join(named))


def _unknown(ident: str, texts: Texts) -> Check:
    return Check(ident, WATCH, texts("trust.unknown"))


def _purposes(snapshot: Snapshot, texts: Texts) -> Check:
    privacy = snapshot.privacy
    needed = ["legal_basis", "dpo", "council_decision"]
    if privacy.get("legal_basis") == "public_interest":
        needed.append("legal_text")  # GDPR article 6(3)
    missing = [texts(f"trust.purposes.part.{name}") for name in needed if not privacy.get(name)]
    if missing:
        return Check("purposes", WATCH, texts("trust.purposes.missing", items=texts.join(missing)))
    basis = privacy["legal_basis"]
    return Check(
        "purposes", GOOD, texts("trust.purposes.said", basis=texts(f"trust.basis.{basis}"))
    )


def _columns(snapshot: Snapshot, texts: Texts) -> Check:
    columns = [each for each in snapshot.privacy["columns"] if each.get("record") == "flows"]
    pseudonyms = sum(each["identifying"] == "pseudonym" for each in columns)
    return Check(
        "columns", INFO, texts("trust.columns.said", n=len(columns), pseudonyms=pseudonyms)
    )


def _dropped(snapshot: Snapshot, texts: Texts) -> Check:
    dropped = snapshot.privacy.get("dropped", ())
    if not dropped:
        return _unknown("dropped", texts)
    return Check("dropped", INFO, texts("trust.dropped.said", n=len(dropped)))


def _keys(journal: Mapping[str, Any], texts: Texts) -> Check:
    if "keys" not in journal:
        return _unknown("keys", texts)
    keys = journal["keys"]
    if keys["overdue"]:
        days = texts.join([trust_words.day(each, texts) for each in keys["overdue"]])
        return Check("keys", BAD, texts("trust.keys.overdue", days=days))
    if not keys["living"]:
        return Check("keys", INFO, texts("trust.keys.none"))
    moment = trust_words.local(keys["next_rotation"], texts)
    living = texts.join(
        [trust_words.key_age(each, keys["epochs"], texts) for each in keys["living"]]
    )
    return Check("keys", GOOD, texts("trust.keys.living", days=living, moment=moment))


def _retention(journal: Mapping[str, Any], texts: Texts) -> Check:
    if "retention" not in journal:
        return _unknown("retention", texts)
    kept = journal["retention"]
    late = [*kept["overdue"], *kept["unproven"]]
    if late:
        days = trust_words.span(late, texts)
        key = "overdue" if kept["overdue"] else "unproven"
        return Check("retention", BAD, texts(f"trust.retention.{key}", n=len(late), days=days))
    return Check(
        "retention",
        GOOD,
        texts(
            "trust.retention.said",
            days=kept["days"], kept=len(kept["kept"]), proofs=proven(kept),
        ),
    )  # fmt: skip


def proven(retention: Mapping[str, Any]) -> int:
    """Return how many days are erased with a proof; an older journal lists some of them only."""
    return int(retention.get("proven", len(retention["proofs"])))


def _zones(journal: Mapping[str, Any], texts: Texts) -> Check:
    if "zones" not in journal:
        return _unknown("zones", texts)
    zones = journal["zones"]
    own = sum(zone["published_as"] == zone["name"] for zone in zones)
    persons = sum(zone["persons"] for zone in zones)
    return Check(
        "zones", INFO, texts("trust.zones.said", n=len(zones), persons=persons, published=own)
    )


def _budget(journal: Mapping[str, Any], texts: Texts) -> Check:
    if "budget" not in journal:
        return _unknown("budget", texts)
    budget = journal["budget"]
    total = budget["total_rho"]
    dearest = max(budget["days"], key=lambda each: each["spent"], default={"spent": 0.0})
    spent, pledged = dearest["spent"], dearest.get("pledged", 0.0)
    level = GOOD if spent + pledged <= total + 1e-12 else BAD
    share = texts.percent(spent / total)
    return Check(
        "budget",
        level,
        texts(
            "trust.budget.said",
            share=share,
            pledged=texts.percent(pledged / total),
            epsilons=trust_words.epsilons(budget, texts),
            **trust_words.chances(budget, texts),
        ),
    )


def _audit(snapshot: Snapshot, texts: Texts) -> Check:
    audit = snapshot.papers.get("audit")
    if audit is None:
        return Check("audit", WATCH, texts("trust.audit.missing"))
    told = trust_words.audit_told(audit, texts, _in_force(snapshot))
    level = GOOD if told.passed and told.current else WATCH if told.passed else BAD
    return Check("audit", level, told.sentence)


def _in_force(snapshot: Snapshot) -> str:
    """Return the digest of the policy in force."""
    return str(snapshot.privacy.get("policy") or snapshot.privacy["digest"])


def _changes(journal: Mapping[str, Any], texts: Texts) -> Check:
    if "log" not in journal:
        return _unknown("changes", texts)
    log = journal["log"]
    if log["state"] != "sound":
        level = WATCH if log["state"] == "absent" else BAD
        return Check("changes", level, texts(f"trust.log.{log['state']}"))
    acknowledged = journal["acknowledged"]
    sentence = texts(f"trust.acknowledged.{acknowledged}")
    level = GOOD if acknowledged == "in_force" else WATCH
    looser = [each for each in journal["settings"] if each["sense"] == "looser"]
    if looser:
        sentence += " " + texts("trust.settings.looser", n=len(looser), count=len(looser))
        level = level if acknowledged == "in_force" else BAD
    return Check("changes", level, sentence)


def _accesses(live: Live, texts: Texts) -> Check:
    if live.accesses is None:
        return Check("accesses", WATCH, texts("trust.accesses.open"))
    times = sum(count for _, _, event, count in live.accesses if event in LOGINS)
    failed = sum(count for _, _, event, count in live.accesses if event == "login_failed")
    logins = texts("trust.accesses.logins", n=texts.number(times), count=times)
    failures = texts("trust.accesses.failures", n=texts.number(failed), count=failed)
    return Check("accesses", INFO, texts("trust.accesses.said", logins=logins, failures=failures))


LOGINS: Final = frozenset({"login", "link_used"})
"""Ways in: by password, by a one-time link."""


def _exports(snapshot: Snapshot, texts: Texts) -> Check:
    state = [stale(name, snapshot) for name in EXPORTS]
    if None in state:
        return Check("exports", WATCH, texts("trust.exports.missing"))
    if any(state):
        return Check("exports", BAD, texts("trust.exports.stale"))
    return Check("exports", GOOD, texts("trust.exports.said", n=len(EXPORTS)))


def stale(name: str, snapshot: Snapshot) -> bool | None:
    """Say whether a document was made from another policy than the one in force; None: no document."""
    document = snapshot.papers.get(name)
    if document is None:
        return None
    return bool(document["policy"] != _in_force(snapshot))


def _stop(live: Live, texts: Texts) -> Check:
    if live.stop.asked:
        moment = trust_words.moment(live.stop.asked, texts)
        return Check("stop", BAD, texts("trust.stop.asked", moment=moment))
    key = "possible" if live.stop.possible else "impossible"
    return Check("stop", INFO if live.stop.possible else WATCH, texts(f"trust.stop.{key}"))


def trust_page(snapshot: Snapshot, texts: Texts, query: Mapping[str, str]) -> str:
    """Return *Confiance et confidentialité*."""
    return _page("trust", snapshot, texts, query, None)


def dpo_page(snapshot: Snapshot, texts: Texts, query: Mapping[str, str], live: Live) -> str:
    """Return the DPO's console."""
    return _page("dpo", snapshot, texts, query, live)


def _page(
    page: str, snapshot: Snapshot, texts: Texts, query: Mapping[str, str], live: Live | None
) -> str:
    found = checks(snapshot, texts, live)
    level, sentence = verdict(found, texts)
    names = [(name, forms, stale(name, snapshot)) for name, forms in EXPORTS.items()]
    return render(
        "trust.html",
        Frame(texts, page, query),
        page=page,
        checks=found,
        level=level,
        verdict=sentence,
        live=live,
        exports=names if live is not None else [],
        tables=trust_tables.tables(snapshot, journal_of(snapshot), texts, live),
        privacy={**dict.fromkeys(DECLARED), **snapshot.privacy},
        journal=journal_of(snapshot),
        last=_last(snapshot, texts),
        runs=trust_words.runs(snapshot, texts),
        has_audit="audit" in snapshot.papers,
        **common(snapshot, texts),
    )


DECLARED: Final = (
    "policy",
    "dpo",
    "legal_basis",
    "legal_text",
    "council_decision",
    "retention_days",
)
"""Keys that documents of an older analyzer may lack."""


def _last(snapshot: Snapshot, texts: Texts) -> str:
    """Return when the last entry of the audit log was written."""
    last = journal_of(snapshot).get("log", {}).get("last")
    return trust_words.moment(last, texts) if last else texts("trust.none_yet")


def stop_page(snapshot: Snapshot, texts: Texts, query: Mapping[str, str], stop: Stop) -> str:
    """Return the page that asks a second time before the capture is stopped."""
    frame = Frame(texts, "dpo", query)
    asked = trust_words.moment(stop.asked, texts) if stop.asked else ""
    return render(
        "stop.html",
        frame,
        stop=stop,
        asked=asked,
        runs=trust_words.runs(snapshot, texts),
        **common(snapshot, texts),
    )


def paper_page(name: str, snapshot: Snapshot, texts: Texts, query: Mapping[str, str]) -> str:
    """Return one generated document as a page of the site, to read and print.

    Raises:
        KeyError: it is not there.
    """
    shown = sheets(snapshot.papers[name])
    return render(
        "paper_page.html", Frame(texts, "dpo", query), sheets=shown, **common(snapshot, texts)
    )
