"""The gate: the only way from exact cells to numbers that a committee may see.

tables   which cells exist (from declarations)      periods  which days a release covers
bounded  what one device-day may weigh               ledger   what was charged, before the draw
noise    the only place that draws                   door     puts them in order
refused  why not
"""

from privacy.gate.door import Occasion, release
from privacy.gate.refused import ReleaseRefused

__all__ = ["Occasion", "ReleaseRefused", "release"]
