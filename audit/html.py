"""The report as one page that a DPO reads and prints: French, self-contained, no script. Pure."""

from html import escape
from typing import Final

from audit.attack import Attack, Figure, Outcome, Report, Verdict
from audit.catalogue import load

STYLE: Final = """
:root{--ink:#1d2433;--soft:#5a6478;--line:#d6dae3;--ok:#17663a;--bad:#a51d2d;--paper:#fff}
*{box-sizing:border-box}
body{font:15px/1.5 system-ui,"Segoe UI",Roboto,"DejaVu Sans",sans-serif;color:var(--ink);
background:var(--paper);max-width:62rem;margin:0 auto;padding:2rem 1.25rem}
h1{font-size:1.7rem;margin:0 0 .3rem}h2{font-size:1.15rem;margin:2.2rem 0 .4rem}
h3{font-size:1rem;margin:1.4rem 0 .2rem}p{margin:.3rem 0 .8rem}
.verdict{border-left:.5rem solid;padding:.8rem 1rem;margin:1.2rem 0;font-size:1.15rem}
.green{border-color:var(--ok);background:#eef7f1}.red{border-color:var(--bad);background:#fbeff0}
.held{color:var(--ok)}.broken{color:var(--bad);font-weight:700}.soft{color:var(--soft)}
table{border-collapse:collapse;width:100%;margin:.4rem 0 1rem}
th,td{text-align:left;vertical-align:top;padding:.3rem .6rem .3rem 0;border-bottom:1px solid var(--line)}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
section{break-inside:avoid-page}footer{margin-top:2.5rem;border-top:1px solid var(--line);
padding-top:.6rem;font-size:.85rem;color:var(--soft);overflow-wrap:anywhere}
@media print{body{padding:0;font-size:10.5pt;max-width:none}@page{margin:16mm}}
"""
GOOD: Final = {Verdict.HELD, Verdict.CAUGHT}


def _number(value: float | int | str) -> str:
    if isinstance(value, str):
        return escape(value)
    if isinstance(value, int):
        return f"{value:,}".replace(",", "\u202f")
    return f"{value:.5g}".replace(".", ",")


def _mark(holds: bool | None) -> str:  # noqa: FBT001 - one value of a figure, no switch
    if holds is None:
        return '<span class="soft">donné</span>'
    return '<span class="held">✓ tenu</span>' if holds else '<span class="broken">✗ manqué</span>'


def _figure(one: Figure) -> str:
    note = f'<br><span class="soft">{escape(one.note)}</span>' if one.note else ""
    return (
        f'<tr><td>{escape(one.name)}{note}</td><td class="n">{_number(one.value)}</td>'
        f'<td class="n">{escape(one.criterion)}</td><td>{_mark(one.holds)}</td></tr>'
    )


def _verdict(one: Verdict) -> str:
    kind = "held" if one in GOOD else "soft" if one is Verdict.NOT_RUN else "broken"
    return f'<span class="{kind}">{escape(one.value)}</span>'


def _subject(one: Outcome) -> str:
    where = {"simulée": "École simulée", "réelle": "École réelle"}[one.subject]
    note = f" — {escape(one.note)}" if one.note else ""
    head = f"<p><strong>{where}</strong> : {_verdict(one.verdict)}{note}</p>"
    if not one.figures:
        return head
    rows = "".join(_figure(figure) for figure in one.figures)
    return (
        f"{head}<table><thead><tr><th>Ce qui est mesuré</th><th class=n>Mesure</th>"
        f"<th class=n>Critère</th><th></th></tr></thead><tbody>{rows}</tbody></table>"
    )


def _mutants(outcomes: list[Outcome]) -> str:
    if not outcomes:
        return ""
    rows = "".join(
        f"<tr><td>{escape(one.subject)}</td><td>{_verdict(one.verdict)}</td>"
        f"<td>{escape(_why(one))}</td></tr>"
        for one in outcomes
    )
    return (
        "<table><thead><tr><th>Protection retirée</th><th></th><th>Ce qui l'a trahie</th></tr></thead>"
        f"<tbody>{rows}</tbody></table>"
    )


def _why(one: Outcome) -> str:
    if one.note:
        return one.note
    missed = [figure for figure in one.figures if figure.holds is False]
    return f"{missed[0].name} : {_number(missed[0].value)}" if missed else "rien"


def _attack(attack: Attack, outcomes: list[Outcome]) -> str:
    real = "".join(_subject(one) for one in outcomes if not one.mutant)
    mutants = _mutants([one for one in outcomes if one.mutant])
    return (
        f"<section><h2>{attack.number} — {escape(attack.title)}</h2>"
        f'<p class="soft">{escape(attack.claim)}</p>{real}{mutants}</section>'
    )


def _summary(report: Report) -> str:
    kind, word = ("green", "VERT") if report.green else ("red", "ROUGE")
    score = f"{report.caught}/{len(report.mutants)}"
    if report.green:
        says = "Toutes les attaques menées ont été tenues, et chaque mutant a été attrapé."
    else:
        says = (
            "Une attaque a percé, n'a pas pu être menée, ou un mutant a survécu : voir ci-dessous."
        )
    return f'<div class="verdict {kind}"><strong>{word}</strong> — mutants attrapés : {score}.<br>{says}</div>'


def page(report: Report, digest: str) -> str:
    """Return the whole page.

    Args:
        report: what was found.
        digest: of the report's JSON form.
    """
    by_attack: dict[str, list[Outcome]] = {}
    for one in report.outcomes:
        by_attack.setdefault(one.attack, []).append(one)
    body = "".join(_attack(a, by_attack[a.number]) for a in load() if a.number in by_attack)
    return (
        '<!doctype html><html lang="fr"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>Jauge — audit de confidentialité</title><style>{STYLE}</style></head><body>"
        "<h1>Audit de confidentialité</h1>"
        f'<p class="soft">Commencé le {report.begun}, {_number(report.seconds)} s, forme '
        f"{escape(report.form)}, {escape(report.machine)}. Chaque attaque est menée contre le vrai code, "
        "puis contre des mutants : le même code, une protection en moins. Un mutant qui survit rend "
        f"tout le rapport rouge.</p>{_summary(report)}{body}"
        f"<footer>Politique {escape(report.policy[:16])} · rapport {digest} · graine des parties "
        f"simulées {report.seed}. Le bruit du produit n'a jamais de graine.</footer></body></html>"
    )
