"""The meter's memory as plain Python objects, for the loop run uncompiled (NUMBA_DISABLE_JIT=1).

Stricter than the compiled loop: an index below zero or behind the end raises, and so does a number
that a field narrower than 64 bits cannot hold (compiled code would cut it off silently). What is
meant to wrap at 64 bits, hashes and IPv6 addresses, wraps here too. Everything is made when it is
first touched, so that fresh memory costs nothing.
"""

import importlib
import pkgutil
from functools import cache
from typing import Any

import numba
import numpy as np

import collector.meter
from collector.meter import layout as lay

SHORT = 32
"""Longest array that is made whole; only the control words, counters and registers are so short."""
WRAPPING = ("be64", "_transaction")
"""Functions of the loop that fill 64 bits: only the equality of their results matters."""
_SIGN, _MASK = 1 << 63, (1 << 64) - 1


class DoesNotFit(Exception):
    """A number was stored in a field that cannot hold it."""


def wrap(value: int) -> int:
    """Return the 64-bit signed number of the same bits."""
    if -_SIGN <= value < _SIGN:
        return int(value)
    return ((value + _SIGN) & _MASK) - _SIGN


def mix(h: int, value: int) -> int:
    """`octets.mix` with numbers that do not wrap by themselves."""
    h = wrap((h ^ value) * -7046029254386353131)
    return h ^ ((h >> 29) & 0x7FFFFFFFF)


def uncompile() -> None:
    """Make the loop run on Python's own integers. Only where Numba compiles nothing.

    Raises:
        RuntimeError: the loop is compiled in this process.
    """
    if not numba.config.DISABLE_JIT:
        raise RuntimeError("set NUMBA_DISABLE_JIT=1 before this process starts")
    for found in pkgutil.iter_modules(collector.meter.__path__):
        module: Any = importlib.import_module(f"collector.meter.{found.name}")
        for name, value in list(vars(module).items()):
            setattr(module, name, _uncompiled(name, value))


def _uncompiled(name: str, value: Any) -> Any:
    """Return what stands for a name of the loop: `int` for `i64`, and what wraps at 64 bits."""
    if isinstance(value, np.int64):
        return int(value)
    if value is np.int64:
        return int
    if name == "mix":
        return mix
    return _wrapped(value) if name in WRAPPING else value


@cache
def _wrapped(function: Any) -> Any:
    return lambda *arguments: wrap(function(*arguments))


class Octets(bytes):
    """Input bytes: no negative index."""

    @property
    def shape(self) -> tuple[int]:
        return (len(self),)

    def __getitem__(self, at: Any) -> Any:
        if at.__class__ is int and at < 0:
            raise IndexError(at)
        return bytes.__getitem__(self, at)


def _store(dtype: np.dtype) -> Any:
    """Return the function that turns a number into what a field of this type holds."""
    if dtype.kind == "f":
        return float
    if dtype.itemsize == 8:
        return wrap
    low, high = int(np.iinfo(dtype).min), int(np.iinfo(dtype).max)

    def narrow(value: int) -> int:
        if not low <= value <= high:
            raise DoesNotFit(f"{value} in {dtype}")
        return int(value)

    return narrow


class Numbers:
    """An array of numbers, of one or more axes; `default` where nothing was stored."""

    __slots__ = ("_held", "_keep", "default", "shape")

    def __init__(self, dtype: np.dtype, shape: tuple[int, ...]) -> None:
        self._held: dict[Any, Any] = {}
        self.default = 0
        self._keep = _store(dtype)
        self.shape = shape

    def _check(self, at: Any) -> None:
        if at.__class__ is tuple:
            if not all(0 <= i < n for i, n in zip(at, self.shape, strict=True)):
                raise IndexError(at)
        elif not 0 <= at < self.shape[0]:
            raise IndexError(at)

    def __getitem__(self, at: Any) -> Any:
        self._check(at)
        return self._held.get(at, self.default)

    def __setitem__(self, at: Any, value: Any) -> None:
        self._check(at)
        self._held[at] = self._keep(value)

    def __iter__(self) -> Any:
        return (self[i] for i in range(self.shape[0]))


class Registers(list):
    """A short array of numbers, whose indices are constants of `layout`."""

    __slots__ = ("_keep", "shape")

    def __init__(self, dtype: np.dtype, size: int) -> None:
        super().__init__([0] * size)
        self._keep = _store(dtype)
        self.shape = (size,)

    def __setitem__(self, at: Any, value: Any) -> None:
        list.__setitem__(self, at, self._keep(value))


class Rows:
    """An array whose elements are records or arrays."""

    __slots__ = ("_held", "_make", "shape")

    def __init__(self, make: Any, size: int) -> None:
        self._held: dict[int, Any] = {}
        self._make = make
        self.shape = (size,)

    def __getitem__(self, at: int) -> Any:
        if not 0 <= at < self.shape[0]:
            raise IndexError(at)
        found = self._held.get(at)
        if found is None:
            found = self._held[at] = self._make()
        return found


@cache
def _maker(dtype: np.dtype, *, pairs: bool) -> Any:
    """Return what makes one value of a type; `pairs`: an array of two axes is indexed by pairs."""
    if dtype.subdtype is not None:
        base, shape = dtype.subdtype
        if base.names is not None:
            return lambda: Rows(_maker(base, pairs=True), shape[0])
        if len(shape) == 1 and shape[0] <= SHORT:
            return lambda: Registers(base, shape[0])
        if len(shape) == 1 or pairs:
            return lambda: Numbers(base, shape)
        return lambda: Rows(lambda: Numbers(base, shape[1:]), shape[0])
    assert dtype.names is not None
    return _record_class(dtype)


@cache
def _record_class(dtype: np.dtype) -> Any:
    assert dtype.names is not None
    assert dtype.fields is not None
    keep = {
        name: _store(dtype.fields[name][0])
        for name in dtype.names
        if dtype.fields[name][0].subdtype is None
    }
    arrays = [
        (name, _maker(dtype.fields[name][0], pairs=dtype is not lay.TABLES))
        for name in dtype.names
        if name not in keep
    ]
    zeros = {name: 0.0 if store is float else 0 for name, store in keep.items()}

    class Record:
        __slots__ = dtype.names

        def __init__(self) -> None:
            for name, zero in zeros.items():
                object.__setattr__(self, name, zero)
            for name, make in arrays:
                object.__setattr__(self, name, make())

        def __setattr__(self, name: str, value: Any) -> None:
            object.__setattr__(self, name, keep[name](value))

    return Record


def new_memory(**options: Any) -> list[Any]:
    """Return fresh memory, set up as `layout.new_tables` does."""
    tables = _record_class(lay.TABLES)()
    for i, value in enumerate(_words(**options)):
        tables.word[i] = value
    tables.vlan_zone.default = -1
    return [tables]


@cache
def _words(**options: Any) -> list[int]:
    return list(lay.new_tables(**options)[0]["word"].tolist())
