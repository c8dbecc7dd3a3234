"""House rules for routes, walked over the application as it is wired."""

import pytest
from litestar.routes import HTTPRoute

from portal.access.permissions import GRANTS, P
from portal.app import create_app
from portal.db import Database
from portal.models.people import Role
from portal.settings import Settings


@pytest.fixture(scope="module")
def handlers():
    settings = Settings()
    app = create_app(settings, Database("postgresql+asyncpg://nobody@127.0.0.1:9/none", settings)).litestar
    found = []
    for route in app.routes:
        if isinstance(route, HTTPRoute):
            found += [
                (route.path, handler)
                for handler in route.route_handlers
                if handler.http_methods != {"OPTIONS"}
            ]
    assert len(found) > 5
    return found


def test_every_route_states_its_permission(handlers):
    silent = [path for path, handler in handlers if not isinstance(handler.opt.get("permission"), P)]
    assert silent == []


def test_only_health_and_static_files_do_without_a_session(handlers):
    # These prove themselves by a signed link or a bearer token, and come from mail programs and services.
    signed = {"/unsubscribe", "/inbound/mail", "/inbound/bounces"}
    open_routes = {path for path, handler in handlers if handler.opt.get("no_session")}
    assert open_routes <= {
        "/health/live",
        "/health/ready",
        "/metrics",
        "/static",
        "/static/{file_path:path}",
        *signed,
    }


def test_only_signing_in_is_open_to_anyone(handlers):
    paths = {path for path, h in handlers if h.opt["permission"] is P.ANYONE and not h.opt.get("no_session")}
    # What is reached without a session proves itself: with a password, a passkey, or the token of a mail.
    signing_in = {"/sign-in", "/sign-in/code", "/sign-in/second-factor", "/sign-in/passkey"}
    signing_in |= {"/sign-in/company", "/sign-in/company/callback"}
    links = {"/invitation", "/invitation/company", "/password-reset", "/password-reset/new", "/email-change"}
    links |= {"/invitation/passkey", "/invitation/passkey/options"}
    links |= {"/task", "/task/code", "/task/session", "/unsubscribe"}
    links |= {"/files/{document:str}"}  # for a minute, signed by the session that asked
    links |= {"/certificates/calendar/{token:str}"}  # of a calendar program, which has no session
    harmless = {"/kit", "/language/{code:str}"}
    assert paths <= {*signing_in, *links, *harmless, "/sign-in/passkey/options"}


def test_every_role_has_its_grants_and_suppliers_have_no_staff_permission():
    assert set(GRANTS) == set(Role)
    for role in (Role.SUPPLIER_ADMINISTRATOR, Role.SUPPLIER_MEMBER):
        assert GRANTS[role].isdisjoint({P.RANKING_READ, P.SUPPLIERS_READ, P.IMPORTS_READ, P.DASHBOARD_READ})
