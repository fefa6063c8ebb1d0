"""The report: JSON that is sealed, one page of HTML beside it, and the document that the pages read.

The HTML page is bound to the JSON by its SHA-256, which the seal covers; the JSON's own digest stands at
the foot of the page. Pure: bytes out, the key is an argument.
"""

import hashlib
from collections.abc import Mapping
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from audit.attack import Figure, Outcome, Report, Verdict
from audit.catalogue import load
from audit.html import page
from privacy import canonical
from privacy.sealed import SealBroken, open_sealed, seal

KIND: Final = "audit-report"
DOCUMENT: Final = "audit"
LEAST: Final = 1e-3
"""Smaller figures are written as text: the canonical form has no exponents."""


def _value(value: float | int | str) -> float | int | str:
    if isinstance(value, float) and value and not LEAST <= abs(value) < 1 / LEAST**4:
        return f"{value:.3g}"
    return value


def _figure(one: Figure) -> dict[str, Any]:
    return {
        "name": one.name,
        "value": _value(one.value),
        "criterion": one.criterion,
        "holds": one.holds,
        "note": one.note,
    }


def _outcome(one: Outcome) -> dict[str, Any]:
    return {
        "attack": one.attack,
        "subject": one.subject,
        "mutant": one.mutant,
        "verdict": one.verdict.value,
        "figures": [_figure(figure) for figure in one.figures],
        "seconds": one.seconds,
        "note": one.note,
    }


def as_dict(report: Report) -> dict[str, Any]:
    """Return the report as JSON values."""
    return {
        "form": report.form,
        "begun": report.begun,
        "seconds": report.seconds,
        "seed_of_the_simulated_parts": report.seed,
        "policy": report.policy,
        "machine": report.machine,
        "verdict": "vert" if report.green else "rouge",
        "mutants_caught": report.caught,
        "mutants": len(report.mutants),
        "outcomes": [_outcome(one) for one in report.outcomes],
    }


def digest(report: Report) -> str:
    """Return the digest that stands at the foot of the page and in the log."""
    return canonical.digest(as_dict(report))


def html(report: Report) -> bytes:
    """Return the page."""
    return page(report, digest(report)).encode()


def sealed(report: Report, key: Ed25519PrivateKey) -> tuple[bytes, bytes]:
    """Return the sealed JSON and the page that it vouches for."""
    drawn = html(report)
    payload = {
        "kind": KIND,
        "report": as_dict(report),
        "html_sha256": hashlib.sha256(drawn).hexdigest(),
    }
    return seal(payload, key), drawn


def check(data: bytes, drawn: bytes | None, public: Ed25519PublicKey) -> dict[str, Any]:
    """Return the report of a sealed file, after its seal and the page's digest were checked.

    Raises:
        SealBroken: altered, of another key, or another page than the one that was sealed.
    """
    payload = open_sealed(data, public)
    if payload.get("kind") != KIND:
        raise SealBroken("no report of an audit")
    if drawn is not None and hashlib.sha256(drawn).hexdigest() != payload["html_sha256"]:
        raise SealBroken("the page is not the one that was sealed")
    report: dict[str, Any] = payload["report"]
    return report


def _line(number: str, outcomes: list[Outcome]) -> dict[str, Any]:
    """Return one line of the document: the figure nearest to its criterion says most."""
    real = [one for one in outcomes if not one.mutant]
    mutants = [one for one in outcomes if one.mutant]
    judged = [f for one in real for f in one.figures if f.holds is not None]
    told = next((f for f in judged if f.holds is False), judged[-1] if judged else None)
    title = next(attack.title for attack in load() if attack.number == number)
    return {
        "attack": number,
        "title": title,
        "verdict": _worst(real),
        "figure": "" if told is None else f"{told.name} : {_value(told.value)}",
        "criterion": "" if told is None else told.criterion,
        "mutants_caught": sum(one.verdict is Verdict.CAUGHT for one in mutants),
        "mutants": len(mutants),
    }


def _worst(outcomes: list[Outcome]) -> str:
    order = (Verdict.FAILED, Verdict.BROKEN, Verdict.HELD, Verdict.NOT_RUN)
    found = {one.verdict for one in outcomes}
    return next((verdict.value for verdict in order if verdict in found), Verdict.NOT_RUN.value)


def document(report: Report) -> Mapping[str, Any]:
    """Return the payload of `public/documents/audit.json`."""
    by_attack: dict[str, list[Outcome]] = {}
    for one in report.outcomes:
        by_attack.setdefault(one.attack, []).append(one)
    return {
        "document": DOCUMENT,
        "policy": report.policy,
        "begun": report.begun,
        "seconds": report.seconds,
        "form": report.form,
        "verdict": "vert" if report.green else "rouge",
        "mutants_caught": report.caught,
        "mutants": len(report.mutants),
        "report": digest(report),
        "attacks": [_line(number, outcomes) for number, outcomes in by_attack.items()],
    }
