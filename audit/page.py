"""`docs/privacy-proof.md`: every figure of a whole run, its criterion, and the command that reproduces it."""

from pathlib import Path
from typing import Final

from audit.attack import Figure, Outcome, Report
from audit.catalogue import load

COMMAND: Final = "jauge audit --profile dpo --seed {seed}{short} --write docs/privacy-proof.md"
HEAD: Final = """<!-- Written by `jauge audit --profile dpo --write docs/privacy-proof.md`; do not edit. -->
# Privacy: the proof

What was tried against this code, what came out, and the bar that each figure had to meet. Each attack
runs on the real code and then on *mutants*: the same code with one protection taken out, altered in
a child process. An attack that misses a mutant proves nothing, so a surviving mutant makes the whole
report red. Figures are named in French, as the DPO reads them.

"""
CALIBRATION: Final = """
## Calibration of A8, A9 and A11

* **A8, A9.** The attacker is the best one there is (likelihood ratio), knows everything but one bit, and the
  noise is Gaussian: the balanced accuracy is Φ(μ/2), with μ the move of the cells in units of their sigma
  (μ = √(2·rho) for a device-day over all tables). "théorie" beside a figure is that formula with
  this version's caps, shares and sigmas. The bars 0.564, 0.73 and 0.58 leave 0.02 to 0.03 above it: over
  five standard errors of the long form's guesses. A week is not five times a day: T6 is drawn each day anew,
  which is why its 0.70 is under the 0.709 of group privacy, the number that the pages display.
* **A11.** The baseline knows each zone's enrolment and the long-run rate of each use in it, and nothing of
  the weeks that are attacked. The attacker adds the released cells of those weeks that count device-days by
  use (T1 by zone, T6 by day). "Gain" is the difference of both in points of bits guessed right; its
  interval is over device-days, so one week alone is too few and the short form only reports it. The control
  publishes the same exact tables with cells under 11 hidden and their margins shown, as statistics
  offices once did: the same linear algebra must then recover at least a quarter of the hidden cells. The
  real releases hide nothing and drown the small cells in noise: of those, rounding the released value hits
  the exact one by chance only, and a share above 20 % would come too near to the control.

"""


def _cell(text: object) -> str:
    return str(text).replace("|", "\\|").replace("\n", " ")


def _row(one: Figure) -> str:
    met = {True: "met", False: "**missed**", None: "reported"}[one.holds]
    note = f" ({one.note})" if one.note else ""
    return (
        f"| {_cell(one.name)}{_cell(note)} | {_cell(one.value)} | {_cell(one.criterion)} | {met} |"
    )


def _subject(one: Outcome) -> list[str]:
    where = {"simulée": "Simulated school", "réelle": "Live store"}[one.subject]
    lines = [f"{where}: **{one.verdict.value}** in {one.seconds:g} s. {one.note}".rstrip(), ""]
    if one.figures:
        lines += ["| figure | value | criterion | |", "|---|---:|---:|---|"]
        lines += [*map(_row, one.figures), ""]
    return lines


def _mutants(outcomes: list[Outcome]) -> list[str]:
    if not outcomes:
        return []
    lines = ["| mutant | verdict | given away by |", "|---|---|---|"]
    for one in outcomes:
        missed = [figure for figure in one.figures if figure.holds is False]
        why = f"{missed[0].name}: {missed[0].value}" if missed else one.note or "nothing"
        lines.append(f"| {_cell(one.subject)} | {one.verdict.value} | {_cell(why)} |")
    return [*lines, ""]


def page(report: Report) -> str:
    """Return the page."""
    short = " --short" if report.form == "courte" else ""
    lines = [
        HEAD
        + f"Run of {report.begun}, {report.seconds:g} s ({report.machine}), form *{report.form}*: "
        f"**{'green' if report.green else 'RED'}**, mutants caught {report.caught} of {len(report.mutants)}. "
        f"Policy `{report.policy[:16]}`.",
        "",
        "```sh",
        COMMAND.format(seed=report.seed, short=short),
        "jauge audit --profile dpo --only A7     # one attack",
        "```",
        "",
        "The seed decides the simulated parts only: the product's noise has none, so its figures differ a little",
        "at each run, and the criteria hold all the same.",
        "",
    ]
    for attack in load():
        own = [one for one in report.outcomes if one.attack == attack.number]
        if own:
            lines += [f"## {attack.number} {attack.title}", "", attack.claim, ""]
            for one in own:
                lines += [] if one.mutant else _subject(one)
            lines += _mutants([one for one in own if one.mutant])
    return "\n".join(lines).rstrip() + "\n" + CALIBRATION.rstrip() + "\n"


def write_page(path: Path, report: Report) -> None:
    """Write the page."""
    path.write_text(page(report), encoding="utf-8")
