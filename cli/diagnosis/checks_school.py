"""Checks of what the school declares. Pure."""

from datetime import date
from typing import Final

from cli.diagnosis.facts import Facts
from cli.diagnosis.verdict import PASSED, UNREAD, Check, Verdict, failed

_SUMMER: Final = 8
"""A school year ends with August."""


def files(facts: Facts) -> Verdict:
    """Everything declared can be used."""
    school = facts.school
    if not school.problems:
        return PASSED
    return failed(
        f"{school.problems} erreurs dans {school.directory}",
        f"{school.problems} errors in {school.directory}",
        f"jauge check {school.directory}",
    )


def reachable(facts: Facts) -> Verdict:
    """Each rule of the charter can decide (the others are errors of `files`)."""
    school = facts.school
    if school.problems:
        return UNREAD
    if not school.unproven_rules:
        return PASSED
    return failed(
        f"{school.unproven_rules} règles dont on ne sait si elles décident un jour : à simplifier",
        f"{school.unproven_rules} rules of which nobody knows whether they ever decide: simplify",
        f"jauge check {school.directory}",
    )


def number(facts: Facts) -> Verdict:
    """Zones and the school's number are set: documents bear them."""
    school = facts.school
    if school.problems:
        return UNREAD
    if school.uai and school.zones:
        return PASSED
    return failed(
        "le numéro UAI manque : les documents du DPD ne disent pas de qui ils parlent",
        "the school's number (UAI) is missing: the DPO's documents do not say whom they speak of",
        f"${{EDITOR:-nano}} {school.directory}/zones.yaml  # school: {{name: …, uai: …}}",
    )


def rate(facts: Facts) -> Verdict:
    """The subscribed rate of the measured line is declared for today."""
    school = facts.school
    if school.problems:
        return UNREAD
    if school.line_declared and school.rate_today:
        return PASSED
    fr, en = ("n'est pas déclarée", "is not declared")
    if school.line_declared:
        fr, en = ("n'a pas de débit en vigueur aujourd'hui", "has no capacity in force today")
    return failed(
        f"la ligne `{school.line}` mesurée {fr} dans lines.yaml",
        f"the measured line `{school.line}` {en} in lines.yaml",
        f"${{EDITOR:-nano}} {school.directory}/lines.yaml && jauge check {school.directory}",
    )


def timezone(facts: Facts) -> Verdict:
    """The school's time zone is known to this machine."""
    if facts.school.problems:
        return UNREAD
    if facts.school.timezone_known:
        return PASSED
    return failed(
        "le fuseau de calendar.yaml est inconnu de cette machine",
        "this machine does not know the time zone of calendar.yaml",
        "apt-get install --reinstall tzdata",
    )


def holidays(facts: Facts) -> Verdict:
    """School holidays are known to the end of the school year."""
    school, today = facts.school, facts.machine.today
    if school.problems:
        return UNREAD
    summer = date(today.year + (today.month > _SUMMER), 7, 31)
    if school.holidays_until is not None and school.holidays_until >= summer:
        return PASSED
    return failed(
        f"les vacances scolaires ne sont pas connues jusqu'en juillet {summer.year}",
        f"school holidays are not known up to July {summer.year}",
        f"${{EDITOR:-nano}} {school.directory}/calendar.yaml  # holidays: …",
    )


CHECKS: Final = (
    Check("files", "fichiers déclarés", "declared files", files),
    Check("rules", "règles atteignables", "rules that can decide", reachable),
    Check("number", "zones et numéro UAI", "zones and school number", number),
    Check("rate", "débit souscrit", "subscribed rate", rate),
    Check("timezone", "fuseau horaire", "time zone", timezone),
    Check("holidays", "vacances connues", "holidays known", holidays),
)
