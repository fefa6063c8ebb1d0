"""Who asks for a page, as far as a page needs to know: a role, never a person's name. Pure.

Pages get `Asked`: the query parameters as an ordinary mapping, and beside them the reader. The
menu shows only what he may open; a form carries his token.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

ANYONE = "anyone"
"""The role of somebody who has not logged in."""
OPEN = "open"
"""The role of everybody where no login is asked (tests, a demonstration with `--open`)."""


def _everything(_path: str) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads: his role, what he may open, and the token that his forms must carry."""

    role: str = OPEN
    may_open: Callable[[str], bool] = _everything
    """Says whether a path may be opened by this role."""
    form_token: str = ""
    """Value of the hidden field `form` of every form (a page with a form is declared `forms`)."""
    own: str = ""
    """Whose own pages these are, where readers of one role read different things (a hub's schools)."""
    menu: Mapping[str, str] | None = None
    """Key → path of the pages in the menu of this site; None: a school's (`dashboards.frame`)."""

    @property
    def logged_in(self) -> bool:
        """Whether there is a session to end."""
        return self.role not in {ANYONE, OPEN}


class Asked(dict[str, str]):
    """Query parameters, and who asks."""

    def __init__(self, query: Mapping[str, str], reader: Reader) -> None:
        super().__init__(query)
        self.reader = reader


def reader_of(query: Mapping[str, str]) -> Reader:
    """Return who asks; everybody where a page is made without a server."""
    return query.reader if isinstance(query, Asked) else Reader()
