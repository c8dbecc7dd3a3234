"""Every router of the website; a capability adds one line."""

from litestar import Router
from litestar.handlers import BaseRouteHandler

from portal.routes import (
    account,
    approved_list,
    company_details,
    dashboard,
    health,
    home,
    imports,
    invitations,
    kit,
    mailbox,
    master_data,
    messages,
    outbox,
    password_reset,
    people,
    policy,
    scorecards,
    search,
    sign_in,
    suppliers,
    task_links,
    trail,
)

ROUTERS: list[Router | BaseRouteHandler] = [
    *account.HANDLERS,
    *approved_list.HANDLERS,
    *company_details.HANDLERS,
    *dashboard.HANDLERS,
    *health.HANDLERS,
    *home.HANDLERS,
    *imports.HANDLERS,
    *invitations.HANDLERS,
    *kit.HANDLERS,
    *mailbox.HANDLERS,
    *master_data.HANDLERS,
    *messages.HANDLERS,
    *outbox.HANDLERS,
    *policy.HANDLERS,
    *password_reset.HANDLERS,
    *people.HANDLERS,
    *scorecards.HANDLERS,
    *search.HANDLERS,
    *sign_in.HANDLERS,
    *suppliers.HANDLERS,
    *task_links.HANDLERS,
    *trail.HANDLERS,
]
