"""`--as-of`: an earlier day erases less; a day to come is refused, or it would erase what is promised."""

from datetime import date

import pytest

from cli.analysis import as_of
from cli.exits import Exit, Refusal

NOW = date(2026, 11, 17)


@pytest.mark.parametrize(
    ("text", "day"), [(None, NOW), ("2026-11-16", date(2026, 11, 16)), ("2026-11-17", NOW)]
)
def test_today_or_a_day_before(text, day):
    assert as_of(text, NOW) == day


@pytest.mark.parametrize("text", ["2026-11-18", "2030-01-01", "yesterday"])
def test_a_day_to_come_is_refused(text):
    with pytest.raises(Refusal) as refused:
        as_of(text, NOW)
    assert refused.value.code == Exit.USAGE
