"""Both stores keep the same promises; each has a few of its own.

S3 is tried on moto's server, which is everywhere, and on Ceph's gateway, which is a store that people run.
"""

import asyncio
import hashlib
import os
import signal
import socket
import stat
import subprocess
import sys
import threading
import tracemalloc
import uuid
from dataclasses import replace
from datetime import timedelta
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from moto.server import ThreadedMotoServer

from portal import clock
from portal.errors import BadInputError, BusyError, NotFoundError
from portal.settings import S3
from portal.storage import make_store
from portal.storage.disk import ARRIVING, DiskStore
from portal.storage.s3 import PART, S3Store
from portal.storage.store import CHUNK
from tests.ceph import KEY, REGION, SECRET, client_of

ROOT = os.geteuid() == 0
KEYS = {"region": REGION, "access_key": KEY, "secret_key": SECRET}


@pytest.fixture(scope="session")
def moto():
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


def bucket(request, endpoint):
    """A bucket of the test's own, and a client that looks into it."""
    config = S3(bucket=f"documents-{uuid.uuid4().hex}", endpoint=endpoint, **KEYS)
    client = client_of(endpoint)
    client.create_bucket(Bucket=config.bucket)
    request.addfinalizer(client.close)
    return config, client


CEPH = pytest.param("ceph", marks=pytest.mark.xdist_group("ceph"))


@pytest.fixture(params=["moto", CEPH])
def endpoint(request):
    return request.getfixturevalue(request.param)


@pytest.fixture
def s3(request, endpoint):
    return bucket(request, endpoint)


@pytest.fixture
def disk(settings):
    return make_store(settings)


@pytest.fixture(params=["disk", "moto", CEPH])
def store(request, settings):
    if request.param == "disk":
        return make_store(settings)
    config, _ = bucket(request, request.getfixturevalue(request.param))
    return make_store(replace(settings, s3=config))


async def stream(*chunks):
    for chunk in chunks:
        yield chunk


async def content(store, key):
    return b"".join([chunk async for chunk in store.open(key)])


def objects(s3):
    config, client = s3
    return [entry["Key"] for entry in client.list_objects_v2(Bucket=config.bucket).get("Contents", [])]


def files(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK + 17])
async def test_what_comes_out_is_what_went_in(store, size):
    data = os.urandom(size)
    stored = await store.put(stream(*[data[at : at + 70_001] for at in range(0, size, 70_001)]))
    assert (stored.size, stored.sha256) == (size, hashlib.sha256(data).hexdigest())
    assert await store.exists(stored.key)
    assert await content(store, stored.key) == data
    async with store.local_path(stored.key) as path:
        assert path.read_bytes() == data


async def test_a_deleted_document_is_gone_and_deleting_again_is_harmless(store):
    stored = await store.put(stream(b"certificate"))
    await store.delete(stored.key)
    await store.delete(stored.key)
    assert not await store.exists(stored.key)
    with pytest.raises(NotFoundError):
        await content(store, stored.key)
    with pytest.raises(NotFoundError):
        async with store.local_path(stored.key):
            pass


@pytest.mark.parametrize(
    "key",
    ["", "../../etc/passwd", "/etc/passwd", "A" * 64, "a" * 63, "a" * 65, f"{'a' * 62}/.", "a" * 64 + "\n"],
)
async def test_nothing_but_a_hash_becomes_a_path(store, key):
    with pytest.raises(NotFoundError):
        await content(store, key)
    with pytest.raises(NotFoundError):
        await store.exists(key)
    with pytest.raises(NotFoundError):
        await store.delete(key)
    with pytest.raises(NotFoundError):
        async with store.local_path(key):
            pass


async def test_the_sender_s_hash_is_checked(store):
    right = hashlib.sha256(b"whole").hexdigest()
    assert (await store.put(stream(b"whole"), sha256=right.upper())).key == right
    with pytest.raises(BadInputError, match="Send it again"):
        await store.put(stream(b"torn"), sha256=right)
    assert not await store.exists(hashlib.sha256(b"torn").hexdigest())


async def test_two_writers_of_the_same_content_store_it_once(settings, s3):
    data = os.urandom(2 * CHUNK)
    for store in (make_store(settings), make_store(replace(settings, s3=s3[0]))):
        first, second = await asyncio.gather(store.put(stream(data)), store.put(stream(data)))
        assert first == second
        assert await content(store, first.key) == data
    assert files(settings.documents_dir) == [f"{first.key[:2]}/{first.key[2:4]}/{first.key}"]
    assert objects(s3) == [f"{first.key[:2]}/{first.key[2:4]}/{first.key}"]


async def broken():
    yield os.urandom(CHUNK + 1)
    raise ConnectionResetError


async def test_a_stream_that_breaks_leaves_nothing(settings, s3):
    with pytest.raises(ConnectionResetError):
        await make_store(settings).put(broken())
    assert files(settings.documents_dir) == []
    with pytest.raises(ConnectionResetError):
        await make_store(replace(settings, s3=s3[0])).put(broken())
    assert objects(s3) == []
    assert files(settings.data_dir / "spool") == []


async def test_a_sender_who_is_cut_off_leaves_nothing(disk):
    half_way = asyncio.Event()

    async def endless():
        while True:
            yield b"x" * CHUNK
            half_way.set()
            await asyncio.sleep(0)

    sending = asyncio.create_task(disk.put(endless()))
    await half_way.wait()
    sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sending
    assert files(disk.folder) == []


async def test_files_belong_to_this_account_alone(disk):
    key = (await disk.put(stream(b"secret"))).key
    path = disk.folder / key[:2] / key[2:4] / key
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    for folder in (path.parent, path.parent.parent, disk.folder, disk.folder / ARRIVING):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


async def test_a_damaged_document_does_not_pass_for_whole(disk):
    data = os.urandom(2 * CHUNK)
    key = (await disk.put(stream(data))).key
    path = disk.folder / key[:2] / key[2:4] / key
    path.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    got = bytearray()

    async def read():
        async for chunk in disk.open(key):
            got.extend(chunk)

    with pytest.raises(BusyError, match="damaged"):
        await read()
    assert len(got) < len(data)
    await disk.put(stream(data))  # sending it again repairs it
    assert await content(disk, key) == data


async def test_a_damaged_object_is_not_given_as_a_file(settings, s3):
    config, client = s3
    store = make_store(replace(settings, s3=config))
    key = (await store.put(stream(b"whole"))).key
    client.put_object(Bucket=config.bucket, Key=f"{key[:2]}/{key[2:4]}/{key}", Body=b"w0ole")
    with pytest.raises(BusyError, match="damaged"):
        async with store.local_path(key):
            pass
    assert files(settings.data_dir / "spool") == []


@pytest.fixture
def small_disk(tmp_path):
    if not ROOT:
        pytest.skip("only root can mount a small disk")
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", folder],
        capture_output=True,
        text=True,
        check=False,
    )
    if mounted.returncode:
        pytest.skip(f"a small disk cannot be mounted here: {mounted.stderr.strip()}")
    yield folder
    subprocess.run(["umount", folder], check=True)


async def test_a_full_disk_gives_a_sentence_and_leaves_no_part(small_disk):
    store = DiskStore(small_disk / "documents")
    kept = await store.put(stream(b"kept"))
    with pytest.raises(BusyError, match="full"):
        await store.put(stream(*[os.urandom(CHUNK) for _ in range(48)]))
    assert files(store.folder) == [f"{kept.key[:2]}/{kept.key[2:4]}/{kept.key}"]
    assert await content(store, kept.key) == b"kept"
    await store.put(stream(os.urandom(CHUNK)))


async def test_a_read_only_disk_gives_a_sentence(small_disk):
    store = DiskStore(small_disk / "documents")
    kept = await store.put(stream(b"kept"))
    await asyncio.to_thread(subprocess.run, ["mount", "-o", "remount,ro", small_disk], check=True)
    with pytest.raises(BusyError, match="can't be written to"):
        await store.put(stream(b"new"))
    with pytest.raises(BusyError, match="can't be written to"):
        await store.delete(kept.key)
    assert await content(store, kept.key) == b"kept"


async def test_a_folder_without_permission_gives_a_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(BusyError):
        await DiskStore(tmp_path / "file" / "documents").put(stream(b"x"))


KILLED = """
import asyncio, os, signal, sys
from pathlib import Path
from portal.storage.disk import DiskStore

async def half():
    yield b"x" * 3_000_000
    os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(DiskStore(Path(sys.argv[1])).put(half()))
"""


async def test_what_a_killed_writer_left_is_swept_and_never_seen(disk):
    writer = await asyncio.create_subprocess_exec(
        sys.executable, "-c", KILLED, disk.folder, cwd=Path(__file__).parents[1]
    )
    assert await writer.wait() == -signal.SIGKILL
    left = files(disk.folder)
    assert len(left) == 1
    assert left[0].startswith(ARRIVING)
    kept = await disk.put(stream(b"kept"))
    assert await disk.clear_unfinished(clock.now() - timedelta(days=1)) == 0
    assert await disk.clear_unfinished(clock.now() + timedelta(seconds=5)) == 1
    assert files(disk.folder) == [f"{kept.key[:2]}/{kept.key[2:4]}/{kept.key}"]


FLAT = """
import asyncio, resource, sys
from pathlib import Path
from portal.storage.disk import DiskStore

async def much():
    for _ in range(300):
        yield b"x" * 1_000_003

async def main():
    store = DiskStore(Path(sys.argv[1]))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    stored = await store.put(much())
    async for _ in store.open(stored.key):
        pass
    print(stored.size, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)

asyncio.run(main())
"""


def test_memory_does_not_grow_with_the_document(tmp_path):
    ran = subprocess.run(
        [sys.executable, "-c", FLAT, tmp_path / "documents"],
        cwd=Path(__file__).parents[1],
        check=True,
        capture_output=True,
        text=True,
    )
    size, grown = map(int, ran.stdout.split())
    assert size == 300_000_900
    assert grown < 30_000  # KiB


async def test_a_large_document_goes_up_in_parts(settings, s3):
    config, client = s3
    store = make_store(replace(settings, s3=config))
    data = os.urandom(PART + 5)
    stored = await store.put(stream(data))
    (entry,) = client.list_objects_v2(Bucket=config.bucket)["Contents"]
    assert entry["ETag"].endswith('-2"')
    assert await content(store, stored.key) == data


class Swallowing(BaseHTTPRequestHandler):
    """An S3 server that takes parts, counts them and keeps nothing: all that is in memory is the portal's."""

    protocol_version = "HTTP/1.1"

    def answer(self, status=200, body=b"", **headers):
        self.send_response(status)
        for name, value in {"Content-Length": len(body), **headers}.items():
            self.send_header(name, str(value))
        self.end_headers()
        self.wfile.write(body)

    def do_HEAD(self):
        if not self.server.size:
            return self.answer(404)
        self.send_response(200)
        self.send_header("Content-Length", str(self.server.size))
        self.send_header("Last-Modified", formatdate(usegmt=True))
        return self.end_headers()

    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        name = "InitiateMultipartUpload" if self.path.endswith("?uploads") else "CompleteMultipartUpload"
        ids = "<UploadId>1</UploadId><ETag>1</ETag>"
        self.answer(body=f"<{name}Result>{ids}</{name}Result>".encode())

    def do_PUT(self):
        left = int(self.headers["Content-Length"])
        if self.headers.get("Expect"):
            self.send_response_only(100)
            self.end_headers()
        self.server.parts += 1
        self.server.size += left
        while left:
            left -= len(self.rfile.read(min(left, 65_536)))
        self.answer(ETag='"1"')

    def log_message(self, *_):
        pass


@pytest.fixture
def swallowing():
    with ThreadingHTTPServer(("127.0.0.1", 0), Swallowing) as server:
        server.size = server.parts = 0
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


async def test_memory_does_not_grow_with_a_document_that_goes_to_s3(tmp_path, swallowing):
    config = S3("flat", f"http://127.0.0.1:{swallowing.server_port}", **KEYS)
    store = S3Store(config, spool=tmp_path)
    chunk = os.urandom(1_000_003)
    await store.exists("a" * 64)  # the client is made, and its rules are read
    tracemalloc.start()
    try:
        stored = await store.put(stream(*[chunk] * 50))
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert (swallowing.size, swallowing.parts) == (stored.size, 3)
    assert most < PART / 2, "a part, or more, was in memory"


async def test_parts_that_nobody_finished_are_swept(settings, s3):
    config, client = s3
    store = make_store(replace(settings, s3=config))
    (settings.data_dir / "spool" / "reading-left").mkdir(parents=True)
    assert await store.clear_unfinished(clock.now() - timedelta(days=1)) == 0
    client.create_multipart_upload(Bucket=config.bucket, Key="aa/aa/torn")  # moto dates it 2010
    assert await store.clear_unfinished(clock.now() + timedelta(seconds=5)) == 2
    assert "Uploads" not in client.list_multipart_uploads(Bucket=config.bucket)


async def test_a_store_that_is_away_gives_a_sentence(tmp_path):
    with socket.socket() as closed:  # bound and not listening: whoever connects is refused
        closed.bind(("127.0.0.1", 0))
        away = S3("documents", f"http://127.0.0.1:{closed.getsockname()[1]}", "us-east-1", "k", "s")
        store = S3Store(away, spool=tmp_path / "spool")
        with pytest.raises(BusyError, match="does not answer"):
            await store.put(stream(b"x"))
        with pytest.raises(BusyError, match="does not answer"):
            await content(store, "a" * 64)
    assert files(tmp_path) == []


async def test_a_missing_bucket_is_a_problem_of_the_store_not_of_the_document(endpoint, tmp_path):
    store = S3Store(S3("nowhere", endpoint, **KEYS), spool=tmp_path)
    with pytest.raises(BusyError):
        await store.put(stream(b"x"))
    with pytest.raises(BusyError):
        await content(store, "a" * 64)


async def test_a_part_of_a_document_can_be_read(store):
    data = os.urandom(2 * CHUNK + 5)
    key = (await store.put(stream(data))).key
    for first, last in ((0, 0), (3, CHUNK + 3), (2 * CHUNK, 2 * CHUNK + 4)):
        part = b"".join([chunk async for chunk in store.part(key, first, last)])
        assert part == data[first : last + 1]


async def test_old_documents_are_listed_and_young_ones_are_not_removed(store):
    mine = {(await store.put(stream(content))).key for content in (b"one", b"two")}
    later, earlier = clock.now() + timedelta(hours=1), clock.now() - timedelta(hours=1)
    assert {key async for keys in store.keys(later) for key in keys} == mine
    assert {key async for keys in store.keys(earlier) for key in keys} == set()
    gone, stays = sorted(mine)
    assert not await store.delete_old(stays, earlier)
    assert await store.delete_old(gone, later)
    assert not await store.delete_old(gone, later)
    assert [await store.exists(key) for key in (gone, stays)] == [False, True]


async def test_what_is_refused_on_arrival_leaves_nothing(settings, s3):
    def refuse(file):
        assert file.read() == b"whole"
        raise BadInputError("no")

    for store in (make_store(settings), make_store(replace(settings, s3=s3[0]))):
        with pytest.raises(BadInputError):
            await store.put(stream(b"who", b"le"), look=refuse)
    assert files(settings.documents_dir) == []
    assert objects(s3) == []
