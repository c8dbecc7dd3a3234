"""Nothing that matters escapes the trail: every table and every column is recorded, or there is a reason."""

import json
import re

import pytest
from sqlalchemy import text

from portal.migrations.trailed import BOOKKEEPING
from portal.models import metadata
from portal.models.trail import HIDDEN, LEFT_OUT, MASKED, NOT_TRAILED
from portal.workflows.trail.records import NAMED

EVENTS = {"trail_insert", "trail_update", "trail_delete", "trail_truncate"}
SECRET = re.compile(r"password|hash|secret|token|credential|_key$|^key$|handle")


@pytest.fixture
async def triggers(fresh):
    """The trail's triggers by table, as (name, source of its function)."""
    async with fresh.connection() as connection:
        rows = await connection.execute(
            text(
                "SELECT tgrelid::regclass::text, tgname, prosrc FROM pg_trigger"
                " JOIN pg_proc ON pg_proc.oid = tgfoid"
                " WHERE tgname LIKE 'trail\\_%' AND tgname NOT LIKE 'trail\\_refuse%' AND tgenabled = 'O'"
            )
        )
        found = {}
        for table, name, source in rows:
            found.setdefault(table, {})[name] = source
        return found


def _recorded(functions):
    """The columns whose values the function writes, in order, and those of them that it masks."""
    source = functions["trail_insert"]
    names = json.loads(re.search(r"TG_OP, '(\[.*?\])'", source).group(1))
    masked = set(re.findall(rf"CASE WHEN (\w+) IS NOT NULL THEN '{re.escape(HIDDEN)}'", source))
    assert all(source.count(f"before.{name} IS DISTINCT FROM after.{name}") == 2 for name in names)
    return names, masked


async def test_every_table_is_trailed_or_there_is_a_reason_why_not(triggers):
    assert set(triggers) | set(NOT_TRAILED) == set(metadata.tables)
    assert set(triggers) & set(NOT_TRAILED) == set()
    assert all(len(reason.split()) >= 3 for reason in NOT_TRAILED.values())


async def test_adding_changing_removing_and_emptying_are_all_recorded(triggers):
    assert [table for table, functions in triggers.items() if set(functions) != EVENTS] == []


async def test_every_column_is_recorded_or_left_out_on_purpose(triggers):
    for table, functions in triggers.items():
        columns = metadata.tables[table]
        keys = {column.name for column in columns.primary_key}
        recorded, _ = _recorded(functions)
        wanted = (
            {column.name for column in columns.columns} - keys - {*BOOKKEEPING} - LEFT_OUT.get(table, set())
        )
        assert set(recorded) == wanted, f"{table}: a migration has to watch it again"
    assert set(LEFT_OUT) <= set(triggers)


async def test_secrets_are_masked(triggers):
    for table, functions in triggers.items():
        recorded, masked = _recorded(functions)
        assert masked == MASKED.get(table, set()), table
        assert {name for name in recorded if SECRET.search(name)} - masked <= {"file_key"}, table
    assert set(MASKED) <= set(triggers)


async def test_every_recorded_table_says_how_its_records_are_named(triggers):
    assert set(NAMED) == set(triggers)
    for table, names in NAMED.items():
        assert set(names) <= {column.name for column in metadata.tables[table].columns}
        assert len(metadata.tables[table].primary_key.columns) == 1
