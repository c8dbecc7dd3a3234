"""Documents as objects in an S3 store: AWS, Ceph, SeaweedFS, MinIO."""

import asyncio
import hashlib
import os
import shutil
import tempfile
from collections.abc import AsyncIterable, AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import IO, Any, BinaryIO, NamedTuple, cast

import boto3
import structlog
from boto3.exceptions import Boto3Error
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from portal import clock
from portal.errors import BusyError
from portal.settings import S3
from portal.storage.disk import sentences
from portal.storage.store import (
    CHUNK,
    KEYS,
    Invitation,
    Look,
    Stored,
    Threads,
    gathered,
    is_arrival,
    is_key,
    no_such_document,
    path_of,
    proven,
    refuse_other_content,
)

PART = 16 * 1_048_576  # bytes; a larger document goes up in parts of this size
YOUNG = timedelta(days=1)
ARRIVING = "arriving/"  # before the name of what browsers have sent
INVITED = 3600  # seconds in which sending must begin
READING = "reading-"  # folders with a copy for readers that need a file
_MISSING = {"404", "NoSuchKey", "NotFound"}

log = structlog.get_logger()


class S3Store:
    """One bucket. A document passes through an unnamed file in ``spool`` first, because its hash is its name.

    Unnamed: the system forgets it with the process, however that ends.
    """

    def __init__(self, config: S3, *, spool: Path) -> None:
        self._config = config
        self._spool = spool
        self.threads = Threads()

    @property
    def arrivals(self) -> "S3Arrivals | None":
        return S3Arrivals(self, self._config.public_url) if self._config.public_url else None

    @property
    def bucket(self) -> str:
        return self._config.bucket

    @property
    def place(self) -> str:
        return f"{self._config.endpoint or 'S3'}, bucket {self._config.bucket}"

    async def put(
        self, chunks: AsyncIterable[bytes], *, sha256: str | None = None, look: Look | None = None
    ) -> Stored:
        digest = hashlib.sha256()
        size = 0
        file = await self.threads.run(self._spool_file)
        try:
            async for chunk in gathered(chunks):
                await self.threads.in_turn(self._write, file, chunk, digest)
                size += len(chunk)
            key = digest.hexdigest()
            refuse_other_content(sha256, key)
            if look:
                await self.threads.in_turn(self._show, file, look)
            await self.threads.run(self._upload, file, key, size)
            return Stored(key, size, key)
        finally:
            await asyncio.shield(self.threads.run(_close, file))

    async def open(self, key: str) -> AsyncIterator[bytes]:
        reading = proven(self.read(path_of(key)), key)
        while (chunk := await self.threads.run(next, reading, None)) is not None:
            yield chunk

    @asynccontextmanager
    async def local_path(self, key: str) -> AsyncIterator[Path]:
        check = path_of(key)
        folder = await self.threads.run(self._reading_folder)
        try:
            path = Path(folder.name) / Path(check).name
            await self.threads.run(self._download, key, path)
            yield path
        finally:
            await asyncio.shield(self.threads.run(folder.cleanup))

    async def exists(self, key: str) -> bool:
        return await self.threads.run(self.head, path_of(key)) is not None

    async def part(self, key: str, first: int, last: int) -> AsyncIterator[bytes]:
        reading = self.read(path_of(key), f"bytes={first}-{last}")
        while (chunk := await self.threads.run(next, reading, None)) is not None:
            yield chunk

    async def delete(self, key: str) -> None:
        await self.threads.run(self.remove, path_of(key))

    async def delete_old(self, key: str, before: datetime) -> bool:
        """No store removes by age in one step: whoever puts the same content in between puts it too late."""
        found = await self.threads.run(self.head, path_of(key))
        if found is None or found.modified_at >= before:
            return False
        await self.delete(key)
        return True

    async def keys(self, before: datetime) -> AsyncIterator[list[str]]:
        pages = self.pages()
        while (page := await self.threads.run(next, pages, None)) is not None:
            names = [(each["Key"].rpartition("/")[2], each) for each in page.get("Contents", [])]
            yield [
                name for name, each in names if each["LastModified"] < before and _is_ours(each["Key"], name)
            ]

    def pages(self, prefix: str = "") -> Iterator[dict[str, Any]]:
        with self.sentences():
            yield from self.client.get_paginator("list_objects_v2").paginate(
                Bucket=self._config.bucket, Prefix=prefix, PaginationConfig={"PageSize": KEYS}
            )

    def remove(self, path: str) -> None:
        with self.sentences():
            self.client.delete_object(Bucket=self._config.bucket, Key=path)

    async def clear_unfinished(self, before: datetime) -> int:
        def clear() -> int:
            count = 0
            for left in self._spool.glob(f"{READING}*"):
                with suppress(FileNotFoundError):  # its reader has just finished
                    if left.stat().st_mtime < before.timestamp():
                        shutil.rmtree(left)
                        count += 1
            with self.sentences():
                pages = self.client.get_paginator("list_multipart_uploads")
                for page in pages.paginate(Bucket=self._config.bucket):
                    for upload in page.get("Uploads", []):
                        if upload["Initiated"] < before:
                            self.client.abort_multipart_upload(
                                Bucket=self._config.bucket, Key=upload["Key"], UploadId=upload["UploadId"]
                            )
                            count += 1
            return count

        return await self.threads.run(clear)

    @cached_property
    def client(self) -> Any:
        return boto3.client(
            "s3",
            endpoint_url=self._config.endpoint,
            region_name=self._config.region,
            aws_access_key_id=self._config.access_key,
            aws_secret_access_key=self._config.secret_key,
            config=Config(
                signature_version="s3v4",
                s3={"addressing_style": "path"},
                # Stores other than AWS's refuse the checksums that botocore adds by itself.
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
                connect_timeout=3,
                read_timeout=20,
                retries={"mode": "standard", "total_max_attempts": 3},
                max_pool_connections=32,
            ),
        )

    def _spool_file(self) -> IO[bytes]:
        with sentences(self._spool):
            self._spool.mkdir(mode=0o700, parents=True, exist_ok=True)
            return tempfile.TemporaryFile(dir=self._spool)

    def _reading_folder(self) -> "tempfile.TemporaryDirectory[str]":
        with sentences(self._spool):
            self._spool.mkdir(mode=0o700, parents=True, exist_ok=True)
            return tempfile.TemporaryDirectory(dir=self._spool, prefix=READING)

    def _write(self, file: IO[bytes], chunk: bytes, digest: "hashlib._Hash") -> None:
        with sentences(self._spool):
            file.write(chunk)
            file.flush()
        digest.update(chunk)

    def _show(self, file: IO[bytes], look: Look) -> None:
        with sentences(self._spool):
            file.seek(0)
        look(cast("BinaryIO", file))

    def _upload(self, file: IO[bytes], key: str, size: int) -> None:
        there = self.head(path_of(key))
        # What is old is sent again: that makes it young for whoever sweeps old orphans.
        if there and there.size == size and there.modified_at > clock.now() - YOUNG:
            return
        with self.sentences():
            self._send(file, path_of(key))
        there = self.head(path_of(key))
        if there is None or there.size != size:
            log.warning(
                "documents.s3", place=self.place, problem="an upload was answered well and is not there"
            )
            raise self._busy()

    def _send(self, file: IO[bytes], path: str) -> None:
        """Send a file; by name where it has one, because boto3 takes ten parts of any other into memory."""
        config = TransferConfig(multipart_threshold=PART, multipart_chunksize=PART, max_concurrency=2)
        name = Path(f"/proc/self/fd/{file.fileno()}")
        if name.exists():
            self.client.upload_file(str(name), self.bucket, path, Config=config)
            return
        with sentences(self._spool):
            file.seek(0)
        self.client.upload_fileobj(file, self.bucket, path, Config=config)

    def head(self, path: str) -> "_Head | None":
        with self.sentences():
            try:
                found = self.client.head_object(Bucket=self._config.bucket, Key=path)
            except ClientError as error:
                if _code(error) in _MISSING:
                    return None
                raise
            return _Head(found["ContentLength"], found["LastModified"])

    def read(self, path: str, part: str = "") -> Iterator[bytes]:
        wanted = {"Bucket": self._config.bucket, "Key": path, **({"Range": part} if part else {})}
        with self.sentences():
            try:
                body = self.client.get_object(**wanted)["Body"]
            except ClientError as error:
                if _code(error) in _MISSING:
                    raise no_such_document() from None
                raise
            try:
                while chunk := body.read(CHUNK):
                    yield chunk
            finally:
                body.close()

    def _download(self, key: str, path: Path) -> None:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            for chunk in proven(self.read(path_of(key)), key):
                with sentences(self._spool):
                    file.write(chunk)

    @contextmanager
    def sentences(self) -> Iterator[None]:
        """Turn every way in which a store can fail into the same sentence; the log has the cause."""
        try:
            yield
        except (BotoCoreError, Boto3Error, ClientError) as error:
            log.warning("documents.s3", place=self.place, problem=str(error))
            raise self._busy() from error

    def _busy(self) -> BusyError:
        return BusyError(
            "The document store does not answer. Nothing was lost. Try again in a few minutes.",
            retry_after=60,
        )


class S3Arrivals:
    """What browsers post to the bucket, under a form that we have signed (POST Policy).

    Whoever holds the form can send again while it is good. That changes nothing: what is judged is the copy
    that was taken in, under its hash.
    """

    def __init__(self, store: S3Store, public_url: str) -> None:
        self._store = store
        self._public_url = public_url

    async def invite(self, name: str, size: int) -> Invitation:
        return await self._store.threads.run(self._invite, _arrival(name), size)

    async def size(self, name: str) -> int | None:
        found = await self._store.threads.run(self._store.head, _arrival(name))
        return found.size if found else None

    async def beginning(self, name: str, size: int) -> bytes:
        part = self._store.read(_arrival(name), f"bytes=0-{size - 1}")
        return await self._store.threads.run(b"".join, part)

    async def take_in(self, name: str, look: Look) -> Stored:
        return await self._store.put(self._chunks(_arrival(name)), look=look)

    async def drop(self, name: str) -> None:
        await self._store.threads.run(self._store.remove, _arrival(name))

    async def names(self, before: datetime) -> AsyncIterator[list[str]]:
        pages = self._store.pages(ARRIVING)
        while (page := await self._store.threads.run(next, pages, None)) is not None:
            old = [each["Key"] for each in page.get("Contents", []) if each["LastModified"] < before]
            yield [path.removeprefix(ARRIVING) for path in old]

    def _invite(self, path: str, size: int) -> Invitation:
        fixed = {"Content-Type": "application/octet-stream", "success_action_status": "204"}
        with self._store.sentences():
            made = self._store.client.generate_presigned_post(
                self._store.bucket,
                path,
                Fields=fixed,
                Conditions=[
                    *({name: value} for name, value in fixed.items()),
                    ["content-length-range", size, size],
                ],
                ExpiresIn=INVITED,
            )
        return Invitation(f"{self._public_url}/{self._store.bucket}", made["fields"])

    async def _chunks(self, path: str) -> AsyncIterator[bytes]:
        reading = self._store.read(path)
        while (chunk := await self._store.threads.run(next, reading, None)) is not None:
            yield chunk


class _Head(NamedTuple):
    size: int
    modified_at: datetime


def _is_ours(path: str, name: str) -> bool:
    """Other objects of the bucket, such as those on their way in, are none of our documents."""
    return is_key(name) and path == path_of(name)


def _arrival(name: str) -> str:
    if not is_arrival(name):
        raise no_such_document()
    return f"{ARRIVING}{name}"


def _close(file: IO[bytes]) -> None:
    with suppress(OSError):  # a full disk is told of once
        file.close()


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))
