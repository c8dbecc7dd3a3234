"""Files that a browser sends straight to the store: a real one, Ceph's gateway, and what its form lets in."""

import hashlib
import uuid
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import select
from sqlmodel import col

from portal import clock
from portal.commands.doctor import services
from portal.errors import BadInputError
from portal.jobs.documents import OURS, WHEN_HELD
from portal.jobs.job import JobContext
from portal.models.documents import Document, DocumentStatus
from portal.settings import S3
from portal.storage import make_store
from portal.workflows import documents
from portal.workflows.documents import arriving, sweeping
from portal.workflows.documents.receiving import CHECK
from tests.ceph import KEY, REGION, SECRET, client_of
from tests.factories import files
from tests.people import principal_of

pytestmark = pytest.mark.xdist_group("ceph")
PDF = files.pdf(2)
SIZE = len(PDF)
CHECKING, RECEIVED, REFUSED = DocumentStatus.CHECKING, DocumentStatus.RECEIVED, DocumentStatus.REFUSED


@pytest.fixture
def client(ceph):
    made = client_of(ceph)
    yield made
    made.close()


@pytest.fixture
def settings(settings, ceph, client):
    bucket = f"direct-{uuid.uuid4().hex}"
    client.create_bucket(Bucket=bucket)
    return replace(settings, s3=S3(bucket, ceph, REGION, KEY, SECRET, public_url=ceph))


@pytest.fixture
def objects(settings, client):
    """Names of all that lies in the bucket."""

    def objects():
        listed = client.list_objects_v2(Bucket=settings.s3.bucket)
        return [entry["Key"] for entry in listed.get("Contents", [])]

    return objects


@pytest.fixture
def work(db, database, settings, cast):
    """Does a job of the worker's."""
    context = JobContext(
        db=db, who=principal_of(cast.root), database=database, store=make_store(settings), settings=settings
    )

    async def work(name, **payload):
        await OURS[name](context, payload)
        await db.flush()

    return work


async def announce(browser, name="Prüfplan.pdf", size=SIZE):
    return await browser.post("/documents/announcements", data={"name": name, "size": str(size)})


async def send(invited, content=PDF, **other):
    async with httpx.AsyncClient() as store:
        return await store.post(
            invited["address"], data={**invited["fields"], **other}, files={"file": ("x", content)}
        )


async def newest(db):
    query = select(Document).order_by(col(Document.id).desc()).limit(1)
    return (await db.execute(query.execution_options(populate_existing=True))).scalar_one()


async def test_a_file_goes_straight_to_the_store_and_is_checked_before_anybody_reads_it(
    cast, site, db, work, objects, settings
):
    browser = await site(cast.tomasz)
    policy = (await browser.get("/documents")).headers["content-security-policy"]
    assert f"connect-src 'self' {settings.s3.endpoint};" in policy
    invited = (await announce(browser)).json()
    assert (await send(invited)).status_code == 204
    document = await newest(db)
    assert (document.status, document.file_key) == (RECEIVED, "")
    row = await browser.post(f"/documents/arrivals/{invited['arrival']}")
    assert f'value="{document.id}"' in row.text
    again = await browser.post(f"/documents/arrivals/{invited['arrival']}")
    assert again.text == row.text
    answer = await browser.post("/suppliers/104417/documents", data={"document": str(document.id)})
    assert answer.status_code == 303
    assert (await browser.get(f"/documents/{document.id}/file")).status_code == 409
    await work(arriving.TAKE_IN, document=document.id)
    document = await newest(db)
    assert document.problem == ""
    assert (document.status, document.sha256) == (CHECKING, hashlib.sha256(PDF).hexdigest())
    assert document.media_type == "application/pdf"
    await work(CHECK, document=document.id)
    await work(arriving.DROP, arrival=invited["arrival"])
    key = document.file_key
    assert objects() == [f"{key[:2]}/{key[2:4]}/{key}"]
    assert (await browser.get(f"/documents/{document.id}/file")).content == PDF


async def test_the_form_lets_in_what_was_announced_and_nothing_else(cast, site, objects):
    browser = await site(cast.tomasz)
    invited = (await announce(browser)).json()
    for content in (PDF + b"x", PDF[:-1]):
        assert (await send(invited, content)).status_code in {400, 403}
    for other in (
        {"key": "aa/aa/" + "a" * 64},
        {"Content-Type": "text/html"},
        {"acl": "public-read"},
        {"policy": "e30="},
    ):
        assert (await send(invited, **other)).status_code in {400, 403}, other
    assert objects() == []
    answer = await browser.post(f"/documents/arrivals/{invited['arrival']}")
    assert answer.status_code == 404


async def test_what_arrived_is_readable_for_nobody(cast, site, settings):
    browser = await site(cast.tomasz)
    invited = (await announce(browser)).json()
    await send(invited)
    async with httpx.AsyncClient() as stranger:
        answer = await stranger.get(f"{invited['address']}/{invited['fields']['key']}")
        assert answer.status_code == 403
        assert (await stranger.get(invited["address"])).status_code == 403


async def test_only_who_announced_it_can_finish_it(cast, site, db):
    browser = await site(cast.tomasz)
    invited = (await announce(browser)).json()
    await send(invited)
    for person in (cast.rita, cast.anna, cast.elin):
        foreign = await site(person)
        assert (await foreign.post(f"/documents/arrivals/{invited['arrival']}")).status_code == 404
    for name in ("x", "0" * 32, "..%2f" * 3):
        assert (await browser.post(f"/documents/arrivals/{name}")).status_code == 404
    assert (await newest(db)).file_key == ""


@pytest.mark.parametrize(
    ("name", "size", "status", "says"),
    [
        ("a.pdf", 60_000_000, 413, "larger than 50"),
        ("a.pdf", 0, 422, "empty"),
        ("a.pdf", "²", 422, "empty"),
        ("a.pdf", "9" * 40, 422, "empty"),
        ("", 5, 422, "empty"),
    ],
)
async def test_what_is_too_large_or_nothing_is_refused_before_it_is_sent(
    cast, site, name, size, status, says
):
    answer = await announce(await site(cast.tomasz), name, size)
    assert answer.status_code == status
    assert says in answer.text


async def test_a_supplier_without_room_is_told_before_sending(cast, site, db, settings):
    browser = await site(cast.tomasz)
    size = settings.max_document_bytes
    for _ in range(settings.supplier_quota_bytes // size):
        await documents.arriving.announce(db, settings, principal_of(cast.tomasz), "a.pdf", size)
    answer = await announce(browser)
    assert answer.status_code == 413
    assert "no room left" in answer.text


@pytest.mark.parametrize(
    ("content", "at_once"),
    [
        (b"\0\0\0\x18ftypheic" + b"\0" * 90, "HEIC photos are not supported."),
        (b"MZ\0\0" * 30, "Programs are not accepted."),
        (b"\0\1\2" * 90, "File type .zip is not supported."),
        (b"PK\x03\x04 no archive\0", ""),
    ],
)
async def test_what_may_not_be_sent_is_refused(cast, site, db, work, objects, content, at_once):
    browser = await site(cast.tomasz)
    invited = (await announce(browser, "a.zip", len(content))).json()
    assert (await send(invited, content)).status_code == 204
    answer = await browser.post(f"/documents/arrivals/{invited['arrival']}")
    document = await newest(db)
    if at_once:
        assert answer.status_code == 422
        assert at_once in answer.text
        with pytest.raises(BadInputError, match="has not arrived"):
            await documents.attach(db, principal_of(cast.tomasz), [document.id], cast.acme)
        return
    assert answer.status_code == 200
    await work(arriving.TAKE_IN, document=document.id)
    await work(arriving.DROP, arrival=invited["arrival"])
    document = await newest(db)
    assert (document.status, document.problem[:12]) == (REFUSED, "This archive")
    assert objects() == []


async def test_what_is_lost_on_the_way_is_refused_with_a_sentence(cast, site, db, work, client, settings):
    browser = await site(cast.tomasz)
    for lose in (True, False):
        invited = (await announce(browser)).json()
        await send(invited)
        assert (await browser.post(f"/documents/arrivals/{invited['arrival']}")).status_code == 200
        document = await newest(db)
        if lose:
            client.delete_object(Bucket=settings.s3.bucket, Key=invited["fields"]["key"])
            await work(arriving.TAKE_IN, document=document.id)
        else:  # the worker had died at it again and again
            context = JobContext(
                db=db, who=principal_of(cast.root), database=None, store=None, settings=settings
            )
            await WHEN_HELD[arriving.TAKE_IN](context, {"document": document.id}, OSError())
        document = await newest(db)
        assert (document.status, document.problem) == (
            REFUSED,
            "The file did not arrive as a whole. Send it again.",
        )


async def test_what_was_given_up_is_swept_and_what_waits_for_the_worker_stays(
    cast, site, db, objects, settings, monkeypatch
):
    browser = await site(cast.tomasz)
    left, waits = [(await announce(browser)).json() for _ in range(2)]
    for each in (left, waits):
        await send(each)
    await browser.post(f"/documents/arrivals/{waits['arrival']}")
    store = make_store(settings)
    assert await sweeping.sweep_store(db, store) == 0
    later = clock.now() + sweeping.ORPHANS_KEPT + timedelta(minutes=1)
    monkeypatch.setattr(sweeping.clock, "now", lambda: later)
    assert await sweeping.sweep_store(db, store) == 1
    assert objects() == [waits["fields"]["key"]]


def test_the_doctor_tries_whether_pages_may_send(settings, client):
    asked = (settings.base_url, settings.s3)
    assert "lets no page of http://portal.test send" in services.sending_from_pages(*asked).found
    rule = {"AllowedMethods": ["POST"], "AllowedOrigins": [settings.base_url], "AllowedHeaders": ["*"]}
    client.put_bucket_cors(Bucket=settings.s3.bucket, CORSConfiguration={"CORSRules": [rule]})
    assert "browsers may send" in services.sending_from_pages(*asked).found
    away = replace(settings.s3, public_url="http://127.0.0.1:9")
    assert "does not answer" in services.sending_from_pages(settings.base_url, away).found
