"""The store that collector, analyzer and simulator share: what is committed, and how it is read.

    flows/day=2026-11-16/<segment>.parquet   encrypted under the key of the day
    link/day=2026-11-16/<segment>.parquet    in clear: nothing of a device is in it
    manifest.sqlite                          the only list of files that a reader may open
    spool/<segment>.spool                    what a collector has acknowledged and not sealed yet
    <store>.keys/                            keys of the days, beside the store, never in a backup of it

A file becomes part of the store by one transaction in the manifest, after it was written under
`.tmp/`, closed, opened again and verified, synced, renamed, and its directory synced. A file that the
manifest does not name does not exist for a reader.
"""
