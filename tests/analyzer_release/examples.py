"""A small declared school and a small store, made of real files."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pyarrow as pa

from privacy.records import LINK_SCHEMA, SLICE_SCHEMA
from tests.support.stores import commit

PARIS = ZoneInfo("Europe/Paris")
MONDAY = date(2026, 9, 7)
NEXT_MONDAY = MONDAY + timedelta(days=7)

FILES = {
    "zones.yaml": """
school: {name: "Collège d'exemple", uai: "0000000A"}
zones:
  - {name: salles, label: {fr: Salles, en: Rooms}, kind: classroom, subnets: [10.1.0.0/16], persons: 300}
  - {name: bureaux, label: {fr: Bureaux, en: Offices}, kind: office, subnets: [10.2.0.0/16], persons: 25}
  - {name: loge, label: {fr: Loge, en: Lodge}, kind: office, subnets: [10.3.0.0/16], persons: 1, published_in: bureaux}
""",
    "lines.yaml": """
lines:
  - name: internet
    label: {fr: Fibre, en: Fibre}
    capacity: [{from: 2026-09-01, down: 10 Mbit/s, up: 2 Mbit/s}, {from: 2026-09-09, down: 100 Mbit/s, up: 20 Mbit/s}]
""",
    "calendar.yaml": """
timezone: Europe/Paris
holiday_zone: C
slots:
  - {name: M1, period: lesson, days: [mon, tue, wed, thu, fri], from: "08:00", to: "08:10", persons: 300}
  - {name: M2, period: lesson, days: [mon, tue, wed, thu, fri], from: "09:00", to: "09:55", persons: 300}
  - {name: Aide, period: lesson, days: [mon], from: "17:00", to: "17:55", persons: 19}
""",
    "charter.yaml": """
title: {fr: Charte, en: Charter}
version: "1"
clauses: [{id: C1, fr: "Travailler.", en: "Work."}]
rules:
  - {id: work, when: {category: [ent]}, use: pedagogical, clause: C1, because: {fr: a, en: a}}
  - {id: radio-busy, when: {category: [web_radio], link: [busy, saturated]}, use: resource_inappropriate, clause: C1, because: {fr: a, en: a}}
  - {id: radio, when: {category: [web_radio, messaging]}, use: residual_private, clause: C1, because: {fr: a, en: a}}
  - {id: p2p, when: {category: [p2p], evidence: [strong]}, use: abusive, clause: C1, because: {fr: a, en: a}}
  - {id: otherwise, when: {}, use: undetermined, clause: C1, because: {fr: a, en: a}}
""",
    "privacy.yaml": "profile: standard\n",
}


def declare(directory: Path, **changed: str) -> Path:
    directory.mkdir(exist_ok=True)
    for name, text in FILES.items():
        (directory / name).write_text(changed.get(name.removesuffix(".yaml"), text))
    return directory


def minute_of(day: date, clock: str) -> datetime:
    hour, minute = map(int, clock.split(":"))
    local = datetime(day.year, day.month, day.day, hour, minute, tzinfo=PARIS)
    return local.astimezone(UTC)


_DEFAULTS = {
    pa.string(): "", pa.bool_(): False, pa.float32(): 0.0,
}  # fmt: skip


def _row(schema: pa.Schema, **given: object) -> dict[str, object]:
    row = {f.name: None if f.nullable else _DEFAULTS.get(f.type, 0) for f in schema}
    return row | given


def slice_row(day: date, clock: str, device: int | None, site: str | None, **given: object):
    return _row(
        SLICE_SCHEMA,
        **{
            "minute": minute_of(day, clock), "flow": 1, "zone": "salles", "device": device,
            "ip_version": 4, "transport": "tcp", "server_port": 443, "site": site,
            "site_source": "tls_sni" if site else "none", "up_bytes": 500, "down_bytes": 5000,
            "up_packets": 5, "down_packets": 5, "active_s": 3,
        }
        | given,
    )  # fmt: skip


def link_row(start: datetime, **given: object):
    row = {"start": start, "interface": "eth0", "line": "internet", "config_digest": "0" * 16}
    return _row(LINK_SCHEMA, **row | {"offered": 100, "parsed": 100} | given)


def link_minutes(day: date, clock: str, minutes: int, down_mbit_s: float, **given: object):
    """Six rows a minute at a steady rate, by interface counters."""
    octets = int(down_mbit_s * 1_000_000 / 8 * 10)
    counters = {"counter_down_bytes": octets, "counter_up_bytes": 1000}
    first = minute_of(day, clock)
    return [
        link_row(first + timedelta(seconds=10 * step), **counters | given)
        for step in range(6 * minutes)
    ]


def write_part(store: Path, record: str, day: date, rows, *, name="part-0", origin=None) -> Path:
    schema = SLICE_SCHEMA if record == "flows" else LINK_SCHEMA
    if origin:
        schema = schema.with_metadata({**schema.metadata, b"jauge.origin": origin.encode()})
    return commit(store, record, day, pa.Table.from_pylist(list(rows), schema=schema), name)
