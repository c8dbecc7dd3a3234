"""200 uploads of 25 MB at once, on a website of one process: what other pages feel, and what memory it takes.

    python benchmarks/uploads.py [--uploads 200] [--megabytes 25]

The uploads arrive as fast as 200 suppliers on 16 Mbit/s each send, or as fast as the machine takes them. The other
pages are asked for by a process of their own: one that also sends is too busy to look at its clock.
"""

import argparse
import asyncio
import multiprocessing
import os
import socket
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from multiprocessing.connection import Connection
from pathlib import Path

import httpx
from bench import WHO, Table

from portal import embedded
from portal.db import Database
from portal.migrations.run import migrate
from portal.models.people import Person, Role
from portal.models.suppliers import Supplier
from portal.settings import Settings
from portal.web import session

CHUNK = 64 * 1024
RATE = 2_000_000  # bytes a second, of one supplier
QUIET = 15.0  # seconds of looking at pages while nothing else is asked
SPAWN = multiprocessing.get_context("spawn")
ROOT = Path(__file__).resolve().parent.parent


async def measure(uploads: int, megabytes: int, table: Table) -> None:
    print(f"Uploads, {uploads} of {megabytes} MB at once", flush=True)
    with embedded.temporary() as server, tempfile.TemporaryDirectory() as folder:
        settings = Settings(data_dir=Path(folder))
        database = Database(server.url("assay"), settings)
        await migrate(database)
        async with website(database, settings, Path(folder)) as (address, pid, cookies, headers):
            limits = httpx.Limits(max_connections=uploads + 20)
            async with httpx.AsyncClient(
                base_url=address, cookies=cookies, headers=headers, timeout=600, limits=limits
            ) as browser:
                async with looking(address, cookies) as found:
                    await asyncio.sleep(QUIET)
                before = memory(pid)
                async with looking(address, cookies) as found:
                    await asyncio.sleep(QUIET)
                idle = list(found)
                began = time.perf_counter()
                peak = asyncio.create_task(highest(pid))
                async with looking(address, cookies) as found:
                    os.nice(10)  # suppliers' computers are others than the portal's
                    sending = [
                        asyncio.create_task(send(browser, n, megabytes * 1_000_000)) for n in range(uploads)
                    ]
                    answers = await asyncio.gather(*sending)
                    taken = time.perf_counter() - began
                seen = list(found)
                peak.cancel()
                with suppress(asyncio.CancelledError):
                    await peak
        await database.close()
    p99, quiet = (statistics.quantiles(each, n=100)[98] for each in (seen, idle))
    table.add("p99 of other pages while they arrive", p99, "p99 before", quiet, "≤ 1.5×")
    half, quiet_half = statistics.median(seen), statistics.median(idle)
    table.add(f"half of them, of {len(seen)}", half, "half before", quiet_half, "")
    table.note("the slowest of them", f"{max(seen) * 1000:.0f} ms")
    grown = (HIGHEST[0] - before) / uploads
    table.note("memory of the website for each upload under way", f"{grown:.2f} MB", "≤ 2 MB")
    table.note("other pages that were refused meanwhile", str(REFUSED[0]), "0")
    table.note("uploads that were taken", f"{answers.count(200)} of {uploads}", "all")
    table.note("all of them in", f"{taken:.0f} s, {uploads * megabytes / taken:.0f} MB/s")


HIGHEST = [0.0]
REFUSED = [0]  # pages that had no turn at the database


async def highest(pid: int) -> None:
    while True:
        HIGHEST[0] = max(HIGHEST[0], memory(pid))
        await asyncio.sleep(0.2)


@asynccontextmanager
async def looking(address: str, cookies: dict[str, str]) -> AsyncIterator[list[float]]:
    """Ask for a page over and over while the block lasts; afterwards the list has the seconds of each."""
    found: list[float] = []
    said, asks = multiprocessing.Pipe()
    looker = SPAWN.Process(target=look, args=(asks, address, cookies))
    looker.start()
    await asyncio.to_thread(said.recv)
    yield found
    said.send("enough")
    taken, refused = await asyncio.to_thread(said.recv)
    found += taken
    REFUSED[0] += refused
    looker.join()


def look(asks: Connection, address: str, cookies: dict[str, str]) -> None:
    """Time pages, one after another with a short rest, until somebody says that it is enough."""
    taken, refused = [], 0
    with httpx.Client(base_url=address, cookies=cookies, timeout=60) as browser:
        asks.send("ready")
        while not asks.poll(0.02):
            began = time.perf_counter()
            refused += browser.get("/documents").status_code != 200
            taken.append(time.perf_counter() - began)
    asks.send((taken, refused))


async def send(browser: httpx.AsyncClient, number: int, size: int) -> int:
    boundary = b"benchmark"
    head = b"--" + boundary + b'\r\nContent-Disposition: form-data; name="file"; filename="lots.txt"\r\n\r\n'
    tail = b"\r\n--" + boundary + b"--\r\n"

    async def body() -> AsyncIterator[bytes]:
        yield head
        line = f"{number:>15}\n".encode()
        block, left, began = line * (CHUNK // 16), size, time.monotonic()
        while left > 0:
            yield block[:left]
            left -= len(block)
            # As a supplier's line has it: without a rest one sender would keep this process busy.
            await asyncio.sleep(max(0.0, (size - left) / RATE - (time.monotonic() - began)))
        yield tail

    length = str(len(head) + size + len(tail))
    kind = f"multipart/form-data; boundary={boundary.decode()}"
    headers = {"content-type": kind, "content-length": length, "hx-request": "true"}
    return (await browser.post("/documents", content=body(), headers=headers)).status_code


def memory(pid: int) -> float:
    """MB that a process holds now."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    except FileNotFoundError:  # a helper that has just ended
        return 0.0
    for line in lines:
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0


def children(pid: int) -> list[int]:
    return [
        int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    ]


@asynccontextmanager
async def website(
    database: Database, settings: Settings, folder: Path
) -> AsyncIterator[tuple[str, int, dict[str, str], dict[str, str]]]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    async with database.work(WHO) as db:
        supplier = Supplier(number="1", name="Acme Castings")
        db.add(supplier)
        await db.flush()
        person = Person(
            email="t@example.test", name="Tomasz", role=Role.SUPPLIER_MEMBER, supplier_id=supplier.id
        )
        db.add(person)
        await db.flush()
        token = await session.start(db, settings, person.id, address="127.0.0.1", agent="benchmark")
    async with database.gate() as db:
        who = await session.find(db, settings, token)
    assert who is not None
    address = f"http://127.0.0.1:{port}"
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "portal.cli", "serve", "--port", str(port)),
        cwd=ROOT,
        env={
            **os.environ,
            "DATABASE_URL": database.url.render_as_string(hide_password=False),
            "ASSAY_BASE_URL": address,
            "ASSAY_DATA_DIR": str(folder),
            "ASSAY_SUPPLIER_QUOTA_MB": "100000",
        },
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with httpx.AsyncClient() as probe_client:
            while True:
                with suppress(httpx.HTTPError):
                    if (await probe_client.get(f"{address}/health/ready")).status_code == 200:
                        break
                await asyncio.sleep(0.2)
        heaviest = max(children(process.pid), key=memory)
        cookies, headers = {f"assay_{port}": token}, {"x-csrf-token": who.csrf_token}
        yield address, heaviest, cookies, headers
    finally:
        process.terminate()
        await process.wait()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--uploads", type=int, default=200)
    parser.add_argument("--megabytes", type=int, default=25)
    given = parser.parse_args()
    table = Table()
    asyncio.run(measure(given.uploads, given.megabytes, table))
    table.show()


if __name__ == "__main__":
    main()
