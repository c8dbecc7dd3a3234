import argparse
import gc
import os
import sys

from granian.constants import Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.server import Server
from litestar.types import ASGIApp

from portal import logs, settings
from portal.app import create_app
from portal.commands.database import database_url
from portal.db import Database
from portal.settings import Settings, SettingsError


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--host", default="127.0.0.1", help="address to listen on (default: this machine only)"
    )
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--workers", type=int, default=1, help="processes")


def run(given: argparse.Namespace, config: Settings) -> int:
    with database_url(config) as url:
        serve(url, host=given.host, port=given.port, workers=given.workers)
    return 0


def serve(url: str, *, host: str, port: int, workers: int = 1) -> None:
    """Serve until a signal ends it; requests in flight are finished first."""
    # The processes that Granian starts read their settings from the environment, like any other.
    os.environ["DATABASE_URL"] = url.replace("postgresql+asyncpg://", "postgresql://", 1)
    os.environ.setdefault("ASSAY_BASE_URL", f"http://{host}:{port}")
    Server(
        "portal.commands.serve:application",
        factory=True,
        address=host,
        port=port,
        workers=workers,
        interface=Interfaces.ASGI,
        log_access=False,
        # Requests are logged by the portal itself; what the server has to say are problems.
        log_level=LogLevels.warning,
        respawn_failed_workers=True,
        # What has arrived of a file and is not read yet: many at once must not take much memory.
        http1_settings=HTTP1Settings(max_buffer_size=65_536),
        workers_kill_timeout=30,
    ).serve()


def application() -> ASGIApp:
    """Make the application of one server process."""
    config = settings.read()
    logs.configure(config.log_format)
    if not config.database_url:
        raise SettingsError("A server process needs DATABASE_URL; start it with assay serve.")
    asgi = create_app(config, Database(config.database_url, config)).asgi
    # What is loaded by now stays: the garbage collector need not walk through it during requests.
    gc.collect()
    gc.freeze()
    # Threads that look at files give way to the one that makes pages sooner than Python's 5 ms.
    sys.setswitchinterval(0.001)
    return asgi
