"""Every router of the website; a capability adds one line."""

from litestar import Router
from litestar.handlers import BaseRouteHandler

from portal.routes import health, home, kit, sign_in

ROUTERS: list[Router | BaseRouteHandler] = [
    *health.HANDLERS,
    *home.HANDLERS,
    *kit.HANDLERS,
    *sign_in.HANDLERS,
]
