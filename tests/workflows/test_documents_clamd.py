"""The real scanner: what it finds is held; while it is away nothing is clean, until it is back."""

import json
import signal
from dataclasses import replace as changed

import pytest
from sqlalchemy import text

from portal.errors import NotReadyError
from portal.jobs.documents import OURS
from portal.jobs.job import JobContext
from portal.models.documents import DocumentStatus, ScanVerdict
from portal.storage import make_store
from portal.workflows import documents
from portal.workflows.documents import checking, scanner
from portal.workflows.documents.receiving import CHECK
from tests import clam
from tests.factories import files
from tests.people import principal_of

CLEAN, NOT_SCANNED, INFECTED = ScanVerdict.CLEAN, ScanVerdict.NOT_SCANNED, ScanVerdict.INFECTED
AWAY = (NOT_SCANNED, scanner.AWAY)
RELEASED, QUARANTINED = DocumentStatus.RELEASED, DocumentStatus.QUARANTINED


@pytest.fixture
def clamd(tmp_path_factory):
    if reason := clam.why_not():
        pytest.skip(reason)
    with clam.clamd(tmp_path_factory.mktemp("clam")) as daemon:
        yield daemon


async def queued(db, name):
    """The payloads of a job that waits, oldest first."""
    rows = await db.execute(
        text("SELECT payload FROM job_queue.pgqueuer WHERE entrypoint = :name ORDER BY id"), {"name": name}
    )
    return [json.loads(payload) for payload in rows.scalars()]


@pytest.fixture
def story(db, database, cast, settings, clamd):
    """Sends a file and lets the worker check it; gives the document, and does the worker's jobs."""
    scanned = changed(settings, clamd=clamd.address)
    store = make_store(scanned)
    context = JobContext(db=db, who=principal_of(cast.root), database=database, store=store, settings=scanned)

    class Story:
        async def sent(self, content):
            who = principal_of(cast.tomasz)
            document = await documents.receive(db, store, scanned, who, "n.txt", files.stream(content))
            await documents.attach(db, who, [document.id], cast.acme)
            await self.work(CHECK, document)
            return document

        async def work(self, name, document, **more):
            await OURS[name](context, {"document": document.id, **more})
            await db.flush()

    return Story()


async def test_the_real_scanner_tells_viruses_from_the_rest(db, cast, story, clamd):
    clean = await story.sent(b"harmless " * 40_000)
    assert (clean.status, clean.scan) == (RELEASED, CLEAN)
    for content in (clam.VIRUS, b"x" * 300_000 + clam.VIRUS):
        found = await story.sent(content)
        assert (found.status, found.scan, found.scan_note) == (QUARANTINED, INFECTED, clam.NAME)
        with pytest.raises(NotReadyError, match="virus"):
            await documents.to_open(db, principal_of(cast.elin), found.id)
    large = await story.sent(b"y" * (clam.STREAM_LIMIT + 1))
    assert (large.status, large.scan, large.scan_note) == (RELEASED, NOT_SCANNED, scanner.TOO_LARGE)
    assert await queued(db, checking.SCAN_AGAIN) == []  # it would be too large the next time too


async def test_what_came_while_it_hung_is_scanned_when_it_is_back(db, cast, story, clamd, monkeypatch):
    monkeypatch.setattr(scanner, "TIMEOUT", 0.3)
    clamd.process.send_signal(signal.SIGSTOP)
    clean, bad = await story.sent(b"harmless"), await story.sent(clam.VIRUS)
    for document in (clean, bad):
        assert (document.status, document.scan, document.scan_note) == (RELEASED, *AWAY)
    assert [each["document"] for each in await queued(db, checking.SCAN_AGAIN)] == [clean.id, bad.id]
    await story.work(checking.SCAN_AGAIN, clean, times=1)
    assert (clean.scan, clean.scan_note) == AWAY
    assert [each["times"] for each in await queued(db, checking.SCAN_AGAIN)] == [1, 1, 2]
    monkeypatch.undo()
    clamd.process.send_signal(signal.SIGCONT)
    for document in (clean, bad):
        await story.work(checking.SCAN_AGAIN, document, times=2)
    assert (clean.status, clean.scan, clean.scan_note) == (RELEASED, CLEAN, "")
    assert (bad.status, bad.scan, bad.scan_note) == (QUARANTINED, INFECTED, clam.NAME)
    with pytest.raises(NotReadyError, match="virus"):
        await documents.to_open(db, principal_of(cast.elin), bad.id)


async def test_one_that_is_gone_makes_nothing_clean(story, clamd):
    clamd.process.kill()
    clamd.process.wait()
    document = await story.sent(clam.VIRUS)
    assert (document.status, document.scan, document.scan_note) == (RELEASED, *AWAY)
