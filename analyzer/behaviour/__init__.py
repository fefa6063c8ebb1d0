"""What flows without a name look like. Pure, twice: over rows in Python, and as an Ibis expression.

One file per behaviour; in each, the bounds stand once, above two twins that tests hold together.
A behaviour looks at one slice, at the slices of the same flow, or at the slices of the same device
in the same minutes: never at another device's traffic (DESIGN 2). Named flows are judged by name.

One behaviour accuses, peer-to-peer, and only on two independent signs; everything else is weak
evidence for something tolerated. What does not fit all bounds has no behaviour: we abstain.

`tests/behaviour` records the real programs that the bounds were fitted on, docs/accuracy.md says
how often they are right on others.

Change together: `school.words.Behaviour`, its label, `CATEGORY_OF_BEHAVIOUR`, a scene in
tests/behaviour, an activity of the simulation.
"""

from analyzer.behaviour.judge import behaviours_of, noticed, with_behaviour
from analyzer.behaviour.meaning import CATEGORY_OF_BEHAVIOUR, STRENGTH_OF_BEHAVIOUR
from analyzer.behaviour.shape import COLUMNS, Shape

__all__ = [
    "CATEGORY_OF_BEHAVIOUR",
    "COLUMNS",
    "STRENGTH_OF_BEHAVIOUR",
    "Shape",
    "behaviours_of",
    "noticed",
    "with_behaviour",
]
