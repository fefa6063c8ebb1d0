"""Hostile slices, from a seed: every category, zone and behaviour, absurd volumes, clumps of one device. Pure.

They are no picture of a school: they look for the device-day that weighs most, and for verdicts that
lean on a neighbour.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.dataset as ds

from analyzer import activity
from analyzer.activity import MINUTES, Question
from analyzer.engines import Engine, HeldSlices
from analyzer.facts import minute_table
from privacy.gate.tables import Definition, definitions, published_zones
from privacy.records import SLICE_SCHEMA
from privacy.settings import TableName
from school.catalogue import Catalogue
from school.charter import Rule, Tolerance, When
from school.declared import Label
from school.load import School
from school.words import Use

DAY: Final = date(2026, 10, 5)
"""A Monday of school."""
STATES: Final = ("calm", "busy", "saturated")
_WHY: Final = Label(fr="règle de l'attaque", en="rule of the attack")
_SOURCES: Final = ("tls_sni", "quic_sni", "http_host", "dns", "none")
_APPS: Final = (None, None, None, "bittorrent", "stun", "wireguard", "icy")
_PRIVATE: Final = frozenset({"video_streaming", "games", "social_network", "press", "messaging"})
FOLLOWED: Final = 20
"""Services of T3 in the attacked school: more than its cap."""


def with_hostile_charter(school: School, catalogue: Catalogue) -> School:
    """Return the school with the rules most likely to leak: budgets, volumes of flows and of days.

    And it follows more services than a device-day may fill.
    """
    first = school.charter.rules[0]

    def rule(name: str, when: When, use: str, tolerance: Tolerance | None = None) -> Rule:
        return replace(
            first, id=name, when=when, use=use, clause="C4", because=_WHY, tolerance=tolerance
        )

    added = (
        rule(
            "attack-day",
            When(category=_PRIVATE, device_day_megabytes_at_least=60),
            Use.RESOURCE_INAPPROPRIATE.value,
        ),
        rule("attack-flow", When(flow_megabytes_at_least=40), Use.ABUSIVE.value),
        rule(
            "attack-budget",
            When(category=_PRIVATE),
            Use.RESIDUAL_PRIVATE.value,
            Tolerance(3, 20, Use.RESOURCE_INAPPROPRIATE.value, _WHY),
        ),
    )
    charter = replace(school.charter, rules=(*added, *school.charter.rules))
    followed = tuple(sorted({entry.service for entry in catalogue if entry.service}))[:FOLLOWED]
    return replace(school, charter=charter, services=replace(school.services, follow=followed))


@dataclass(frozen=True)
class World:
    """A school to ask, and what hostile slices are drawn from."""

    school: School
    catalogue: Catalogue

    @property
    def zones(self) -> list[str]:
        """Zones that count devices, and one that is no zone."""
        return [*(z.name for z in self.school.zones if z.counts_devices), "unmatched"]

    @property
    def tables(self) -> dict[TableName, Definition]:
        """The tables of this school."""
        slots = [slot.name for slot in self.school.calendar.slots]
        return definitions(
            self.school.zones,
            self.school.privacy,
            slots=slots,
            services=self.school.services.follow,
        )

    def minutes(self, rng: np.random.Generator, day: date = DAY) -> pa.Table:
        """Return the minutes of a day, the line's states drawn: a declared invariant."""
        table = minute_table(self.school.calendar, day, day + timedelta(days=1))
        for name in ("link_state", "link_up", "link_down"):
            drawn = np.repeat(rng.choice(STATES, len(table) // 30 + 1), 30)[: len(table)]
            table = table.append_column(name, pa.array(drawn, pa.string()))
        return table.select(MINUTES.names)

    def slices(
        self, rng: np.random.Generator, devices: Sequence[int], each: int, day: date = DAY
    ) -> pa.Table:
        """Return about `each` slices for each device, sorted by minute."""
        rows = len(devices) * each
        first = int(
            minute_table(self.school.calendar, day, day + timedelta(days=1))["minute"][0].value
        )
        device = np.repeat(np.asarray(devices, np.int64), each)
        hour = rng.choice(np.arange(6, 22), rows)
        minute = first + (hour * 60 + rng.integers(0, 60, rows)) * 60
        # A device keeps to few flows, so that volumes of flows and days grow over several slices.
        flow = device * 7 + rng.integers(0, 4, rows)
        sites = np.array([entry.suffix for entry in self.catalogue], object)
        site = rng.choice(sites, rows)
        site[rng.random(rows) < 0.15] = None
        home = np.repeat(rng.integers(0, len(self.zones), len(devices)), each)
        zone = np.where(rng.random(rows) < 0.3, rng.integers(0, len(self.zones), rows), home)
        down = np.exp(rng.normal(13, 3, rows)).astype(np.int64).clip(0, 400_000_000)
        down[rng.random(rows) < 0.1] = 0
        active = rng.integers(1, 61, rows)
        source = rng.choice(_SOURCES, rows).astype(object)
        source[site == None] = "none"  # noqa: E711 - elementwise
        return _table(
            minute=minute, flow=flow, zone=np.array(self.zones, object)[zone], device=device,
            site=site, site_source=source, app=rng.choice(np.array(_APPS, object), rows),
            udp=rng.random(rows) < 0.4, up=(down // 9 + rng.integers(60, 9_000, rows)), down=down,
            active=active,
        )  # fmt: skip


def _table(**made: Any) -> pa.Table:
    """Return rows of the slice schema from what decides a verdict."""
    rows = len(made["minute"])
    peak = np.minimum(made["down"], made["down"] // made["active"] * 2 + 1)
    columns = {
        "minute": pa.array(made["minute"], pa.int64()).cast(pa.timestamp("s", "UTC")),
        "flow": made["flow"],
        "zone": pa.array(made["zone"], pa.string()),
        "device": pa.array(made["device"], pa.int64()),
        "ip_version": np.full(rows, 4, np.int8),
        "transport": pa.array(np.where(made["udp"], "udp", "tcp"), pa.string()),
        "server_port": np.full(rows, 443, np.int32),
        "site": pa.array(made["site"], pa.string()),
        "site_source": pa.array(made["site_source"], pa.string()),
        "ech": np.zeros(rows, bool),
        "list_category": pa.nulls(rows, pa.string()),
        "app": pa.array(made["app"], pa.string()),
        "up_bytes": made["up"],
        "down_bytes": made["down"],
        "up_packets": np.minimum(made["up"] // 60 + 1, 10**6).astype(np.int32),
        "down_packets": np.minimum(made["down"] // 1_200, 10**6).astype(np.int32),
        "active_s": made["active"].astype(np.int8),
        "down_peak_bytes_s": np.minimum(peak, 2**31 - 1).astype(np.int32),
        "down_sumsq_bytes_s": (peak.astype(float) * made["down"]).astype(np.float32),
        "age_s": np.zeros(rows, np.int32),
        "end_reason": pa.nulls(rows, pa.string()),
    }
    return pa.table(columns, schema=SLICE_SCHEMA).sort_by("minute")


Rows = dict[str, dict[int, list[Any]]]
"""Query of `activity` → device → what it did, in a fixed order."""


class Asker:
    """The analyzer's own question, asked of slices in memory."""

    def __init__(self, engine: Engine, world: World) -> None:
        self.world = world
        published = published_zones(world.school.zones, world.school.privacy.floor_persons)
        self._question = Question(
            engine,
            school=world.school,
            catalogue=world.catalogue,
            published=published,
            services=world.school.services.follow,
        )

    def rows(self, slices: pa.Table, minutes: pa.Table) -> Rows:
        """Return what each device did, through classification."""
        answers = self._question.ask(
            HeldSlices(ds.dataset(slices)), minutes, list(self.world.tables)
        )
        found: Rows = {}
        for query, rows in answers.items():
            own = found[query] = {}
            for row in rows:
                own.setdefault(row.device, []).append(row)
            for mine in own.values():
                mine.sort(key=repr)
        return found


def counts(
    rows: Rows, definition: Definition, devices: Sequence[int], day: date = DAY
) -> np.ndarray:
    """Return the bounded counts of one table over some of the devices."""
    query = activity.QUERY_OF_TABLE[definition.name]
    own = rows.get(query, {})
    flat = [row for device in devices for row in own.get(device, ())]
    return np.array(activity.counted({query: flat}, definition, day).counts, np.int64)
