"""Bring a database to the version of this code; two at once wait for each other."""

from alembic import command
from sqlalchemy import URL, Connection, make_url, text

from portal.db import Database
from portal.migrations import roles
from portal.migrations.config import alembic_config

_LOCK = 7_202_611_01  # any fixed number: only migrations take it


async def migrate(database: Database, revision: str = "head", *, app: URL | str | None = None) -> None:
    """Migrate as the tables' owner, and let the login of ``app`` work with them (by default the owner itself).

    Raises:
        NotReadyError: the owner may not make the roles that this takes.
    """
    async with database.engine.connect() as connection:
        await connection.run_sync(_upgrade, revision, database.url if app is None else make_url(app))


def _upgrade(connection: Connection, revision: str, app: URL) -> None:
    connection.execute(text("SET statement_timeout = 0"))
    connection.execute(text("SET lock_timeout = 0"))
    connection.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": _LOCK})
    connection.commit()
    try:
        roles.prepare(connection)
        connection.commit()
        config = alembic_config()
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        roles.admit(connection, app)
        connection.commit()
    finally:
        connection.rollback()
        connection.execute(text("SELECT pg_advisory_unlock(:lock)"), {"lock": _LOCK})
        # The connection goes back to the pool as it was.
        connection.execute(text("RESET statement_timeout"))
        connection.execute(text("RESET lock_timeout"))
        connection.commit()
