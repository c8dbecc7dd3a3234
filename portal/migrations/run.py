"""Bring a database to the version of this code; two at once wait for each other."""

from alembic import command
from sqlalchemy import Connection, text

from portal.db import Database
from portal.migrations.config import alembic_config

_LOCK = 7_202_611_01  # any fixed number: only migrations take it


async def migrate(database: Database, revision: str = "head") -> None:
    async with database.engine.connect() as connection:
        await connection.run_sync(_upgrade, revision)


def _upgrade(connection: Connection, revision: str) -> None:
    connection.execute(text("SET statement_timeout = 0"))
    connection.execute(text("SET lock_timeout = 0"))
    connection.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": _LOCK})
    connection.commit()
    try:
        config = alembic_config()
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        connection.commit()
    finally:
        connection.rollback()
        connection.execute(text("SELECT pg_advisory_unlock(:lock)"), {"lock": _LOCK})
        # The connection goes back to the pool as it was.
        connection.execute(text("RESET statement_timeout"))
        connection.execute(text("RESET lock_timeout"))
        connection.commit()
