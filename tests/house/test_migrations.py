"""Models and migrations agree: what Alembic would still change is nothing."""

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, text

from portal.migrations.run import migrate
from portal.models import metadata

OURS = set(metadata.tables)


def _of_ours(_object, name, kind, *_):
    return kind != "table" or name in OURS


def _differences(connection: Connection):
    context = MigrationContext.configure(
        connection, opts={"compare_type": True, "compare_server_default": True, "include_object": _of_ours}
    )
    return compare_metadata(context, metadata)


def _checks(connection: Connection) -> set[tuple[str, str]]:
    catalogue = "SELECT conrelid::regclass::text, conname FROM pg_constraint"
    rows = connection.execute(text(f"{catalogue} WHERE contype = 'c' AND conrelid <> 0"))
    return {(table, name) for table, name in rows if table.strip('"') in OURS}


async def test_the_migrated_database_is_what_the_models_say(fresh):
    async with fresh.connection() as connection:
        assert await connection.run_sync(_differences) == []


async def test_every_check_of_the_models_is_in_the_database(fresh):
    async with fresh.connection() as connection:
        found = await connection.run_sync(_checks)
    wanted = {
        (table.name, str(check.name))
        for table in metadata.tables.values()
        for check in table.constraints
        if type(check).__name__ == "CheckConstraint"
    }
    assert {(t, n if n.startswith("ck_") else f"ck_{t}_{n}") for t, n in wanted} <= {
        (t.strip('"'), n) for t, n in found
    }


async def test_migrating_twice_changes_nothing(fresh, owner):
    await migrate(owner, app=fresh.url)
    async with fresh.connection() as connection:
        assert await connection.run_sync(_differences) == []
