"""How persons are protected, as the report says it: from the sealed settings and the journal. Pure.

The four epsilons are told together with rho, never one alone: each answers another question, and the
smallest alone would promise too much.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

from dashboards.report.material import Material
from dashboards.texts import Texts

EPSILONS = ("device_day", "two_devices", "school_week", "boarding_week")


def lines(material: Material, texts: Texts) -> list[tuple[str, str]]:
    """Return (word, sentence) in the order of a reader's questions."""
    privacy = material.snapshot.privacy
    withheld, cells = material.withheld()
    found = [
        ("profile", _profile(privacy, texts)),
        ("retention", texts("report.privacy.retention_text", count=int(privacy["retention_days"]),
                            days=privacy["retention_days"], floor=privacy["floor_persons"])),
        ("guarantee", _guarantee(privacy, texts)),
        ("withheld", texts("report.privacy.withheld_text", n=texts.number(withheld),
                           all=texts.number(cells))),
        ("purge", _purge(material.documents, texts)),
        ("dpo", _dpo(material, texts)),
        ("log", _checkpoint(material.documents, texts)),
    ]  # fmt: skip
    return [(texts(f"report.privacy.{key}"), value) for key, value in found if value]


def _profile(privacy: Mapping[str, Any], texts: Texts) -> str:
    profile = str(privacy["profile"])
    known = profile in {"renforce", "standard"}
    return texts(f"report.privacy.profiles.{profile}") if known else profile


def _guarantee(privacy: Mapping[str, Any], texts: Texts) -> str:
    told = {key: privacy.get(f"epsilon_{key}") for key in EPSILONS}
    rho = texts.number(float(privacy["total_rho"]), 4)
    if any(value is None for value in told.values()):
        return texts("report.privacy.rho_only", rho=rho)
    values = {key: texts.number(float(value or 0.0), 2) for key, value in told.items()}
    return texts("report.privacy.guarantee_text", rho=rho, delta=privacy["delta"], **values)


def _purge(documents: Mapping[str, Mapping[str, Any]], texts: Texts) -> str:
    """Return the latest day whose key was destroyed, and when: the journal holds the signed proof."""
    retention = documents.get("journal", {}).get("content", {}).get("retention")
    if not isinstance(retention, Mapping):
        return ""
    erased = [proof for proof in retention["proofs"] if "key_destroyed" in proof]
    if not erased:
        return texts("report.privacy.purge_none")
    last = max(erased, key=lambda proof: str(proof["key_destroyed"]))
    day, at = (date.fromisoformat(str(last[key])[:10]) for key in ("day", "key_destroyed"))
    return texts("report.privacy.purge_text", day=texts.day_short(day), at=texts.day_short(at))


def _dpo(material: Material, texts: Texts) -> str:
    return material.snapshot.school.dpo or texts("report.privacy.dpo_unknown")


def _checkpoint(documents: Mapping[str, Mapping[str, Any]], texts: Texts) -> str:
    """Return size and root of the audit log: whoever noted them earlier sees a change."""
    log = documents.get("journal", {}).get("content", {}).get("log")
    if not isinstance(log, Mapping) or "root" not in log:
        return ""
    size = texts.number(int(log.get("entries", 0)))
    return texts("report.privacy.checkpoint", size=size, root=str(log["root"])[:32])
