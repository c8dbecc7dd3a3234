"""PostgreSQL inside the portal, so that nothing has to be set up: a real server, started and stopped by us.

    with start(Path(".assay/postgres")) as server:
        await asyncpg.connect(server.dsn())

It listens on a private Unix socket only, asks everyone for a generated password, and ends with the process
that started it, also when that one is killed.
"""

from portal.embedded.binaries import Binaries, find_binaries
from portal.embedded.errors import AlreadyRunningError, EmbeddedError, NotRunningError
from portal.embedded.server import EmbeddedServer, attach, erase, start, temporary

__all__ = [
    "AlreadyRunningError",
    "Binaries",
    "EmbeddedError",
    "EmbeddedServer",
    "NotRunningError",
    "attach",
    "erase",
    "find_binaries",
    "start",
    "temporary",
]
