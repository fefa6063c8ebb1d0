"""The slices of one local day, as an engine takes them: a dataset here, files elsewhere. Opens nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from privacy.store.manifest import Segment
    from privacy.store.reader import Reader


class Slices(Protocol):
    """The slices of one local day (SLICE_SCHEMA)."""

    @property
    def dataset(self) -> Any:
        """As an Arrow dataset, which streams what is asked for."""


@dataclass(frozen=True, slots=True)
class HeldSlices:
    """Slices in memory: of an audit, of a test."""

    dataset: Any
    """An Arrow dataset."""


@dataclass(frozen=True, slots=True)
class StoredSlices:
    """Committed and checked files of a store."""

    reader: "Reader"
    segments: Sequence["Segment"]
    school: str
    """Its UAI, or `school`: a part of the path where executors share the files of many schools."""

    @property
    def dataset(self) -> Any:
        """Decrypted as it streams, in this process.

        Raises:
            KeyMissing: the day was erased.
        """
        return self.reader.dataset(self.segments)
