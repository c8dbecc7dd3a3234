"""A scanner that speaks clamd's own protocol, for tests: INSTREAM with its chunks, limits and answers.

It finds nothing but the EICAR test file, is everywhere, and says what the real one (tests/clam.py) says
rarely. What it says is what the manual (clamd(8), clamd.conf(5)) documents.
"""

import asyncio
import struct
from contextlib import asynccontextmanager

from tests.factories.files import EICAR


@asynccontextmanager
async def clamd(*, limit=1_000_000, says=None, hangs=False):
    """Give the address of a scanner. ``says`` is answered whatever comes; one that hangs answers nothing."""
    received = []

    async def answer(reader, writer):
        try:
            assert await reader.readuntil(b"\0") == b"zINSTREAM\0"
            content = b""
            while size := struct.unpack("!L", await reader.readexactly(4))[0]:
                content += await reader.readexactly(size)
                if len(content) > limit:
                    writer.write(b"INSTREAM size limit exceeded. ERROR\0")
                    return
            received.append(content)
            if hangs:
                await asyncio.sleep(60)
            found = b"stream: Win.Test.EICAR_HDB-1 FOUND\0" if EICAR in content else b"stream: OK\0"
            writer.write(says if says is not None else found)
        except (asyncio.IncompleteReadError, asyncio.CancelledError, ConnectionError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    try:
        host, port = server.sockets[0].getsockname()
        yield f"{host}:{port}", received
    finally:
        server.close()
