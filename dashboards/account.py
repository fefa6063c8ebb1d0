"""The pages around a login: connexion, set-up, invitation, one's own account. Pure.

They hold forms and work without JavaScript. What was wrong is said once, at the top, and the field
that it concerns points there.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from dashboards.frame import Frame, render
from dashboards.texts import Texts

PARIS = ZoneInfo("Europe/Paris")
LEAST_PASSWORD, MOST_PASSWORD = 12, 128
"""As `api.accounts.passwords` has them; a test compares."""


@dataclass(frozen=True, slots=True)
class Line:
    """One session or one token of the reader."""

    handle: str
    label: str
    since: str
    until: str
    current: bool = False


def moment(seconds: int, texts: Texts) -> str:
    """Return a moment as a day and a time in Paris."""
    when = datetime.fromtimestamp(seconds, UTC).astimezone(PARIS)
    return texts(
        "account.moment", day=texts.day_short(when.date()), time=texts.clock(f"{when:%H:%M}")
    )


def login_page(texts: Texts, query: Mapping[str, str], *, error: str = "", name: str = "") -> str:
    """Return the login page; `error` is a word of `account.error`."""
    frame = Frame(texts, "login", query)
    return render("login.html", frame, error=error, name=name)


def logout_page(texts: Texts, query: Mapping[str, str]) -> str:
    """Return the page that ends the session."""
    return render("logout.html", Frame(texts, "logout", query))


def setup_page(texts: Texts, query: Mapping[str, str], *, error: str = "", name: str = "") -> str:
    """Return the page of the very first account."""
    return _code_page("setup", texts, query, error=error, name=name)


def invitation_page(texts: Texts, query: Mapping[str, str], *, error: str = "") -> str:
    """Return the page on which an invited person chooses a password."""
    return _code_page("invitation", texts, query, error=error)


def _code_page(
    page: str, texts: Texts, query: Mapping[str, str], *, error: str, name: str = ""
) -> str:
    return render(
        "setup.html",
        Frame(texts, page, query),
        kind=page,
        error=error,
        name=name,
        least=LEAST_PASSWORD,
        most=MOST_PASSWORD,
    )


@dataclass(frozen=True, slots=True)
class Own:
    """What the page of one's account shows."""

    name: str
    role: str
    has_password: bool
    sessions: Sequence[Line]
    tokens: Sequence[Line]


def account_page(
    texts: Texts, query: Mapping[str, str], own: Own, *, error: str = "", done: str = "",
    token: str = "",
) -> str:  # fmt: skip
    """Return the page of one's own account; `token` is shown this once."""
    return render(
        "account.html",
        Frame(texts, "account", query),
        own=own,
        error=error,
        done=done,
        token=token,
        least=LEAST_PASSWORD,
        most=MOST_PASSWORD,
    )
