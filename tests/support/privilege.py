"""A command without root's privileges: same user, so that it reaches its files, no capability."""

from tests.support.needs import need, need_root


def without_privileges(*command: str) -> list[str]:
    """Return the command without any capability: no raw socket, and modes of files hold again."""
    need_root()
    return [need("setpriv", "util-linux"), "--bounding-set=-all", "--inh-caps=-all", *command]
