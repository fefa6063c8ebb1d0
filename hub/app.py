"""The hub's application: the same door, shield and limits as a school's, over the hub's own table."""

from collections.abc import Callable
from datetime import date
from functools import partial

from fastapi import FastAPI
from starlette.staticfiles import StaticFiles

from api.accounts.login import Login
from api.app import NO_TELEMETRY, declared_routes, handle_problems
from api.door import Cookies, Door
from api.entry import make_entry
from api.limits import Limits
from api.quick import Quick
from api.shield import Shield
from dashboards.pages import STATIC
from hub.access import SITE
from hub.compared import Compared
from hub.holdings import Holdings
from hub.routes import Desk, make_router
from hub.site import make_site


def create_app(
    holdings: Holdings,
    login: Login,
    *,
    https: bool = False,
    today: Callable[[], date] = date.today,
) -> Shield:
    """Return the application over one hub.

    Args:
        holdings: what the hub holds.
        login: who may log in and push; there is no way in without.
        https: readers come over TLS.
        today: the hub's day.

    Raises:
        Undeclared: a route that `hub.access` does not name.
    """
    cookies = Cookies(https=https)
    compared = Compared(holdings, today)
    compared.schools()  # everything is checked before the first page
    desk = Desk(holdings, compared, login.accounts, today)
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, telemetry=NO_TELEMETRY)
    app.include_router(make_router(desk))
    app.include_router(make_site(desk))
    app.include_router(make_entry(login, cookies, SITE))
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    handle_problems(app)
    SITE.check_declared(declared_routes(app), "hub/access.py")
    door = Door(Quick(app), login.accounts, cookies, SITE)
    return Shield(Limits(door), partial(str, ""), https=https)
