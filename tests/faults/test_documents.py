"""An upload whose website is killed: what was acknowledged is there, nothing is there twice, orphans go."""

import asyncio
import os
import re
import signal
import socket
import sys
from contextlib import suppress
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import text

from portal import clock
from portal.access.principal import system
from portal.jobs.documents import OURS
from portal.jobs.job import JobContext
from portal.settings import Settings
from portal.storage import make_store
from portal.web import session
from tests.factories import files
from tests.faults.processes import HERE
from tests.people import TESTER, invite_everybody

pytestmark = pytest.mark.faults
PDF = files.pdf()


@pytest.fixture
def config(tmp_path):
    return Settings(base_url="http://127.0.0.1", data_dir=tmp_path / "assay")


@pytest.fixture
async def website(fresh, config, tmp_path):
    """The website on a database of its own, as a browser of Tomasz at Acme sees it."""
    async with fresh.work(TESTER) as db:
        cast = await invite_everybody(db)
        token = await session.start(db, config, cast.tomasz.id, address="127.0.0.1", agent="test")
    async with fresh.gate() as db:
        who = await session.find(db, config, token)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    root = HERE.parent.parent
    with (tmp_path / "log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            str(HERE / "standing_web.py"),
            str(port),
            cwd=root,
            env={
                **os.environ,
                "PYTHONPATH": str(root),
                "DATABASE_URL": fresh.url.render_as_string(hide_password=False),
                "ASSAY_BASE_URL": address,
                "ASSAY_DATA_DIR": str(config.data_dir),
                "ASSAY_TEST_FOLDER": str(tmp_path),
            },
            stdout=log,
            stderr=log,
        )
    async with httpx.AsyncClient(
        base_url=address, timeout=60, headers={"x-csrf-token": who.csrf_token}
    ) as browser:
        browser.cookies.set(f"assay_{port}", token)
        await until(lambda: answers(browser))
        yield browser
    process.terminate()
    await process.wait()


async def answers(browser):
    with suppress(httpx.HTTPError):
        return (await browser.get("/health/live")).status_code == 200
    return False


async def until(asked, patience=120.0):
    deadline = asyncio.get_running_loop().time() + patience
    while not await asked():
        if asyncio.get_running_loop().time() > deadline:
            pytest.fail("waited too long")
        await asyncio.sleep(0.05)


async def count(database, question):
    async with database.work(TESTER) as db:
        return (await db.execute(text(question))).scalar_one()


def stored(config):
    return [path for path in config.documents_dir.glob("[0-9a-f]*/*/*") if path.is_file()]


def kill_the_website(tmp_path):
    os.kill(int((tmp_path / "pid").read_text()), signal.SIGKILL)


async def test_killed_after_the_file_is_stored_and_before_the_commit(
    fresh, superuser, config, website, tmp_path
):
    async with superuser.engine.connect() as held:
        await held.execute(text("LOCK TABLE document IN EXCLUSIVE MODE"))
        sending = asyncio.create_task(website.post("/documents", files={"file": ("a.pdf", PDF)}))

        async def waits_for_its_row():
            question = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'document'::regclass"
            return len(stored(config)) == 1 and await count(fresh, question) == 1

        await until(waits_for_its_row)
        kill_the_website(tmp_path)
        with pytest.raises(httpx.HTTPError):
            await sending
        await held.rollback()
    # Nothing was promised, and nothing is there but the file, which the next sweeps remove when it is old.
    assert await count(fresh, "SELECT count(*) FROM document") == 0
    assert await count(fresh, "SELECT count(*) FROM job_queue.pgqueuer") == 0
    at = clock.now().timestamp() - timedelta(days=3).total_seconds()
    os.utime(stored(config)[0], (at, at))
    store = make_store(config)
    async with fresh.work(system("test")) as db:
        context = JobContext(db=db, who=system("test"), database=fresh, store=store, settings=config)
        await OURS["documents.sweep"](context, {})
    assert stored(config) == []
    # The website is back by itself, and what is sent again is there once.
    await until(lambda: answers(website))
    assert (await website.post("/documents", files={"file": ("a.pdf", PDF)})).status_code == 200
    assert await count(fresh, "SELECT count(*) FROM document") == 1
    assert await count(fresh, "SELECT count(*) FROM job_queue.pgqueuer") == 1


async def test_killed_after_the_commit_and_before_the_answer(fresh, config, website, tmp_path):
    row = await website.post("/documents", files={"file": ("a.pdf", PDF)})
    number = re.search(r'value="(\d+)"', row.text).group(1)
    form = {"document": number}
    sending = asyncio.create_task(
        website.post("/suppliers/104417/documents", data=form, headers={"x-stand-still": "1"})
    )

    async def stands():
        return (tmp_path / "standing").exists()

    await until(stands)
    kill_the_website(tmp_path)
    with pytest.raises(httpx.HTTPError):
        await sending
    await until(lambda: answers(website))
    # It was committed, so it is there; whoever presses the button again changes nothing.
    assert "a.pdf" in (await website.get("/documents")).text
    assert (await website.post("/suppliers/104417/documents", data=form)).status_code == 303
    assert await count(fresh, "SELECT count(*) FROM document_attachment") == 1
    assert await count(fresh, "SELECT count(*) FROM document") == 1
    async with fresh.work(system("test")) as db:
        store = make_store(config)
        context = JobContext(db=db, who=system("test"), database=fresh, store=store, settings=config)
        await OURS["documents.check"](context, {"document": int(number)})
    assert (await website.get(f"/documents/{number}/file")).content == PDF
