"""From a full host name to what may be kept of it."""

from collections.abc import Callable

from collector.reduced import Reduced, Reducer

ECH_PUBLIC_NAMES = frozenset({"cloudflare-ech.com", "public.tls-ech.dev"})
"""Names on the outside of encrypted hellos (RFC 9849 section 4, `public_name`). Chrome sends a
look-alike extension (GREASE) with every hello, so the extension alone says nothing: only together
with one of these is the name an outer one."""


CategoryOf = Callable[[str], str | None]


def make_reducer(
    site_of: Callable[[str], str | None],
    category_of: CategoryOf | None = None,
    is_resolver: Callable[[str], bool] = lambda _: False,
) -> Reducer:
    """Return the reducer of a catalogue's `site_of` and a lists file's `category_of`.

    `is_resolver` says of a site whether it is a resolver's that answers over HTTPS. The category is that of the full name, looked up here because the name is dropped here. A name
    that is reduced to nothing has no category either.
    """

    def reduce(name: str) -> Reduced:
        site = site_of(name)
        listed = category_of(name) if category_of is not None and site is not None else None
        return Reduced(
            site=site,
            list_category=listed,
            ech_public=name in ECH_PUBLIC_NAMES,
            resolver=site is not None and is_resolver(site),
        )

    return reduce
