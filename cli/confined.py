"""`python -m cli.confined ROLE COMMAND…`: the `jauge` command without what a service of that role never needs.

systemd's filters cannot refuse execve, because systemd itself uses it to start the service: so the
process gives it away here, first thing, for good and for its children, with seccomp (seccomp.py),
together with capabilities, other processes, mounts, name spaces and the kernel's own calls.
"""

import sys
from typing import Final

from cli import seccomp
from cli.exits import Refusal
from cli.hardening import call_this, confine, leave_no_core

SERVER: Final = frozenset({"socket", "bind", "listen", "accept", "accept4", "sendto", "sendmsg"})
CLIENT: Final = frozenset({"socket", "connect", "bind", "sendto", "sendmsg", "sendmmsg"})
"""The resolver binds its own end."""
ROLES: Final[dict[str, frozenset[str]]] = {
    "analyzer": frozenset(seccomp.REFUSED),
    "web": frozenset(seccomp.REFUSED) - SERVER,
    "fetcher": frozenset(seccomp.REFUSED) - CLIENT,
}
"""Role → system calls that fail with EPERM. The collector confines itself (docs/adr/0004)."""
_USAGE: Final = 2


def main(arguments: list[str]) -> None:
    """Confine this process, then be the `jauge` command."""
    if len(arguments) < 2 or arguments[0] not in ROLES:  # noqa: PLR2004 - a role and a command
        roles = ", ".join(ROLES)
        print(f"usage: python -m cli.confined ROLE COMMAND…; roles: {roles}", file=sys.stderr)  # noqa: T201 - the one place before the command
        raise SystemExit(_USAGE)
    role = arguments[0]
    try:
        call_this(f"jauge-{role}")
        leave_no_core()
        confine(ROLES[role], f"the {role}'s process")
    except Refusal as refusal:
        print(f"jauge: {refusal.message}", file=sys.stderr)  # noqa: T201 - likewise
        raise SystemExit(int(refusal.code)) from None
    sys.argv = ["jauge", *arguments[1:]]
    from cli.main import run

    run()


if __name__ == "__main__":
    main(sys.argv[1:])
