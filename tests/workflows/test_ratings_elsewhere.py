"""The statement that rates from the lines says the same on other engines, for when one server is too small.

It is written once; SQLGlot writes it for the others.
"""

from importlib.util import find_spec

import duckdb
import pytest
import sqlglot
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from portal.access.principal import system
from portal.workflows.ratings import calendars, months_from_lines
from portal.workflows.ratings.from_lines import rating
from portal.workflows.ratings.reading import sums_from
from scorecards.periods import Period, month_number
from tests.factories import generated
from tests.workflows.ratings_help import undone

EVERYBODY = system("test")
PERIOD = Period(month_number(generated.FIRST), 3)
TABLES = {
    "delivery_line": (
        "id supplier_id plant_id ordered requested_on acknowledged_on confirmed_on cancelled_on excuse_code"
        " nonconforming paperwork_right"
    ),
    "receipt": "delivery_line_id supplier_id received_on arrival_month quantity",
    "nonconformance": ("supplier_id month found_on quantity defects responsibility is_sample is_safety"),
    "inspection_lot": "supplier_id month inspected_on result",
    "response_stage": "supplier_id month due_on due_at answered_at accepted",
    "plant": "id country",
    "calendar_day": "country day back ahead",
}
KINDS = {
    "quantity": "decimal(18, 3)",
    "ordered": "decimal(18, 3)",
    "arrival_month": "smallint",
    "month": "smallint",
    "defects": "integer",
    "back": "integer",
    "ahead": "integer",
    "due_at": "timestamptz",
    "answered_at": "timestamptz",
    "day": "date",
}


def kind(column):
    if column in KINDS:
        return KINDS[column]
    if column.endswith("_on"):
        return "date"
    if column.startswith("is_") or column in {"nonconforming", "paperwork_right", "accepted"}:
        return "boolean"
    return "bigint" if column == "id" or column.endswith("_id") else "varchar"


async def rows_of(db, table):
    limit = " WHERE day BETWEEN '2026-08-01' AND '2027-02-28'" if table == "calendar_day" else ""
    rows = await db.execute(text(f"SELECT {', '.join(TABLES[table].split())} FROM {table}{limit}"))
    return [tuple(row) for row in rows]


async def copied(db):
    """The same rows in an in-memory DuckDB."""
    duck = duckdb.connect()
    duck.execute("SET TimeZone = 'UTC'")
    for table, listed in TABLES.items():
        columns = listed.split()
        duck.execute(f"CREATE TABLE {table} ({', '.join(f'{name} {kind(name)}' for name in columns)})")
        if found := await rows_of(db, table):
            places = ", ".join("?" * len(columns))
            duck.executemany(f"INSERT INTO {table} VALUES ({places})", found)
    return duck


def rated_there(duck, policy, as_of):
    query, parameters = rating(policy, PERIOD, as_of, by_month=True)
    written = sqlglot.transpile(query, read="postgres", write="duckdb")[0]
    answer = duck.execute(written, parameters)
    names = [column[0] for column in answer.description]
    return by_month(dict(zip(names, row, strict=True)) for row in answer.fetchall())


def by_month(rows):
    months = {}
    for row in rows:
        months.setdefault(row["supplier_id"], {})[row["month"]] = sums_from(row)
    return months


@settings(
    max_examples=4,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
async def test_duckdb_rates_as_postgresql_does(db, cast, data):
    world = data.draw(generated.worlds(generated.places(cast), least=8))
    as_of = data.draw(generated.as_of(world))
    async with undone(db):
        await generated.write(db, world)
        await calendars.fill(db, PERIOD.first_day, PERIOD.last_day)
        duck = await copied(db)
        for policy in generated.POLICIES:
            here = await months_from_lines(
                db, EVERYBODY, policy, PERIOD.first_month, PERIOD.last_month, as_of
            )
            assert rated_there(duck, policy, as_of) == here
        duck.close()


@pytest.fixture
def spark():
    if find_spec("pyspark") is None:
        pytest.skip("PySpark is not installed; `uv pip install pyspark` and a Java runtime enable this test")
    from pyspark.sql import SparkSession  # noqa: PLC0415 - an optional engine

    settings = {"spark.sql.session.timeZone": "UTC", "spark.sql.shuffle.partitions": "1"}
    builder = SparkSession.builder.master("local[1]").appName("assay")
    session = builder.config(map=settings | {"spark.ui.enabled": "false"}).getOrCreate()
    yield session
    session.stop()


@pytest.mark.filterwarnings("ignore::ResourceWarning")  # PySpark leaves sockets to its own end
@settings(
    max_examples=2,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
async def test_spark_rates_as_postgresql_does(db, cast, spark, data):
    world = data.draw(generated.worlds(generated.places(cast), least=8))
    as_of = data.draw(generated.as_of(world))
    async with undone(db):
        await generated.write(db, world)
        await calendars.fill(db, PERIOD.first_day, PERIOD.last_day)
        for table, listed in TABLES.items():
            columns = ", ".join(f"{name} {SPARK.get(kind(name), kind(name))}" for name in listed.split())
            spark.createDataFrame(await rows_of(db, table), columns).createOrReplaceTempView(table)
        for policy in generated.POLICIES[:3]:
            query, parameters = rating(policy, PERIOD, as_of, by_month=True)
            written = sqlglot.transpile(query, read="postgres", write="spark")[0]
            rows = spark.sql(written, args=parameters).collect()
            here = await months_from_lines(
                db, EVERYBODY, policy, PERIOD.first_month, PERIOD.last_month, as_of
            )
            assert by_month(row.asDict() for row in rows) == here


SPARK = {"varchar": "string", "timestamptz": "timestamp"}
