"""All checks, in the order in which a person mends things. Pure."""

from typing import Final

from cli.diagnosis import checks_capture, checks_host, checks_school
from cli.diagnosis.facts import Facts
from cli.diagnosis.verdict import FAILED, Check, Verdict

CHECKS: Final[tuple[Check, ...]] = (
    *checks_school.CHECKS,
    *checks_capture.CHECKS,
    *checks_host.CHECKS,
)


def judge(facts: Facts) -> tuple[tuple[Check, Verdict], ...]:
    """Return what each check says."""
    return tuple((check, check.judge(facts)) for check in CHECKS)


def is_well(verdicts: tuple[tuple[Check, Verdict], ...]) -> bool:
    """Say whether no check failed."""
    return all(verdict.status != FAILED for _, verdict in verdicts)
