"""The website as `assay serve` runs it; at one moment of one request it stands still until a test kills it.

ASSAY_TEST_FOLDER is where it writes its process id, and "standing" when it stands. The moment is after the
commit and before the first byte of the answer to a POST that asks for it with the header x-stand-still.
"""

import asyncio
import os
import sys
from pathlib import Path
from typing import Any

from granian.constants import Interfaces
from granian.server import Server

from portal.commands import serve


def application() -> Any:
    asgi = serve.application()
    folder = Path(os.environ["ASSAY_TEST_FOLDER"])
    (folder / "pid").write_text(str(os.getpid()))

    async def standing(scope: Any, receive: Any, send: Any) -> None:
        asked = any(name == b"x-stand-still" for name, _ in scope.get("headers", ()))

        async def held_back(message: Any) -> None:
            if asked and message["type"] == "http.response.start":
                (folder / "standing").write_text(str(message["status"]))
                await asyncio.Event().wait()
            await send(message)

        await asgi(scope, receive, held_back)

    return standing


if __name__ == "__main__":
    Server(
        "tests.faults.standing_web:application",
        factory=True,
        address="127.0.0.1",
        port=int(sys.argv[1]),
        workers=1,
        interface=Interfaces.ASGI,
        respawn_failed_workers=True,
    ).serve()
