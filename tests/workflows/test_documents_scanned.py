"""A document is clean only when the scanner has said so of all of it."""

from dataclasses import replace as changed

import pytest

from portal.errors import NotReadyError
from portal.models.documents import DocumentStatus, ScanVerdict
from portal.storage import make_store
from portal.workflows import documents
from portal.workflows.documents import checking, scanner
from tests.factories import files
from tests.people import principal_of
from tests.workflows.clamd import clamd

CLEAN, NOT_SCANNED, INFECTED = ScanVerdict.CLEAN, ScanVerdict.NOT_SCANNED, ScanVerdict.INFECTED


async def test_without_a_scanner_nothing_is_clean():
    assert await scanner.scan("", files.stream(b"x")) == scanner.Scan(NOT_SCANNED, scanner.NO_SCANNER)


async def test_the_whole_file_is_scanned_in_chunks():
    content = bytes(range(256)) * 3000
    async with clamd() as (address, received):
        assert await scanner.scan(address, files.stream(content)) == scanner.Scan(CLEAN)
    assert received == [content]


@pytest.mark.parametrize(
    ("behaviour", "verdict", "note"),
    [
        ({"limit": 1000}, NOT_SCANNED, scanner.TOO_LARGE),
        ({"says": b""}, NOT_SCANNED, scanner.AWAY),
        ({"says": b"stream: Can't allocate memory ERROR\0"}, NOT_SCANNED, scanner.FAILED),
        ({"says": b"stream: Heuristics.Limits.Exceeded.MaxFileSize FOUND\0"}, NOT_SCANNED, scanner.TOO_LARGE),
        ({"says": b"stream: OKAY\0"}, NOT_SCANNED, scanner.FAILED),
    ],
)
async def test_everything_but_a_clear_word_is_not_scanned(behaviour, verdict, note):
    async with clamd(**behaviour) as (address, _):
        found = await scanner.scan(address, files.stream(b"x" * 50_000))
    assert found == scanner.Scan(verdict, note)


async def test_a_scanner_that_is_down_or_hangs_is_not_waited_for_for_ever(monkeypatch):
    monkeypatch.setattr(scanner, "TIMEOUT", 0.3)
    assert await scanner.scan("127.0.0.1:9", files.stream(b"x")) == scanner.Scan(NOT_SCANNED, scanner.AWAY)
    assert await scanner.scan("/no/such.sock", files.stream(b"x")) == scanner.Scan(NOT_SCANNED, scanner.AWAY)
    async with clamd(hangs=True) as (address, _):
        assert await scanner.scan(address, files.stream(b"x")) == scanner.Scan(NOT_SCANNED, scanner.AWAY)


@pytest.mark.parametrize(
    ("content", "status", "verdict", "note"),
    [
        (b"harmless", DocumentStatus.RELEASED, CLEAN, ""),
        (files.EICAR, DocumentStatus.QUARANTINED, INFECTED, "Win.Test.EICAR_HDB-1"),
        (b"x" * 5000, DocumentStatus.RELEASED, NOT_SCANNED, scanner.TOO_LARGE),
    ],
)
async def test_a_virus_is_kept_in_quarantine(db, cast, settings, content, status, verdict, note):
    store, who = make_store(settings), principal_of(cast.tomasz)
    async with clamd(limit=4000) as (address, _):
        scanned = changed(settings, clamd=address)
        document = await documents.receive(db, store, scanned, who, "notes.txt", files.stream(content))
        await documents.attach(db, who, [document.id], cast.acme)
        await checking.check(db, store, scanned, document.id)
    assert (document.status, document.scan, document.scan_note) == (status, verdict, note)
    if verdict is INFECTED:
        for person in (cast.tomasz, cast.elin, cast.root):
            with pytest.raises(NotReadyError, match="virus"):
                await documents.to_open(db, principal_of(person), document.id)
