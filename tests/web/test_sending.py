"""While a file is on its way its request asks for nothing that others need."""

from contextlib import AsyncExitStack

import pytest

from tests.conftest import visits
from tests.factories import files
from tests.people import TESTER, invite_everybody

HEAD = b'--b\r\nContent-Disposition: form-data; name="files"; filename="a.pdf"\r\n\r\n'


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/documents", 200),
        ("/suppliers/104417/documents?csrf_token={token}", 303),
        ("/certificates/files?csrf_token={token}", 303),
        ("/disputes?csrf_token={token}", 404),
    ],
)
async def test_a_file_that_streams_in_holds_no_connection_to_the_database(fresh, settings, path, status):
    async with fresh.work(TESTER) as db:
        cast = await invite_everybody(db)
    held = []

    async def body():
        content = files.pdf()
        yield HEAD + content[:100]
        held.append(fresh.engine.pool.checkedout())
        yield content[100:]
        held.append(fresh.engine.pool.checkedout())
        yield b"\r\n--b--\r\n"

    async with AsyncExitStack() as stack:
        browser = await (await visits(stack, fresh, settings))(cast.tomasz)
        answer = await browser.post(
            path.format(token=browser.headers["x-csrf-token"]),
            content=body(),
            headers={"content-type": "multipart/form-data; boundary=b"},
        )
    assert held == [0, 0]
    assert answer.status_code == status
