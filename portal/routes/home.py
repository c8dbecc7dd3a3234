from litestar import Response, get
from litestar.response import Redirect

from portal.access.permissions import P, may
from portal.web.depends import Who


@get("/", permission=P.SIGNED_IN)
async def home(who: Who) -> Response[None]:
    """Send each person to the page that tells them most."""
    if may(who, P.DASHBOARD_READ):
        return Redirect("/dashboard", status_code=303)
    if may(who, P.SCORECARDS_READ):
        return Redirect("/scorecard", status_code=303)
    return Redirect("/account", status_code=303)


HANDLERS = [home]
