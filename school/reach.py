"""Which rules of a charter can never decide, exactly, over everything that facts can be. Pure.

A condition is a box: for each axis of facts, the values that it allows, as the bits of a number.
A rule never decides when its box minus the boxes of all rules before it is empty. Facts that hang
together share an axis, so that the answer is exact:

* state of the line: nine pairs (up, down), of which `link` is the worse;
* timetable: a declared slot has one period, and every period also occurs outside the slots;
* volumes: a slice is never larger than its flow up to it; of a device-day nothing is implied, since
  a flow may change its category when its name becomes known.

What is left free (any evidence with any category, any wire hint with any behaviour) makes more
facts possible than occur, so a rule that is called unreachable here always is.

The subtraction may split a box in many. `MOST_BOXES` bounds it; a rule whose answer would need
more is taken for reachable, and `unproven` names it.
"""

from collections.abc import Iterable, Sequence
from itertools import product
from typing import Final

from school.charter import SET_KEYS, SIZE_KEYS, WORDS, Charter, When
from school.words import Category, LinkState, Period

MOST_BOXES: Final = 20_000
"""Remaining pieces of one rule. The shipped charters never pass a hundred; a charter of 500 rules
with every key takes seconds under this bound."""
_STATES: Final = tuple(state.value for state in LinkState)
_ABSENT: Final = ""
"""Stands for: no slot, no list, no wire hint, or one that no rule names."""

Box = tuple[int, ...]
Slots = Sequence[tuple[str, str]]


class _TooManyBoxes(Exception):
    """The bound was reached."""


def deciding_before(charter: Charter, slots: Slots | None = None) -> dict[int, tuple[str, ...]]:
    """Return, for each rule that can never decide, the ids of the rules that decide before it.

    Args:
        charter: its rules, in order.
        slots: (name, period) of each declared slot; None when not known.

    Returns:
        Position of the rule → ids, in order; none when no facts at all match its condition. One
        rule that suffices alone is named alone.
    """
    boxes = _boxes(charter, slots)
    found: dict[int, tuple[str, ...]] = {}
    for i, rule in enumerate(charter.rules):
        if _empty(boxes[i]):
            found[i] = ()
            continue
        earlier = [n for n in range(i) if not _empty(boxes[n])]
        alone = next((n for n in earlier if charter.rules[n].when.covers(rule.when)), None)
        needed = [alone] if alone is not None else _needed(boxes, i, earlier)
        if needed:
            found[i] = tuple(charter.rules[n].id for n in needed)
    return found


def unproven(charter: Charter, slots: Slots | None = None) -> tuple[str, ...]:
    """Return the ids of the rules for which the bound was reached."""
    boxes = _boxes(charter, slots)
    found = []
    for i, rule in enumerate(charter.rules):
        try:
            _left(boxes[i], boxes[:i])
        except _TooManyBoxes:
            found.append(rule.id)
    return tuple(found)


def _needed(boxes: list[Box], i: int, earlier: list[int]) -> list[int]:
    """Return earlier rules that together cover rule `i`, none to spare; nothing if they do not."""
    try:
        if _left(boxes[i], [boxes[n] for n in earlier]):
            return []
        needed = [n for n in earlier if not _empty(_common(boxes[i], boxes[n]))]
        for n in list(needed):
            fewer = [other for other in needed if other != n]
            if not _left(boxes[i], [boxes[other] for other in fewer]):
                needed = fewer
    except _TooManyBoxes:
        return []
    return needed


def _left(box: Box, others: Sequence[Box]) -> list[Box]:
    """Return disjoint boxes that together are `box` without the others."""
    pieces = [box]
    for other in others:
        pieces = [piece for old in pieces for piece in _minus(old, other)]
        if len(pieces) > MOST_BOXES:
            raise _TooManyBoxes
    return pieces


def _minus(box: Box, other: Box) -> list[Box]:
    if _empty(_common(box, other)):
        return [box]
    pieces = []
    rest = box
    for axis, allowed in enumerate(other):
        outside = rest[axis] & ~allowed
        if outside:
            pieces.append((*rest[:axis], outside, *rest[axis + 1 :]))
        rest = (*rest[:axis], rest[axis] & allowed, *rest[axis + 1 :])
    return pieces


def _common(box: Box, other: Box) -> Box:
    return tuple(mine & theirs for mine, theirs in zip(box, other, strict=True))


def _empty(box: Box) -> bool:
    return 0 in box


def _boxes(charter: Charter, slots: Slots | None) -> list[Box]:
    """Return the box of each rule; the axes are the same for all."""
    whens = [rule.when for rule in charter.rules]
    steps = {key: sorted({0} | {w.least(key) or 0 for w in whens}) for key in SIZE_KEYS}
    named = {key: _named(whens, key) for key in ("slot", "app")}
    times = _times(named["slot"], slots)
    words = {key: [word.value for word in kind] for key, kind in WORDS.items()}
    words["list_category"] = [*(c for c in words["list_category"] if c != Category.UNKNOWN), ""]
    words["app"] = [*named["app"], _ABSENT]
    return [_box(when, words, times, steps) for when in whens]


def _named(whens: Sequence[When], key: str) -> list[str]:
    return sorted({word for when in whens for word in when.allowed(key) or ()})


def _times(named: list[str], slots: Slots | None) -> list[tuple[str, str]]:
    """Return the possible pairs (period, slot)."""
    periods = [period.value for period in Period]
    outside = [(period, _ABSENT) for period in periods]
    if slots is None:
        return [*outside, *product(periods, named)]
    declared = {name for name, _ in slots}
    undeclared = [name for name in named if name not in declared]  # told elsewhere, with its place
    declared_pairs = [(period, name) for name, period in slots]
    return [*outside, *declared_pairs, *product(periods, undeclared)]


def _box(
    when: When,
    words: dict[str, list[str]],
    times: list[tuple[str, str]],
    steps: dict[str, list[int]],
) -> Box:
    together = {"period", "slot", "link", "link_up", "link_down"}
    plain = [
        _bits(_allows(when, key, word) for word in words[key])
        for key in SET_KEYS
        if key not in together
    ]
    moment = _bits(_allows(when, "period", p) and _allows(when, "slot", s) for p, s in times)
    link = _bits(
        _allows(when, "link_up", up)
        and _allows(when, "link_down", down)
        and _allows(when, "link", max(up, down, key=_STATES.index))
        for up, down in product(_STATES, _STATES)
    )
    return (*plain, moment, link, _sizes(when, steps), _device_day(when, steps))


def _sizes(when: When, steps: dict[str, list[int]]) -> int:
    """Pairs (slice, flow) of volume classes: a class starts at its step and ends before the next."""
    of_slice, of_flow, _ = (steps[key] for key in SIZE_KEYS)
    ends = [*of_flow[1:], None]
    return _bits(
        size >= (when.megabytes_at_least or 0) and flow >= (when.flow_megabytes_at_least or 0)
        for size in of_slice
        for flow, end in zip(of_flow, ends, strict=True)
        if end is None or size < end
    )


def _device_day(when: When, steps: dict[str, list[int]]) -> int:
    """Volume classes of the device-day; no device counts as the lowest, 0."""
    least = when.device_day_megabytes_at_least or 0
    return _bits(step >= least for step in steps[SIZE_KEYS[2]])


def _allows(when: When, key: str, word: str) -> bool:
    allowed = when.allowed(key)
    return allowed is None or word in allowed


def _bits(flags: Iterable[bool]) -> int:
    number = 0
    for position, flag in enumerate(flags):
        number |= int(flag) << position
    return number
