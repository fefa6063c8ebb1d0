"""Exit codes and the one way in which a command ends badly.

Anything that a user can cause ends as a `Refusal`: one sentence that says where, what and what to
do, on stderr, and a documented code. A traceback is a bug in Jauge (code 70).
"""

from enum import IntEnum

from privacy.calling import as_called


class Exit(IntEnum):
    """The exit codes of every `jauge` command (DESIGN section 8)."""

    OK = 0
    FINDINGS = 1
    USAGE = 2
    CONFIGURATION = 3
    PERMISSION = 4
    DATA = 5
    INTERNAL = 70


class Refusal(Exception):
    """The command cannot do what was asked, through no fault of Jauge.

    Args:
        message: where, what, and what to do; never a value taken from a record.
        code: the exit code.
        told: with `--json`, the command's own object is already out, and there is only one.
    """

    def __init__(self, message: str, code: Exit, *, told: bool = False) -> None:
        self.message = as_called(message)
        super().__init__(self.message)
        self.code = code
        self.told = told
