"""Imported lists (UT1): which category a full host name has, in a file made for capture.

A list line means the name itself and all its sub-domains; the longest line that holds a name
wins. Lists are somebody else's work and hold mistakes: what they say is weak evidence, never
accuses alone, and the reviewed catalogue always wins over it (`analyzer.facts.category_of`).

| module | holds | does I/O |
|---|---|---|
| `meaning` | what a stored list category means in our words | no |
| `fingerprint` | the 64-bit fingerprint of a name and of its suffixes, plain Python | no |
| `layout` | the file's layout: pack, check | no |
| `reader` | `ListsFile`: map a file, look a name up (capture needs nothing else) | yes |
| `lines` | octets of a list to fingerprints, in bulk (NumPy) | no |
| `build` | several lists to one table, by precedence | no |
| `settings` | `lists.yaml` | reads it |
| `guards` | pollution: size jump, overlap with malware, over-broad names | no |
| `download` | the official archive over HTTPS, within limits | yes |
| `unpack` | the lists out of an archive, trusting no member | yes |
| `folder` | a folder of UT1, list by list, in chunks | yes |
| `update` | a whole import, and its report | reads, through `folder` |
| `holdings` | which lists hold a name, and which decides | reads, through `folder` |
| `replace` | put a new file in place, go back to the one before | yes |

Nothing of UT1 is in this repository: its lists (CC BY-SA 4.0) stay a download of the school's own.
Change together: `fingerprint`, `lines` and `collector.lists` compute the same number (a test holds
them together).
"""

from school.lists.meaning import CATEGORY_OF_LIST

__all__ = ["CATEGORY_OF_LIST"]
