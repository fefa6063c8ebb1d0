"""Compile functions with Numba, in the cache of collector/cache.py."""

from collections.abc import Callable
from typing import Any

import numba

from collector import cache
from collector.cache import has_cache, is_warm, note_warm, sources_digest

__all__ = ["compiled", "has_cache", "inlined", "is_warm", "note_warm", "sources_digest"]

if cache.DIRECTORY is not None:
    numba.config.CACHE_DIR = str(cache.DIRECTORY)

_OPTIONS: dict[str, Any] = {
    "nogil": True,
    "error_model": "numpy",
    "_nrt": False,
    "no_cfunc_wrapper": True,
}


def compiled(function: Callable[..., Any]) -> Any:
    """Compile one function of the loop: no GIL, cached, no reference counting (nothing allocates)."""
    return numba.njit(**_OPTIONS, cache=has_cache())(function)


def inlined(function: Callable[..., Any]) -> Any:
    """Compile a small helper; LLVM inlines it into its callers."""
    return numba.njit(**_OPTIONS)(function)
