"""Which version a database is at, and which one this code was written for."""

from dataclasses import dataclass
from functools import cache

from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from portal.db import Database
from portal.migrations.config import alembic_config


@dataclass(frozen=True, slots=True)
class Version:
    """Names of migrations; ``found`` is empty for a database that has never been migrated."""

    found: str
    wanted: str

    @property
    def is_right(self) -> bool:
        return self.found == self.wanted


@cache
def wanted() -> str:
    """Say it as it was when this process began: a program that is being replaced does not change its mind."""
    return ScriptDirectory.from_config(alembic_config()).get_current_head() or ""


async def of(database: Database) -> Version:
    async with database.connection() as connection:
        found = await connection.run_sync(_current)
    return Version(found or "", wanted())


def _current(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()
