"""Digests of what a verdict depends on, each computed in one place. Pure."""

from privacy import canonical
from school.catalogue import Catalogue


def catalogue_digest(catalogue: Catalogue) -> str:
    """Return the SHA-256 of what names are: suffix and category of every entry, 64 hex digits."""
    return canonical.digest(sorted((entry.suffix, entry.category) for entry in catalogue))
