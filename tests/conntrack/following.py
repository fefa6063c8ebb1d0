"""The real gateway in memory: readings and events in, rows out."""

from zoneinfo import ZoneInfo

from collector.conntrack.gateway import Gateway, GatewaySetup
from collector.exports.places import Identities, Places
from collector.exports.tables import Minimiser
from collector.placement import place_zones
from tests.conntrack import wire as w
from tests.exports.listening import Kept, school_zones

STEP_MS = 10_000


class Followed:
    """A gateway and its clock, in milliseconds since the start of a minute."""

    def __init__(self, logged=None):
        self.sink = Kept()
        ids = iter(range(1, 10**9))
        minimiser = Minimiser(
            places=Places(place_zones(school_zones())),
            identities=Identities(),
            site_of=lambda name: name,
            key_of_day=lambda day: day.toordinal().to_bytes(4, "big") * 8,
            timezone=ZoneInfo("Europe/Paris"),
            logged=logged,
        )
        self.gateway = Gateway(GatewaySetup(minimiser, lambda: next(ids)), self.sink)

    def read(self, at_ms, *lines, complete=True):
        self.gateway.begin_reading()
        for data in lines:
            self.gateway.offer(data, w.NOW_MS + at_ms, reading=True)
        self.gateway.end_reading(w.NOW_MS + at_ms, complete=complete)

    def hear(self, at_ms, *events):
        for data in events:
            self.gateway.offer(data, w.NOW_MS + at_ms)

    def finish(self, at_ms):
        self.gateway.finish(w.NOW_MS + at_ms)
        return self.gateway.report(1.0)

    @property
    def rows(self):
        return self.sink.rows
