"""Texts in French and English, and numbers and dates as each language writes them.

The catalogues are `catalogue/<lang>.yaml` and the files of `catalogue/<lang>/` (a key is in one of
them only): nested keys, `{name}` places, `one`/`other` for plurals.
French is the source; a test holds both to the same keys and places. French spacing (narrow
no-break spaces before `; ! ? %` and inside « ») is set here, so that catalogues stay typeable.
"""

import re
from collections.abc import Mapping
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from babel import Locale
from babel.dates import format_date
from babel.numbers import format_decimal, format_percent

from dashboards.reading import Labels
from privacy.calling import as_called

LANGUAGES = ("fr", "en")
DEFAULT = "fr"
NARROW = "\u202f"
_CATALOGUES = Path(__file__).parent / "catalogue"


def french(text: str) -> str:
    """Return the text with French spacing and apostrophes."""
    text = text.replace("'", "’")
    text = re.sub(r" ([;!?%»])", NARROW + r"\1", text)
    text = re.sub(r" :", "\u00a0:", text)
    text = text.replace("« ", "«" + NARROW)
    return re.sub(r"(\d) (Mbit/s|min|h|Go)\b", "\\1" + NARROW + "\\2", text)


@cache
def catalogue(lang: str) -> Mapping[str, str]:
    """Return the flat catalogue of one language: `page.key` → text."""
    flat: dict[str, str] = {}
    for path in (_CATALOGUES / f"{lang}.yaml", *sorted((_CATALOGUES / lang).glob("*.yaml"))):
        _flatten("", yaml.safe_load(path.read_text(encoding="utf-8")), flat)
    flat = {key: as_called(text) for key, text in flat.items()}
    return {key: french(text) for key, text in flat.items()} if lang == "fr" else flat


def _flatten(prefix: str, tree: Mapping[str, Any], into: dict[str, str]) -> None:
    for key, value in tree.items():
        name = f"{prefix}{key}"
        if isinstance(value, Mapping):
            _flatten(f"{name}.", value, into)
        elif name in into:
            raise ValueError(name)  # two files would overrule each other
        else:
            into[name] = str(value)


class Texts:
    """Everything that one page says, in one language."""

    def __init__(self, lang: str) -> None:
        if lang not in LANGUAGES:
            raise ValueError(lang)
        self.lang = lang
        self._locale = Locale(lang)
        self._texts = catalogue(lang)

    def __call__(self, key: str, **values: object) -> str:
        """Return a text; `count` selects the plural form.

        Raises:
            KeyError: the catalogue lacks the key or a place has no value.
        """
        if key not in self._texts and "count" in values:
            form = self._locale.plural_form(float(str(values["count"])))
            key = f"{key}.{'one' if form == 'one' else 'other'}"
        text = self._texts[key]
        return text.format(**values) if values else text

    def label(self, labels: Labels) -> str:
        """Return a declared label in this language, French when it has no other."""
        text = labels.get(self.lang) or labels.get(DEFAULT) or next(iter(labels.values()), "")
        return french(text) if self.lang == "fr" else text

    def number(self, value: float, digits: int = 0) -> str:
        """Return a number with at most `digits` decimals."""
        pattern = "#,##0" + ("." + "#" * digits if digits else "")
        return str(format_decimal(value, format=pattern, locale=self._locale))

    def percent(self, share: float) -> str:
        """Return a share as a percentage; one decimal below 10 %."""
        digits = 3 if 0 < abs(share) < 0.1 else 2  # noqa: PLR2004 - see the docstring
        return str(
            format_percent(round(share, digits), locale=self._locale, decimal_quantization=False)
        )

    def mbit(self, value: float) -> str:
        """Return a rate in Mbit/s."""
        return f"{self.number(value, 1)}{NARROW}Mbit/s"

    def day(self, day: date) -> str:
        """Return `lundi 5 octobre 2026`."""
        return self._first(str(format_date(day, format="full", locale=self._locale)))

    def day_short(self, day: date) -> str:
        """Return `5 oct. 2026`."""
        return self._first(str(format_date(day, format="medium", locale=self._locale)))

    def _first(self, text: str) -> str:
        """Write the first of a month as French does: `1er nov. 2026`."""
        return re.sub(r"\b1 (?=[^\W\d])", "1er ", text) if self.lang == "fr" else text

    def day_tick(self, day: date) -> tuple[str, str]:
        """Return `("5", "oct.")`."""
        return (
            str(format_date(day, format="d", locale=self._locale)),
            str(format_date(day, format="MMM", locale=self._locale)),
        )

    def day_month(self, day: date) -> str:
        """Return `5 octobre` (`October 5`)."""
        pattern = "d MMMM" if self.lang == "fr" else "MMMM d"
        return self._first(str(format_date(day, format=pattern, locale=self._locale)))

    def month(self, day: date) -> str:
        """Return `octobre 2026`."""
        return str(format_date(day, format="MMMM y", locale=self._locale))

    def weekday(self, index: int) -> str:
        """Return the name of a weekday, 0 is Monday."""
        names: Mapping[int, str] = self._locale.days["format"]["wide"]
        return names[index]

    def weekday_tick(self, index: int) -> str:
        """Return the short name of a weekday."""
        names: Mapping[int, str] = self._locale.days["format"]["abbreviated"]
        return names[index]

    def clock(self, time: str) -> str:
        """Return `10 h 05` for `10:05` in French."""
        if self.lang != "fr":
            return time
        hours, _, minutes = time.partition(":")
        tail = f"{NARROW}{minutes}" if minutes != "00" else ""
        return f"{int(hours)}{NARROW}h{tail}"

    def join(self, items: list[str]) -> str:
        """Return `a, b et c`."""
        if len(items) < 2:  # noqa: PLR2004 - nothing to join
            return "".join(items)
        return f"{', '.join(items[:-1])} {self('word.and')} {items[-1]}"

    def sentence(self, text: str) -> str:
        """Return the text with a capital first letter."""
        return text[:1].upper() + text[1:]

    def span(self, first: date, last: date) -> str:
        """Return a range of days, both included."""
        if first == last:
            return self("word.one_day", day=self.day_short(first))
        return self("word.span", first=self.day_short(first), last=self.day_short(last))


def sunday(monday: date) -> date:
    """Return the last day of the week that starts on `monday`."""
    return monday + timedelta(days=6)
