"""How a person calls the commands that are named in hints: the one place that decides it. Reads the environment.

On an installed machine root must not run what works on the store as itself: what it would write there would be
root's, and neither collector nor analyzer could go on. The package has a command for that (deploy/bin/jauge-admin: the
store's owner, with the machine's secret), and tells of it in `JAUGE_ADMIN`, which its program (deploy/bin/jauge) and
each of its units set. Sentences are written as one calls Jauge from a checkout, `jauge store status`; what shows them
passes them through `as_called`: refusals and `told` in cli/, catalogues in dashboards/, papers in analyzer/.
"""

import os
import re
from typing import Final

VARIABLE: Final = "JAUGE_ADMIN"
OWNERS: Final = (
    *("analyze", "release", "first-day", "rehearse", "purge", "health", "store", "object", "log", "export"),
    r"privacy(?! make-key| approve)",  # those two are for the DPO's own machine
    r"audit(?! cosign| tampering| report)",  # likewise, or without a store
)  # fmt: skip
"""Commands that work on the store, as regular expressions. Not those whose files are another user's (`accounts`,
`lists`), that need a network (`hub`), or that look at the machine as root (`doctor`, `init`, `selftest`)."""
_HINT: Final = re.compile(rf"(?<![\w/.-])jauge (?=(?:{'|'.join(OWNERS)})(?![\w-]))")


_GUIDE: Final = re.compile(r"(?<![\w/.])docs/(?=[\w-]+\.md)")
_SHIPPED: Final = "/usr/share/doc/jauge/"
"""Where the package has the guides (deploy/deb/documents.py)."""


def as_called(text: str) -> str:
    """Return a sentence with each command and guide of Jauge as one finds it on this machine."""
    admin = os.environ.get(VARIABLE)
    return _GUIDE.sub(_SHIPPED, _HINT.sub(f"{admin} ", text)) if admin else text
