"""How persons are protected, as the report says it: from the sealed settings and the journal. Pure.

What a council reads comes first: how long, whether what must be erased is erased, the last audit, what
is withheld, whom to ask. What a data protection officer compares (budget, epsilons, root of the log)
stands at the end of the annex. The four epsilons are told together with rho, never one alone: each
answers another question, and the smallest alone would promise too much.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from dashboards import trust
from dashboards.report.material import Material
from dashboards.texts import Texts

EPSILONS = ("device_day", "two_devices", "school_week", "boarding_week")
CHECKED = ("retention", "audit")
"""Promises of which the report tells the state, in the words of *Confiance et confidentialité*."""


def lines(material: Material, texts: Texts) -> list[tuple[str, str]]:
    """Return (word, sentence) in the order of a reader's questions."""
    privacy = material.snapshot.privacy
    withheld, cells = material.withheld()
    share = texts.percent(withheld / cells) if cells else ""
    found = [
        ("rule", texts("report.privacy.rule_text", count=int(privacy["retention_days"]),
                       days=privacy["retention_days"], floor=privacy["floor_persons"],
                       profile=_profile(privacy, texts))),
        *_states(material, texts),
        ("erased", _erased(material.documents, texts)),
        ("withheld", texts("report.privacy.withheld_text", n=texts.number(withheld),
                           all=texts.number(cells), share=share) if cells else ""),
        ("dpo", material.snapshot.school.dpo or texts("report.privacy.dpo_unknown")),
    ]  # fmt: skip
    return [(texts(f"report.privacy.{key}"), value) for key, value in found if value]


def _states(material: Material, texts: Texts) -> list[tuple[str, str]]:
    """Return the state of the promises, as the page says it: late where late."""
    snapshot = replace(material.snapshot, papers=material.documents)
    return [
        (check.ident, f"{texts(f'level.{check.level}')}{texts('word.colon')}{check.answer}")
        for check in trust.checks(snapshot, texts)
        if check.ident in CHECKED
    ]


def _profile(privacy: Mapping[str, Any], texts: Texts) -> str:
    profile = str(privacy["profile"])
    known = profile in {"renforce", "standard"}
    return texts(f"report.privacy.profiles.{profile}") if known else profile


def _erased(documents: Mapping[str, Mapping[str, Any]], texts: Texts) -> str:
    """Return the latest day whose key was destroyed, and when; empty where none was."""
    retention = documents.get("journal", {}).get("content", {}).get("retention")
    if not isinstance(retention, Mapping):
        return ""
    erased = [proof for proof in retention["proofs"] if "key_destroyed" in proof]
    if not erased:
        return ""
    last = max(erased, key=lambda proof: str(proof["key_destroyed"]))
    day, at = (date.fromisoformat(str(last[key])[:10]) for key in ("day", "key_destroyed"))
    return texts("report.privacy.erased_text", day=texts.day_short(day), at=texts.day_short(at))


def details(material: Material, texts: Texts) -> list[tuple[str, str]]:
    """Return what a data protection officer compares: (word, sentence)."""
    found = [
        ("guarantee", _guarantee(material.snapshot.privacy, texts)),
        ("policy", texts("report.privacy.policy_text", policy=material.policy)),
        ("log", _checkpoint(material.documents, texts)),
    ]
    return [(texts(f"report.privacy.{key}"), value) for key, value in found if value]


def _guarantee(privacy: Mapping[str, Any], texts: Texts) -> str:
    told = {key: privacy.get(f"epsilon_{key}") for key in EPSILONS}
    rho = texts.number(float(privacy["total_rho"]), 4)
    if any(value is None for value in told.values()):
        return texts("report.privacy.rho_only", rho=rho)
    values = {key: texts.number(float(value or 0.0), 2) for key, value in told.items()}
    return texts("report.privacy.guarantee_text", rho=rho, delta=privacy["delta"], **values)


def _checkpoint(documents: Mapping[str, Mapping[str, Any]], texts: Texts) -> str:
    """Return size and root of the audit log: whoever noted them earlier sees a change."""
    log = documents.get("journal", {}).get("content", {}).get("log")
    if not isinstance(log, Mapping) or "root" not in log:
        return ""
    size = texts.number(int(log.get("entries", 0)))
    return texts("report.privacy.checkpoint", size=size, root=str(log["root"])[:32])
