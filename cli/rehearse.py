"""`jauge rehearse`: what a draft charter, or another line, would have made of a closed week."""

import json
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.analysis import (
    JsonOption,
    SchoolOption,
    StoreOption,
    open_school,
    open_store,
    progress,
    refusals,
    today,
)
from cli.declared import engine_of, known_language
from cli.exits import Exit, Refusal

HELP = """Replay a closed week under a draft charter or another line, and show what changes.

The result goes through the gate: noise, a margin, and at most one rehearsal for each week.
On simulated days you may rehearse as often as you like; nothing is stored then.
Imported lists were looked up at capture: each day keeps the category of the lists of its time.

Example: jauge rehearse --store /var/lib/jauge --school /etc/jauge/school --charter draft.yaml
"""
TEXTS = {
    "fr": {
        "pedagogical": "pédagogique",
        "residual_private": "privé résiduel",
        "abusive": "abusif",
        "resource_inappropriate": "inadapté à la ressource",
        "title": "Répétition de la semaine {week} : {days} jours de cours rejoués",
        "unit": "Journées-appareils de la semaine (un appareil compte une fois par jour), tout l'établissement.",
        "before": "charte en vigueur",
        "after": "brouillon",
        "withheld": "retenu (< {below})",
        "none": "rien de publié",
        "changed": "change",
        "same": "dans la marge",
        "unknown": "trop peu pour le dire",
        "capacity": "Une autre ligne aurait aussi changé le trafic lui-même : seuls les verdicts sont rejoués.",
        "simulated": "Jours simulés : rien n'est enregistré, recommencez autant que vous voulez.",
        "once": "Enregistré ; cette semaine ne pourra plus être rejouée.",
    },
    "en": {
        "pedagogical": "pedagogical",
        "residual_private": "residual private",
        "abusive": "abusive",
        "resource_inappropriate": "resource-inappropriate",
        "title": "Rehearsal of week {week}: {days} school days replayed",
        "unit": "Device-days of the week (a device counts once a day), whole school.",
        "before": "charter in force",
        "after": "draft",
        "withheld": "withheld (< {below})",
        "none": "nothing released",
        "changed": "changes",
        "same": "within the margin",
        "unknown": "too few to tell",
        "capacity": "Another line would have changed the traffic itself, too: only verdicts are replayed.",
        "simulated": "Simulated days: nothing is stored, try as often as you like.",
        "once": "Stored; this week cannot be rehearsed again.",
    },
}  # fmt: skip


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("rehearse", help=HELP)(rehearse)


def rehearse(
    store: StoreOption,
    school: SchoolOption,
    *,
    charter: Annotated[Path | None, typer.Option(help="The draft charter.")] = None,
    capacity: Annotated[
        str | None, typer.Option(metavar="RATE", help="Another capacity down, as 200Mbit/s.")
    ] = None,
    capacity_up: Annotated[
        str | None, typer.Option(metavar="RATE", help="Another capacity up.")
    ] = None,
    line: Annotated[str | None, typer.Option(help="Which line, where there are several.")] = None,
    week: Annotated[
        str | None,
        typer.Option(metavar="WEEK", help="As 2026-W46; the last closed one if left out."),
    ] = None,
    lang: Annotated[str, typer.Option(help="Language: fr or en.")] = "fr",
    as_json: JsonOption = False,
) -> None:
    """See HELP."""
    if charter is None and capacity is None and capacity_up is None:
        raise Refusal("nothing to try: give --charter FILE, --capacity RATE or both", Exit.USAGE)
    known_language(lang)
    if charter is not None and not charter.is_file():
        raise Refusal(f"{charter}: no such file; give the draft of charter.yaml", Exit.USAGE)
    declared = open_school(school, instead={"charter.yaml": charter} if charter else None)
    draft = _with_capacity(declared, capacity, capacity_up, line)
    directory = open_store(store)
    from analyzer.rehearsal import NotRehearsed
    from analyzer.rehearsal import rehearse as replay
    from privacy.gate.refused import AlreadyReleased

    with refusals(directory), progress() as bar:
        try:
            result = replay(
                directory,
                draft,
                week=_week(week),
                as_of=today(draft),
                catalogue=draft.catalogue(),
                engine=engine_of(school),
                progress=bar,
            )
        except NotRehearsed as error:
            raise Refusal(str(error), Exit.DATA) from None
        except AlreadyReleased as error:
            raise Refusal(
                f"{error}: a week is rehearsed once, and the answer is in "
                f"{directory / 'public' / 'releases' / 'rehearsal'}; try the next week, from the "
                "Monday after it",
                Exit.DATA,
            ) from None
    if as_json:
        typer.echo(json.dumps(_as_json(result, draft)))
        return
    _print(result, TEXTS[lang], other_line=draft is not declared)


def _with_capacity(declared: Any, down: str | None, up: str | None, line: str | None) -> Any:
    if down is None and up is None:
        return declared
    from school.lines import parse_rate
    from school.load import with_capacity

    rates = []
    for option, text in (("--capacity", down), ("--capacity-up", up)):
        try:
            rates.append(None if text is None else parse_rate(text))
        except ValueError as error:
            raise Refusal(f"{option}: {error}", Exit.USAGE) from None
    try:
        return with_capacity(declared, line=line, down_bit_s=rates[0], up_bit_s=rates[1])
    except KeyError:
        names = ", ".join(each.name for each in declared.lines)
        message = f"--line {line}: no such line" if line else "several lines are declared"
        raise Refusal(f"{message}; give --line with one of: {names}", Exit.USAGE) from None


def _week(text: str | None) -> date | None:
    if text is None:
        return None
    try:
        year, _, number = text.partition("-W")
        return date.fromisocalendar(int(year), int(number), 1)
    except ValueError:
        raise Refusal(f"--week {text}: not a week; write 2026-W46", Exit.USAGE) from None


def _value(shown: Any, texts: dict[str, str]) -> str:
    from privacy.release import Withheld

    if shown is None:
        return texts["none"]
    if isinstance(shown, Withheld):
        return texts["withheld"].format(below=shown.below)
    return f"{shown.value} ± {shown.margin:.0f}"


def _print(result: Any, texts: dict[str, str], *, other_line: bool) -> None:
    typer.echo(texts["title"].format(week=result.period.name, days=len(result.days)))
    typer.echo(texts["unit"])
    typer.echo(f"{'':26}{texts['before']:>20}{texts['after']:>20}")
    verdicts = {True: texts["changed"], False: texts["same"], None: texts["unknown"]}
    for use in result.uses:
        before, after = _value(use.before, texts), _value(use.after, texts)
        typer.echo(f"{texts[use.use]:26}{before:>20}{after:>20}   {verdicts[use.changed]}")
    if other_line:
        typer.echo(texts["capacity"])
    typer.echo(texts["once"] if result.stored else texts["simulated"])


def _as_json(result: Any, draft: Any) -> dict[str, Any]:
    from privacy.release import Withheld

    def shown(value: Any) -> dict[str, Any] | None:
        if value is None:
            return None
        if isinstance(value, Withheld):
            return {"withheld": True, "below": value.below}
        return {"value": value.value, "margin": value.margin, "quality": value.quality.value}

    return {
        "week": result.period.name,
        "school_days": [day.isoformat() for day in result.days],
        "origin": result.origin,
        "stored": result.stored,
        "charter_digest": draft.charter_digest,
        "unit": "device_days",
        "uses": [
            {
                "use": use.use,
                "before": shown(use.before),
                "after": shown(use.after),
                "changed": use.changed,
            }
            for use in result.uses
        ],
    }
