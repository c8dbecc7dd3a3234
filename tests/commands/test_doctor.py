"""`assay doctor`: each thing that can be wrong is found, named and answered with what to do."""

from dataclasses import replace

import pytest
from sqlalchemy import text

from portal.commands.doctor import examine, table
from portal.commands.doctor.finding import Level, ok, problem
from portal.jobs import queue
from portal.models.organisation import Organisation
from portal.settings import S3
from tests.people import TESTER


@pytest.fixture
def config(fresh, settings):
    return replace(
        settings,
        base_url="https://assay.example.com",
        database_url=fresh.url.render_as_string(hide_password=False),
    )


async def findings(config):
    return {finding.what: finding for finding in await examine(config)}


async def with_worker(database):
    async with database.connection() as connection:
        await connection.execute(
            text("INSERT INTO job_queue.worker (id, host, pid) VALUES (gen_random_uuid(), 'here', 7)")
        )


async def test_where_all_is_well_it_says_so(fresh, said, settings):
    await with_worker(fresh)
    status, out, _ = await said("doctor", ASSAY_BASE_URL="https://assay.example.com")
    assert status == 0
    assert "problem  " not in out
    for what in (
        "Python",
        "Database",
        "PostgreSQL",
        "Migrations",
        "Database role",
        "Document store",
        "Workers",
        "Typst",
    ):
        assert f"ok       {what}" in out


def test_the_last_line_counts():
    good, bad = ok("Python", "3.13.1"), problem("Database", "away", "Start it.")
    assert table([good]).splitlines() == ["ok       Python  3.13.1", "", "All is well."]
    assert table([good, bad, bad]).splitlines() == [
        "ok       Python    3.13.1",
        "problem  Database  away",
        "                   → Start it.",
        "problem  Database  away",
        "                   → Start it.",
        "",
        "2 problems, 0 warnings.",
    ]


async def test_a_problem_is_the_exit_status(said):
    status, out, _ = await said("doctor", DATABASE_URL="postgresql://someone:s3cret@127.0.0.1:9/assay")
    assert status == 1
    assert "problem  Database" in out
    assert "→ Start it, or correct DATABASE_URL." in out
    assert "127.0.0.1:9/assay" in out
    assert "s3cret" not in out


async def test_a_password_in_the_query_of_the_address_is_not_shown_either(config):
    found = await findings(
        replace(config, database_url="postgresql+asyncpg://a@/assay?host=/nowhere&password=s3cret")
    )
    assert found["Database"].level is Level.PROBLEM
    assert "s3cret" not in table(list(found.values()))


async def test_a_database_of_another_version_is_a_problem(owner, config):
    async with owner.connection() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    found = await findings(config)
    assert found["Migrations"].level is Level.PROBLEM
    assert found["Migrations"].advice == "Run assay migrate."
    assert "Jobs" not in found


async def test_a_role_that_could_pass_by_row_level_security_is_a_problem(owner, superuser, config):
    assert (await findings(config))["Database role"].level is Level.OK
    for database, why in ((owner, "owns the tables"), (superuser, "is a superuser")):
        url = database.url.render_as_string(hide_password=False)
        found = (await findings(replace(config, database_url=url)))["Database role"]
        assert found.level is Level.PROBLEM
        assert why in found.found
        assert "ASSAY_MIGRATION_URL" in found.advice


async def test_without_a_worker_it_warns(config):
    found = await findings(config)
    assert (found["Workers"].level, found["Workers"].found) == (Level.WARN, "none")
    assert {name: f for name, f in found.items() if f.level is Level.PROBLEM} == {}


async def test_a_worker_that_has_not_been_heard_of_does_not_count(fresh, config):
    await with_worker(fresh)
    assert (await findings(config))["Workers"].level is Level.OK
    async with fresh.connection() as connection:
        await connection.execute(text("UPDATE job_queue.worker SET seen_at = now() - interval '2 minutes'"))
    assert (await findings(config))["Workers"].level is Level.WARN


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ("UPDATE job_queue.pgqueuer SET status = 'failed'", "1 failed for good"),
        ("UPDATE job_queue.pgqueuer SET entrypoint = 'from.tomorrow'", "from.tomorrow"),
        (
            "UPDATE job_queue.pgqueuer SET execute_after = now() - interval '1 hour'",
            "the first for 60 minutes",
        ),
    ],
)
async def test_jobs_that_do_not_get_done_are_warned_of(fresh, config, change, says):
    async with fresh.work(TESTER) as db:
        await queue.enqueue(db, "sessions.clear", {})
    assert (await findings(config))["Jobs"].found == "1 waiting, 0 running, none held"
    async with fresh.connection() as connection:
        await connection.execute(text(change))
    jobs = (await findings(config))["Jobs"]
    assert jobs.level is Level.WARN
    assert says in jobs.found
    assert jobs.advice


async def test_an_unknown_time_zone_in_use_is_a_problem(fresh, config):
    async with fresh.work(TESTER) as db:
        db.add(Organisation(name="Norrland", short_name="Norrland", time_zone="Mars/Olympus"))
    found = (await findings(config))["Time zones used"]
    assert (found.level, found.found) == (Level.PROBLEM, "Norrland: Mars/Olympus")


async def test_a_document_store_that_does_not_work_is_a_problem(config):
    config.data_dir.mkdir(parents=True)
    config.documents_dir.write_text("not a folder")
    found = (await findings(config))["Document store"]
    assert found.level is Level.PROBLEM
    assert "ASSAY_DATA_DIR" in found.advice
    away = replace(config, s3=S3("documents", "http://127.0.0.1:9", "us-east-1", "key", "s3cret"))
    found = (await findings(away))["Document store"]
    assert found.level is Level.PROBLEM
    assert "http://127.0.0.1:9" in found.found
    assert "ASSAY_S3_ENDPOINT" in found.advice
    assert "s3cret" not in found.found


async def test_the_probe_leaves_nothing_and_makes_no_folder_of_its_own(config):
    assert "made with the first document" in (await findings(config))["Document store"].found
    assert not config.documents_dir.exists()
    config.documents_dir.mkdir(parents=True)
    assert (await findings(config))["Document store"].level is Level.OK
    assert [path for path in config.documents_dir.rglob("*") if path.is_file()] == []


async def test_passwords_over_plain_http_are_warned_of_except_on_this_machine(config):
    assert (await findings(replace(config, base_url="http://assay.example.com")))[
        "Address"
    ].level is Level.WARN
    assert (await findings(replace(config, base_url="http://127.0.0.1:8000")))["Address"].level is Level.OK


async def test_an_embedded_database_that_does_not_run_is_only_a_warning(config):
    found = await findings(replace(config, database_url=None))
    assert found["Database"].level is Level.WARN
    assert "assay serve" in found["Database"].advice
    assert found["Embedded PostgreSQL"].level is Level.OK
    assert not (config.data_dir / "postgres").exists()
