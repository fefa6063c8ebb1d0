"""Gap rows: the ten-second steps in which the interface was away.

Pure. A step without a row would say the same only to who knows that it should be there; a row that
says how long nothing was measured can be counted, and is missing for nobody's convenience.
"""

from typing import Any

import numpy as np

from collector.meter import layout as lay
from privacy.records import LINK_STEP_S

STEP_US = LINK_STEP_S * 1_000_000
OUTAGE_STEPS_MAX = 60_480
"""A week. Of a longer outage the rows before its last week are left out: a clock that was set forward
must not fill the memory."""


def outage_rows(from_us: int, to_us: int) -> tuple[Any, Any]:
    """Return the LINK records of the steps that an outage touches, and how long it lasted in each.

    Args:
        from_us: start, microseconds since 1970.
        to_us: end; an outage without a duration still has its row.

    Returns:
        (LINK array of zero counts, int32 array of milliseconds, at least 1 each).
    """
    to_us = max(to_us, from_us + 1)
    first, last = from_us // STEP_US, (to_us - 1) // STEP_US
    numbers = np.arange(max(first, last + 1 - OUTAGE_STEPS_MAX), last + 1, dtype=np.int64)
    links = np.zeros(len(numbers), lay.LINK)
    links["start_us"] = numbers * STEP_US
    begins = np.maximum(links["start_us"], from_us)
    ends = np.minimum(links["start_us"] + STEP_US, to_us)
    return links, np.maximum((ends - begins) // 1_000, 1).astype(np.int32)
