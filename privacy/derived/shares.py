"""One number as a share of another, with its margin. Pure."""

import math
from dataclasses import dataclass

from privacy.derived.linear import Derived
from privacy.release import Z95, Quality, Shown, Withheld
from privacy.settings import DisplaySettings

WHOLE = 100


@dataclass(frozen=True, slots=True)
class Share:
    """A share that may be displayed."""

    percent: float
    """One decimal, between 0 and 100."""
    margin: float
    """95 % half-width of the noise of both numbers, in points, one decimal."""
    quality: Quality
    """That of the part: the whole is reliable, or there is no share."""


def share(part: Derived, whole: Derived, rule: DisplaySettings) -> Share | Withheld:
    """Return the share of a part in a whole that contains it.

    The ratio of two noisy numbers is nearly normal where the denominator is ten sigma or more (the
    delta method; tests/privacy compare its margin with draws), so a whole that is not reliable has
    no shares. Cells that both numbers contain make the margin smaller, and are counted.

    Returns:
        Withheld with the threshold in per cent of the whole where the part is withheld, and under
        100 % where the whole is.
    """
    under, over = whole.shown(rule), part.shown(rule)
    if isinstance(under, Withheld) or under.quality is not Quality.RELIABLE:
        return Withheld(below=WHOLE)
    if not isinstance(over, Shown):
        return Withheld(below=min(math.ceil(WHOLE * over.below / whole.value), WHOLE))
    ratio = part.value / whole.value
    variance = (
        part.covariance(part)
        - 2 * ratio * part.covariance(whole)
        + ratio**2 * whole.covariance(whole)
    ) / whole.value**2
    return Share(
        percent=round(min(WHOLE * ratio, WHOLE), 1),
        margin=round(WHOLE * Z95 * math.sqrt(max(variance, 0.0)), 1),
        quality=over.quality,
    )
