"""Every router of the website; a capability adds one line."""

from litestar import Router
from litestar.handlers import BaseRouteHandler

from portal.routes import (
    account,
    approved_list,
    dashboard,
    health,
    home,
    invitations,
    kit,
    master_data,
    people,
    policy,
    scorecards,
    search,
    sign_in,
    suppliers,
)

ROUTERS: list[Router | BaseRouteHandler] = [
    *account.HANDLERS,
    *approved_list.HANDLERS,
    *dashboard.HANDLERS,
    *health.HANDLERS,
    *home.HANDLERS,
    *invitations.HANDLERS,
    *kit.HANDLERS,
    *master_data.HANDLERS,
    *policy.HANDLERS,
    *people.HANDLERS,
    *scorecards.HANDLERS,
    *search.HANDLERS,
    *sign_in.HANDLERS,
    *suppliers.HANDLERS,
]
