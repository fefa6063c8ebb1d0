"""What hides or spoils names, in the shares that issue 5 sets; drawn flow by flow, site by site.

- 30 % of the sites of private life are in no list and no catalogue;
- 25 % of the flows that could show a name show none;
- 20 % encrypt their hello: the outer name is their provider's;
- 15 % come from a shared content network: its name is seen, not the site's;
- a fifth of the private sites that are known are known from a list only, and 2 % of a list's
  entries are wrong: they say any other list, accusing ones included.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa

from benchmarks.accuracy.activities import PRIVATE, TRUTH
from benchmarks.accuracy.traffic import Labelled
from privacy.records import SLICE_SCHEMA
from school.catalogue import Catalogue
from school.lists import CATEGORY_OF_LIST

SITES_OF_A_KIND: Final = 50
"""Different private sites of an activity that people of a school go to."""
OUTER: Final = ("cloudflare-ech.com", True, "tls_sni")
SHARED: Final = ("d111111abcdef8.cloudfront.net", False, "tls_sni")
LISTED_ONLY: Final = 0.2


@dataclass(frozen=True, slots=True)
class Shares:
    """How much is hidden."""

    unknown_private: float = 0.30
    unnamed: float = 0.25
    ech: float = 0.20
    shared: float = 0.15
    wrong_entries: float = 0.02


@dataclass(frozen=True, slots=True)
class _Name:
    site: str | None = None
    source: str = "none"
    ech: bool = False
    listed: str | None = None


class Veils:
    """Gives each flow the name that a collector would see."""

    def __init__(self, rng: np.random.Generator, catalogue: Catalogue, shares: Shares) -> None:
        self._rng, self._catalogue, self._shares = rng, catalogue, shares
        self._private: dict[tuple[str, int], _Name] = {}

    def name(self, activity: str, host: str | None) -> _Name:
        """Return what is seen of a flow's name."""
        if host is None or self._rng.random() < self._shares.unnamed:
            return _Name()
        if self._rng.random() < self._shares.ech:
            return self._outer(*OUTER)
        if self._rng.random() < self._shares.shared:
            return self._outer(*SHARED)
        own = _Name(self._catalogue.site_of(host), "tls_sni")
        if activity not in PRIVATE:
            return own
        return self._of_private(activity, own)

    def _outer(self, host: str, ech: bool, source: str) -> _Name:  # noqa: FBT001 - a table's cell
        return _Name(self._catalogue.site_of(host), source, ech)

    def _of_private(self, activity: str, own: _Name) -> _Name:
        """Draw one of the sites of a kind; what is known of a site is drawn once."""
        number = int(self._rng.integers(SITES_OF_A_KIND))
        if (activity, number) not in self._private:
            self._private[activity, number] = self._site(activity, number, own)
        known = self._private[activity, number]
        return own if known.site is None else known

    def _site(self, activity: str, number: int, own: _Name) -> _Name:
        unlisted = f"{activity.replace('_', '-')}-{number}.example.net"
        if self._rng.random() < self._shares.unknown_private:
            return _Name(unlisted, own.source)
        if self._rng.random() < LISTED_ONLY:
            listed = TRUTH[activity].value
            if self._rng.random() < self._shares.wrong_entries:
                listed = str(self._rng.choice(sorted(CATEGORY_OF_LIST)))
            return _Name(unlisted, own.source, listed=listed)
        return _Name()


def table(drawn: Labelled, *, seed: int, catalogue: Catalogue, shares: Shares) -> pa.Table:
    """Return the slices in SLICE_SCHEMA's columns, and `activity`, `row`."""
    veils = Veils(np.random.default_rng([seed, 78]), catalogue, shares)
    names: dict[int, _Name] = {}
    seen = []
    for flow, activity, host in zip(drawn.columns["flow"], drawn.activity, drawn.host, strict=True):
        if flow not in names:
            names[flow] = veils.name(activity, host)
        seen.append(names[flow])
    rows = len(drawn)
    columns = {
        **drawn.columns,
        "ip_version": [4] * rows,
        "site": [name.site for name in seen],
        "site_source": [name.source for name in seen],
        "ech": [name.ech for name in seen],
        "list_category": [name.listed for name in seen],
    }
    minutes = pa.array(columns["minute"], pa.int64()).cast(pa.timestamp("s", "UTC"))
    columns["minute"] = minutes
    made = pa.table({f.name: pa.array(columns[f.name], f.type) for f in SLICE_SCHEMA})
    made = made.append_column("activity", pa.array(drawn.activity))
    return made.append_column("row", pa.array(range(rows), pa.int64()))
