"""From rows in memory to committed days: nothing acknowledged is ever lost, nothing is there twice.

    rows → spool.py   one frame at a flush (≤ 4 s, ≥ 5,000 rows), encrypted, fdatasync = acknowledged
         → seal.py    every 5 minutes and at exit: the spool becomes one Parquet segment (privacy.store)
         → compact.py a day that is over becomes one segment
    salvage.py finds what a killed collector left; space.py says what may still be written when the
    disk fills; directory.py is the store that a meter writes into; onefile.py an offline analysis.

Errors: a spool or file with a failed write or sync is given up, never tried again; its rows go into
a new one, and the manifest holds a row about it. The meter never sees an error of the disk.
"""

from collector.store.directory import WRITING_BYTES, DirectoryStore
from collector.store.onefile import OneFile

__all__ = ["WRITING_BYTES", "DirectoryStore", "OneFile"]
