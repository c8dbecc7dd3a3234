"""Mail through real workers that are killed, run in twos, or find no mail server."""

import asyncio
import os
from collections import Counter
from contextlib import AsyncExitStack

import pytest
from sqlalchemy import text

from portal.jobs.queue import enqueue
from portal.mail import outbox
from tests.conftest import visits
from tests.faults.processes import HERE
from tests.mail.conftest import invitation, notice
from tests.mail.servers import OK, Postbox, listening
from tests.people import TESTER, invite_everybody

pytestmark = pytest.mark.faults


@pytest.fixture
async def box():
    box = Postbox()
    async with listening(box) as box.server:
        yield box


@pytest.fixture
async def workers(fresh, nursery, tmp_path):
    """Processes on the database of the test: call it for one more; those that still run are killed."""
    running = []

    async def start(port):
        process = await nursery.start(
            str(HERE / "mail_worker.py"),
            fresh.url.render_as_string(hide_password=False),
            str(tmp_path / "assay"),
            str(port),
            env=dict(os.environ),
            err=tmp_path / f"worker-{len(running)}.log",
        )
        running.append(process)
        return process

    yield start
    for process in running:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def queue(database, *written):
    async with database.work(TESTER) as db:
        for message in written:
            await outbox.queue(db, message)


async def ask(database, question, **values):
    async with database.work(TESTER) as db:
        return (await db.execute(text(question), values)).all()


async def statuses(database):
    return dict(Counter(row.status for row in await ask(database, "SELECT status FROM outgoing_mail")))


async def until(question, patience=240.0):
    deadline = asyncio.get_running_loop().time() + patience
    while not (answer := await question()):
        if asyncio.get_running_loop().time() > deadline:
            pytest.fail(f"waited {patience} seconds for {question.__name__}")
        await asyncio.sleep(0.05)
    return answer


async def test_two_workers_send_each_of_sixty_mails_once(fresh, box, workers):
    await queue(fresh, *(notice(str(number)) for number in range(60)))
    for _ in range(2):
        await workers(box.server.port)

    async def all_sent():
        return await statuses(fresh) == {"sent": 60}

    await until(all_sent)
    assert len(box.ids) == len(set(box.ids)) == 60
    assert await ask(fresh, "SELECT 1 FROM mail_handover") == []
    assert await ask(fresh, "SELECT 1 FROM job_queue.pgqueuer") == []


async def test_kill_between_the_servers_yes_and_our_commit_gives_one_more_with_the_same_id(
    fresh, box, workers
):
    async with fresh.engine.connect() as held:

        async def hold_up_the_end(_server):
            # What a job does last, in the transaction that also says that the mail was sent.
            await held.execute(text("LOCK TABLE job_queue.pgqueuer_log IN EXCLUSIVE MODE"))
            return OK

        box.data = [hold_up_the_end]
        await queue(fresh, invitation())
        worker = await workers(box.server.port)

        async def has_said_yes_and_waits():
            waiting = await ask(
                fresh,
                "SELECT 1 FROM pg_locks WHERE NOT granted AND relation = 'job_queue.pgqueuer_log'::regclass",
            )
            return waiting and box.taken

        await until(has_said_yes_and_waits)
        worker.kill()
        await worker.wait()
    ((status, tries),) = await ask(fresh, "SELECT status, tries FROM outgoing_mail")
    assert (status, tries) == ("queued", 0), "nothing of it was committed"
    assert len(await ask(fresh, "SELECT 1 FROM mail_handover")) == 1, "but that it went over was"
    await workers(box.server.port)

    async def is_sent():
        return await statuses(fresh) == {"sent": 1}

    await until(is_sent)
    ((message_id,),) = await ask(fresh, "SELECT message_id FROM outgoing_mail")
    assert box.ids == [message_id] * 2
    assert await ask(fresh, "SELECT body_text FROM outgoing_mail") == [("",)]


async def test_killed_twice_at_that_moment_it_is_shown_to_staff_and_not_sent_a_third_time(
    fresh, box, workers
):
    worker = None

    async def kill_it(_server):
        worker.kill()
        await worker.wait()
        return OK

    box.data = [kill_it, kill_it]
    await queue(fresh, notice())
    for _ in range(2):
        worker = await workers(box.server.port)
        await asyncio.wait_for(worker.wait(), 60)
    await workers(box.server.port)

    async def is_over():
        return await statuses(fresh) == {"failed": 1}

    await until(is_over)
    assert len(box.ids) == 2
    assert len(set(box.ids)) == 1


async def test_smtp_down_other_jobs_and_pages_go_on(fresh, settings, workers):
    connected = 0

    async def never_greet(_reader, writer):
        nonlocal connected
        connected += 1
        silent.append(writer)

    silent = []
    server = await asyncio.start_server(never_greet, "127.0.0.1", 0)
    try:
        async with fresh.work(TESTER) as db:
            cast = await invite_everybody(db)
            for number in range(40):
                await outbox.queue(db, notice(str(number)))
            await enqueue(db, "sessions.clear", {})
        await workers(server.sockets[0].getsockname()[1])

        async def nothing_waits():
            return not await ask(
                fresh,
                "SELECT 1 FROM job_queue.pgqueuer"
                " WHERE entrypoint = 'sessions.clear' OR execute_after <= now()",
            )

        await until(nothing_waits)
        assert await statuses(fresh) == {"queued": 40}
        assert connected < 10, "the others waited without trying"
        async with AsyncExitStack() as stack:
            browser = await (await visits(stack, fresh, settings))(cast.root)
            page = await browser.get("/mail?status=queued")
        assert page.status_code == 200
        assert "40 mails" in page.text
    finally:
        for writer in silent:
            writer.close()
        server.close()
        await server.wait_closed()
