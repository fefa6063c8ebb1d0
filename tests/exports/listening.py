"""Run the real listener in memory and get its records back."""

from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

import pyarrow as pa

from collector.exports.listener import Listener, ListenSetup
from collector.exports.places import Identities, Places
from collector.exports.tables import Minimiser
from collector.placement import UNDECLARED, place_zones
from privacy.records import LINK_SCHEMA, SLICE_SCHEMA
from school.declared import Label
from school.zones import Zone, Zones
from tests.exports.wire import EXPORTER, NOW, PORT

PARIS = ZoneInfo("Europe/Paris")


@dataclass
class Kept:
    """A sink that keeps the tables."""

    slice_parts: list[pa.Table] = field(default_factory=list)
    link_parts: list[pa.Table] = field(default_factory=list)
    days: list = field(default_factory=list)

    def slices(self, table, day):
        assert table.schema.equals(SLICE_SCHEMA)
        self.slice_parts.append(table)
        self.days.append(day)

    def links(self, table, day):
        assert table.schema.equals(LINK_SCHEMA)
        self.link_parts.append(table)

    @property
    def rows(self):
        return [row for table in self.slice_parts for row in table.to_pylist()]

    @property
    def links_rows(self):
        return [row for table in self.link_parts for row in table.to_pylist()]

    def footers(self, key="jauge.unknown"):
        return {
            (table.schema.metadata or {}).get(key.encode(), b"").decode()
            for table in self.slice_parts
        }


def school_zones():
    def zone(name, subnet, *, counts=True):
        from ipaddress import ip_network

        return Zone(
            name, Label(fr=name, en=name), "classroom", tuple(map(ip_network, subnet)), (), 100,
            counts, None,
        )  # fmt: skip

    from ipaddress import ip_network

    zones = (
        zone("salles", ["10.0.0.0/24", "2001:db8:10::/48"]),
        zone("serveurs", ["10.0.9.0/24"], counts=False),
    )
    return Zones(inside=(ip_network("10.0.0.0/8"), ip_network("2001:db8:10::/48")), zones=zones)


def new_listener(*, declared=True, exporters=(EXPORTER,)):
    sink = Kept()
    ids = iter(range(1, 10**9))
    minimiser = Minimiser(
        places=Places(place_zones(school_zones()) if declared else UNDECLARED),
        identities=Identities(),
        site_of=lambda name: ".".join(name.split(".")[-2:]),
        key_of_day=lambda day: day.toordinal().to_bytes(4, "big") * 8,
        timezone=PARIS,
    )
    return Listener(ListenSetup(exporters, minimiser, lambda: next(ids)), sink), sink


def listen(*datagrams, declared=True, now=NOW):
    """Offer datagrams from the exporter, finish, return (report of the exporter, sink)."""
    listener, sink = new_listener(declared=declared)
    for data in datagrams:
        listener.offer(data, source=EXPORTER, port=PORT, now=now)
    listener.finish(now)
    return listener.report(1.0), sink
