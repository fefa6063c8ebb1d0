"""From a full host name to what may be kept of it."""

from collections.abc import Callable

from collector.resolve import Reduced, Reducer

ECH_PUBLIC_NAMES = frozenset({"cloudflare-ech.com", "public.tls-ech.dev"})
"""Names on the outside of encrypted hellos (RFC 9849 section 4, `public_name`). Chrome sends a
look-alike extension (GREASE) with every hello, so the extension alone says nothing: only together
with one of these is the name an outer one."""


def make_reducer(site_of: Callable[[str], str | None]) -> Reducer:
    """Return the reducer of a catalogue's `site_of`."""

    def reduce(name: str) -> Reduced:
        return Reduced(site=site_of(name), ech_public=name in ECH_PUBLIC_NAMES)

    return reduce
