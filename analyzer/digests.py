"""Digests of what a verdict depends on, each computed in one place. Pure."""

from privacy import canonical
from school.catalogue import Catalogue


def catalogue_digest(catalogue: Catalogue) -> str:
    """Return the SHA-256 of what names are: suffix, category and service of every entry, in hex."""
    return canonical.digest(
        sorted((entry.suffix, entry.category, entry.service) for entry in catalogue)
    )
