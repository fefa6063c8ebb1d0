"""Numbers rounded so that what is displayed still adds up. Pure."""

from collections.abc import Sequence


def rounded_together(values: Sequence[float], step: int) -> list[int]:
    """Return the values as whole numbers of steps that add up to their rounded sum.

    Largest remainders: each number of steps is one of the two around the value. Parts first in the
    list win ties, so the same values are always displayed alike.

    Args:
        values: parts of one total, for instance megabytes.
        step: what one displayed unit is worth, for instance 1,000 for gigabytes.
    """
    low = [int(value // step) for value in values]
    missing = round(sum(values) / step) - sum(low)
    by_rest = sorted(range(len(values)), key=lambda n: (low[n] * step - values[n], n))
    raised = set(by_rest[:missing])
    return [count + (position in raised) for position, count in enumerate(low)]
