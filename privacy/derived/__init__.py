"""Numbers computed from stored noisy cells: sums, longer periods, shares, comparisons. Pure.

Everything here is post-processing: it costs nothing, draws nothing and knows no exact count. Rules:

1. A derived number is a linear combination of stored cells (`linear.Derived`) until it is displayed,
   so its noise, and what it shares with another number, are computed and never guessed.
2. A sum takes the noisy values of withheld cells, too: leaving those out would bias it. What may be
   displayed is decided from the derived value, its own sigma and the readable floor, by the same
   rule as for a cell; a derived number that may not be displayed is `Withheld`, never zero.
3. What is displayed adds up to the last digit (`breakdown`, `rounding`). Nothing is clipped before
   it is displayed: a negative noisy value belongs into a sum.
4. Two numbers that estimate the same quantity are made one by least squares (`squares`), where the
   quantities are equal by construction of `privacy.gate.bounded`, and nowhere else.

Which quantities are equal, for one device-day and therefore for sums of them:

| relation | holds | used |
|---|---|---|
| T1 of the zones adds up to T1 of the school, per use and for `any` | exactly: a device-day is in one zone | `totals.margin` |
| weeks of T1, T2, T3, T4 (months of T5-bis, T7; days of T6) add up to a longer period | exactly | `totals.over` |
| T4's six uses, T7's groups add up to the bounded volume | exactly | `breakdown` |
| T5-bis of a month = its days of T6, for the two uses of T5-bis | if every day of the month has a T6 release under the same charter, caps 4 and 2 | `squares.month` |
| T1 of the school = its days of T6 | no: T1 leaves out zones in no cell, uses outside the main zone; T6 is of school days only. T1 ≤ T6 + days without school | – |
| T1's uses add up to `any` | no: a device-day may have several uses, or none of the four | – |
| T2's slots add up to T1 or T6 | no: it counts device-slots, of at most `cap` cells | – |
| T4 or T7 against counts | no: megabytes | – |
| a rehearsal against T1 or T6 | no: another charter | – |

An inequality is no measurement: to press noisy values into it would bias them, so nothing does.
"""

from privacy.derived.breakdown import Breakdown, breakdown
from privacy.derived.compare import Change, Like, OneSided, Reason, Refused, comparable, difference
from privacy.derived.linear import Derived, of_cell
from privacy.derived.rounding import rounded_together
from privacy.derived.shares import Share, share
from privacy.derived.squares import Month, month, reconciled
from privacy.derived.totals import margin, over, term_totals, weeks_of_month, within

__all__ = [
    "Breakdown",
    "Change",
    "Derived",
    "Like",
    "Month",
    "OneSided",
    "Reason",
    "Refused",
    "Share",
    "breakdown",
    "comparable",
    "difference",
    "margin",
    "month",
    "of_cell",
    "over",
    "reconciled",
    "rounded_together",
    "share",
    "term_totals",
    "weeks_of_month",
    "within",
]
