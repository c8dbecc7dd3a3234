"""The only place where things are wired."""

from dataclasses import dataclass
from typing import Any

from litestar import Litestar
from litestar.datastructures import CacheControlHeader, State
from litestar.static_files import create_static_files_router
from litestar.types import ASGIApp

from portal.access.permissions import P
from portal.db import Database
from portal.routes import ROUTERS
from portal.settings import Settings
from portal.storage import make_store
from portal.web import assets, errors
from portal.web.depends import DEPENDENCIES
from portal.web.guard import authorise
from portal.web.observe import Observed
from portal.web.organisation import OrgCache
from portal.web.templates import environment
from portal.workflows.company.provider import Provider
from portal.workflows.keyring import Keyring


@dataclass(frozen=True, slots=True)
class Portal:
    """The application as Litestar sees it, and wrapped as a server runs it."""

    litestar: Litestar
    asgi: ASGIApp


def create_app(config: Settings, database: Database) -> Portal:
    """Wire a portal. The caller owns the database object and closes it afterwards."""
    litestar = Litestar(
        route_handlers=[
            *ROUTERS,
            create_static_files_router(
                "/static",
                directories=[assets.STATIC],
                opt={"permission": P.ANYONE, "no_session": True},
                # Their addresses carry a stamp of the content.
                cache_control=CacheControlHeader(max_age=31_536_000, public=True, immutable=True),
            ),
        ],
        dependencies=DEPENDENCIES,
        guards=[authorise],
        exception_handlers=errors.HANDLERS,
        openapi_config=None,
        logging_config=None,
        request_max_body_size=config.max_form_bytes,
        state=State(state_of(config, database)),
    )
    return Portal(litestar, Observed(litestar, is_https=config.is_https, store=_store_of_browsers(config)))


def state_of(config: Settings, database: Database) -> dict[str, Any]:
    """Give what handlers find in ``request.app.state``."""
    return {
        "settings": config,
        "database": database,
        "store": make_store(config),
        "org": OrgCache(),
        "keyring": Keyring(config),
        "company": Provider(config.oidc) if config.oidc else None,
        "templates": environment(
            auto_reload=config.development, sends_to_store=bool(_store_of_browsers(config))
        ),
    }


def _store_of_browsers(config: Settings) -> str:
    return config.s3.public_url if config.s3 else ""
