"""What runs beside us: the database, the document store, the workers."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from datetime import timedelta
from zoneinfo import ZoneInfo

import httpx
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncSession

from portal import clock, embedded
from portal.access.principal import system
from portal.access.roles import APP
from portal.commands.doctor.finding import Finding, ok, problem, warn
from portal.commands.doctor.machine import binaries
from portal.db import Database
from portal.errors import RefusalError
from portal.jobs import queue
from portal.jobs.registry import JOBS
from portal.migrations import version
from portal.settings import S3, Oidc, Settings
from portal.storage import DocumentStore, make_store
from portal.workflows import outbox, second_factor
from portal.workflows.company import attempts
from portal.workflows.company.provider import Provider
from portal.workflows.keyring import Keyring

_WHO = system("command doctor")
OLDEST_POSTGRES = 16
_POWERS = text(
    "SELECT current_user, array_remove(ARRAY["
    " CASE WHEN rolsuper THEN 'is a superuser' END,"
    " CASE WHEN rolbypassrls THEN 'has BYPASSRLS' END,"
    " CASE WHEN EXISTS (SELECT FROM pg_class WHERE relnamespace = 'public'::regnamespace"
    "   AND relkind IN ('r', 'p') AND pg_has_role(current_user, relowner, 'MEMBER'))"
    " THEN 'owns the tables' END], NULL)"
    " FROM pg_roles WHERE rolname = current_user"
)
EXTENSIONS = ("pg_trgm",)
SKEW = timedelta(seconds=5)  # between our clock and the database's
LATE = timedelta(minutes=10)  # for a job whose time has come


async def findings(config: Settings) -> AsyncIterator[Finding]:
    yield await document_store(config)
    if config.s3 and config.s3.public_url:
        yield await asyncio.to_thread(sending_from_pages, config.base_url, config.s3)
    if config.oidc:
        yield await company_sign_in(config.oidc)
    if not config.database_url:
        yield binaries()
    try:
        url = await asyncio.to_thread(_url, config)
    except embedded.NotRunningError:
        yield warn(
            "Database",
            f"embedded, in {config.data_dir / 'postgres'}, does not run",
            "It starts with assay demo or assay serve; nothing about it was checked.",
        )
        return
    except embedded.EmbeddedError as error:
        yield problem("Database", "embedded, can't be reached", str(error))
        return
    database = Database(url, config, pool_size=2)
    try:
        async for finding in database_findings(database, config):
            yield finding
    finally:
        await database.close()


async def document_store(config: Settings) -> Finding:
    """Write, read and delete a small document, as an upload would.

    A folder that the portal has not made yet stays unmade: it would belong to whoever asks here.
    """
    if not config.s3 and not config.documents_dir.exists():
        return ok("Document store", f"{config.documents_dir} (made with the first document)")
    store = make_store(config)
    try:
        await _probe(store)
    except RefusalError as refused:
        cause = f" ({refused.__cause__})" if refused.__cause__ else ""
        advice = (
            "Look at ASSAY_S3_ENDPOINT, ASSAY_S3_BUCKET and the keys."
            if config.s3
            else "Look at the folder's owner, its disk and ASSAY_DATA_DIR."
        )
        return problem("Document store", f"{store.place}: {refused.sentence}{cause}", advice)
    return ok("Document store", f"{store.place}: write, read and delete work")


def sending_from_pages(base_url: str, s3: S3) -> Finding:
    """Ask the store what a browser asks it before it sends a file from one of our pages."""
    asks = {"Origin": base_url, "Access-Control-Request-Method": "POST"}
    try:
        answer = httpx.options(f"{s3.public_url}/{s3.bucket}", headers=asks, timeout=5)
    except httpx.HTTPError as error:
        return problem(
            "Sending to the store",
            f"{s3.public_url} does not answer ({error})",
            "Look at ASSAY_S3_PUBLIC_URL; until then files come through the portal, after a vain attempt.",
        )
    if answer.headers.get("access-control-allow-origin") not in {"*", base_url}:
        return problem(
            "Sending to the store",
            f"bucket {s3.bucket} lets no page of {base_url} send",
            "Allow POST from that origin (CORS; the README has the command).",
        )
    return ok("Sending to the store", f"browsers may send to {s3.public_url}")


async def company_sign_in(config: Oidc) -> Finding:
    """Ask the provider for its description, as the first sign-in of an hour does."""
    try:
        await Provider(config).address("", attempts.bound(""))
    except RefusalError as refused:
        return problem(
            "Company sign-in",
            f"{config.issuer}: {refused.sentence}",
            "Look at ASSAY_OIDC_ISSUER: it must be written as the provider's description writes it.",
        )
    return ok("Company sign-in", config.issuer)


async def database_findings(database: Database, config: Settings) -> AsyncIterator[Finding]:
    where = _without_password(database)
    try:
        async with database.connection() as connection:
            server = (
                await connection.execute(
                    text(
                        "SELECT current_setting('server_version_num')::int AS number,"
                        " current_setting('server_version') AS version, now() AS now,"
                        " current_setting('server_encoding') AS encoding"
                    )
                )
            ).one()
            skew = abs(clock.now() - server.now)
            present = set((await connection.execute(text("SELECT extname FROM pg_extension"))).scalars())
            offered = set(
                (await connection.execute(text("SELECT name FROM pg_available_extensions"))).scalars()
            )
        at = await version.of(database)
    except Exception as error:  # noqa: BLE001 - whatever is wrong with the database is the finding
        yield problem("Database", f"{where}: {_first_line(error)}", "Start it, or correct DATABASE_URL.")
        return
    yield ok("Database", where)
    yield _server(server.number, server.version)
    if server.encoding != "UTF8":
        yield problem("Encoding", server.encoding, "Create the database with the encoding UTF8.")
    if skew > SKEW:
        yield warn("Clock", f"{skew.total_seconds():.0f} s from the database's", "Let both follow NTP.")
    yield _extensions(present, offered)
    if not at.is_right:
        yield problem(
            "Migrations", f"at {at.found or 'none'}, this program needs {at.wanted}", "Run assay migrate."
        )
        return
    yield ok("Migrations", at.found)
    yield await database_role(database)
    async with database.work(_WHO) as db:
        yield await _zones_in_use(db)
        yield await _locked(db, config)
        yield await _workers(db)
        yield await _jobs(db)
        yield await _mail(db, config)


async def database_role(database: Database) -> Finding:
    """Whether what we connect as could get around row-level security."""
    async with database.connection() as connection:
        me, powers = (await connection.execute(_POWERS)).one()
    if powers:
        return problem(
            "Database role",
            f"“{me}” {', '.join(powers)}: row-level security would not hold against it",
            "Put this address into ASSAY_MIGRATION_URL, and into DATABASE_URL one with the user assay_app and"
            " a password of your choice. Run assay migrate, and leave ASSAY_MIGRATION_URL to that command.",
        )
    return ok("Database role", f"“{me}” owns nothing and cannot bypass row-level security")


async def _mail(db: AsyncSession, config: Settings) -> Finding:
    if trouble := await outbox.trouble(db, config):
        return warn("Mail", trouble, "Until then mails stay queued; nothing is lost.")
    return ok("Mail", "nothing keeps it from leaving" if config.smtp else "shown in the mailbox page")


def _url(config: Settings) -> str:
    if config.database_url:
        return config.database_url
    dsn = embedded.attach(config.data_dir / "postgres", role=APP, patience=2.0)
    return dsn.replace("postgresql://", "postgresql+asyncpg://", 1)


async def _probe(store: DocumentStore) -> None:
    async def content() -> AsyncIterator[bytes]:
        yield b"assay doctor " + secrets.token_bytes(16)

    stored = await store.put(content())
    async for _ in store.open(stored.key):
        pass
    await store.delete(stored.key)


def _without_password(database: Database) -> str:
    url = make_url(database.url).set(drivername="postgresql")
    return url.difference_update_query(["password"]).render_as_string()


def _first_line(error: Exception) -> str:
    cause = getattr(error, "orig", None) or error
    return (str(cause) or type(cause).__name__).splitlines()[0]


def _server(number: int, name: str) -> Finding:
    if number // 10_000 < OLDEST_POSTGRES:
        return problem("PostgreSQL", name, f"Use version {OLDEST_POSTGRES} or newer.")
    return ok("PostgreSQL", name)


def _extensions(present: set[str], offered: set[str]) -> Finding:
    if missing := set(EXTENSIONS) - offered - present:
        return problem(
            "Extensions",
            f"{', '.join(sorted(missing))} not installed",
            "Install PostgreSQL's contrib package.",
        )
    return ok(
        "Extensions", ", ".join(f"{name}{'' if name in present else ' (offered)'}" for name in EXTENSIONS)
    )


async def _zones_in_use(db: AsyncSession) -> Finding:
    rows = await db.execute(
        text(
            "SELECT name, time_zone FROM organisation UNION ALL SELECT name, time_zone FROM plant"
            " UNION ALL SELECT name, time_zone FROM person WHERE is_active"
        )
    )
    wrong = [f"{row.name}: {row.time_zone}" for row in rows if not _is_zone(row.time_zone)]
    if wrong:
        return problem(
            "Time zones used", "; ".join(wrong[:3]), "Correct them, or install newer time zone data (tzdata)."
        )
    return ok("Time zones used", "all are known here")


async def _locked(db: AsyncSession, config: Settings) -> Finding:
    lost = await second_factor.unreadable(db, Keyring(config))
    if lost:
        return problem(
            "Secrets",
            f"{lost} locked with a key that is not here",
            "Give the earlier key after the present one in ASSAY_SECRET_KEY, or bring secret.key back.",
        )
    return ok("Secrets", "all can be opened")


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return True


async def _workers(db: AsyncSession) -> Finding:
    rows = (
        await db.execute(
            text(
                "SELECT host, pid, extract(epoch FROM now() - seen_at)::int AS silent FROM job_queue.worker"
                " WHERE seen_at > now() - interval '1 minute' ORDER BY seen_at DESC"
            )
        )
    ).all()
    if not rows:
        return warn("Workers", "none", "Start assay worker: imports and nightly work wait for one.")
    names = ", ".join(f"{row.host} (process {row.pid}, heard of {row.silent} s ago)" for row in rows[:5])
    return ok("Workers", f"{len(rows)}: {names}")


async def _jobs(db: AsyncSession) -> Finding:
    found = await queue.backlog(db)
    if found.held:
        latest = (await queue.held(db, limit=1))[0]
        return warn(
            "Jobs",
            f"{found.held} failed for good, the latest: {latest.name}: {latest.problem}",
            "assay worker --held lists them; once the cause is gone, assay worker --release-held runs them.",
        )
    unknown = await db.execute(
        text("SELECT DISTINCT entrypoint FROM job_queue.pgqueuer WHERE status = 'queued'")
    )
    if strange := sorted(set(unknown.scalars()) - set(JOBS)):
        return warn(
            "Jobs",
            f"no job here is called {', '.join(strange)}",
            "A newer program queued them: run its worker.",
        )
    if found.longest_wait > LATE:
        minutes = found.longest_wait.total_seconds() // 60
        return warn(
            "Jobs",
            f"{found.waiting} wait, the first for {minutes:.0f} minutes",
            "Start one more assay worker.",
        )
    return ok("Jobs", f"{found.waiting} waiting, {found.running} running, none held")
