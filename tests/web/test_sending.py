"""While a file is on its way its request asks for nothing that others need."""

from contextlib import AsyncExitStack

import pytest

from tests.conftest import visits
from tests.factories import files
from tests.people import TESTER, invite_everybody

HEAD = b'--b\r\nContent-Disposition: form-data; name="files"; filename="a.pdf"\r\n\r\n'
CSV = b"Order;Item;Qty;Date\n" + b"4711;10;5;2026-11-20\n" * 20


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/documents", 200),
        ("/suppliers/104417/documents?csrf_token={token}", 303),
        ("/certificates/files?csrf_token={token}", 303),
        ("/suppliers/104417/documents?csrf_token={token}&once=7", 303),
        ("/disputes?csrf_token={token}", 404),
        ("/imports?csrf_token={token}&once=7", 303),
    ],
)
async def test_a_file_that_streams_in_holds_no_connection_to_the_database(fresh, settings, path, status):
    async with fresh.work(TESTER) as db:
        cast = await invite_everybody(db)
    held = []

    async def body():
        content = CSV if path.startswith("/imports") else files.pdf()
        if content == CSV:
            yield b'--b\r\nContent-Disposition: form-data; name="kind"\r\n\r\ndeliveries\r\n'
        yield HEAD + content[:100]
        held.append(fresh.engine.pool.checkedout())
        yield content[100:]
        held.append(fresh.engine.pool.checkedout())
        yield b"\r\n--b--\r\n"

    async with AsyncExitStack() as stack:
        sender = cast.elin if path.startswith("/imports") else cast.tomasz
        browser = await (await visits(stack, fresh, settings))(sender)
        answer = await browser.post(
            path.format(token=browser.headers["x-csrf-token"]),
            content=body(),
            headers={"content-type": "multipart/form-data; boundary=b"},
        )
    assert held == [0, 0]
    assert answer.status_code == status
