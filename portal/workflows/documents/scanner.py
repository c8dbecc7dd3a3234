"""ClamAV's daemon, spoken to as it wants: INSTREAM, a file in chunks, one line back.

A file counts as clean only when the scanner has said so of all of it. Everything else is "not scanned", with
the reason.
"""

import asyncio
import socket
import struct
from collections.abc import AsyncIterable
from contextlib import suppress
from dataclasses import dataclass

import structlog

from portal.languages import N_
from portal.models.documents import ScanVerdict

TIMEOUT = 120.0  # seconds for one answer
CONNECT = 5.0
CHUNK = 262_144
_LONGEST = 4096  # bytes of an answer

NO_SCANNER = N_("No virus scanner is set up.")
AWAY = N_("The virus scanner did not answer.")
TOO_LARGE = N_("The file is too large for the virus scanner.")
FAILED = N_("The virus scanner could not read the file.")

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Scan:
    verdict: ScanVerdict
    note: str = ""  # what was found, or why nothing was looked for


async def scan(address: str, chunks: AsyncIterable[bytes]) -> Scan:
    """Have a file scanned; never raises for anything that the scanner does or fails to do."""
    if not address:
        return Scan(ScanVerdict.NOT_SCANNED, NO_SCANNER)
    try:
        async with asyncio.timeout(TIMEOUT):
            answer = await _ask(address, chunks)
    except (OSError, TimeoutError) as error:
        log.warning("documents.scanner", address=address, problem=str(error) or type(error).__name__)
        return Scan(ScanVerdict.NOT_SCANNED, AWAY)
    return _understood(answer)


async def _ask(address: str, chunks: AsyncIterable[bytes]) -> str:
    """Send all of it and give the answer.

    Over a plain socket: a scanner whose limit is passed answers and closes, which breaks our sending off, and
    a stream of asyncio would then throw away what it has said.
    """
    loop = asyncio.get_running_loop()
    said = b""
    with await asyncio.to_thread(_connected, address) as line:
        with suppress(ConnectionError):
            await loop.sock_sendall(line, b"zINSTREAM\0")
            async for chunk in chunks:
                for at in range(0, len(chunk), CHUNK):
                    piece = chunk[at : at + CHUNK]
                    await loop.sock_sendall(line, struct.pack("!L", len(piece)) + piece)
            await loop.sock_sendall(line, struct.pack("!L", 0))
        with suppress(ConnectionError):
            while len(said) < _LONGEST and (piece := await loop.sock_recv(line, _LONGEST)):
                said += piece
    return said.rstrip(b"\0\n").decode("utf-8", "replace")


def _connected(address: str) -> socket.socket:
    if address.startswith("/"):
        line = socket.socket(socket.AF_UNIX)
        line.settimeout(CONNECT)
        try:
            line.connect(address)
        except OSError:
            line.close()
            raise
    else:
        host, _, port = address.rpartition(":")
        line = socket.create_connection((host.strip("[]"), int(port)), CONNECT)
    line.setblocking(False)
    return line


def _understood(answer: str) -> Scan:
    said = answer.removeprefix("stream: ")
    if said == "OK":
        return Scan(ScanVerdict.CLEAN)
    if said.endswith(" FOUND"):
        name = said.removesuffix(" FOUND")
        # With its option AlertExceedsMax the scanner reports a limit as if it were a finding.
        if name.startswith("Heuristics.Limits.Exceeded"):
            return Scan(ScanVerdict.NOT_SCANNED, TOO_LARGE)
        return Scan(ScanVerdict.INFECTED, name[:200])
    log.warning("documents.scanner", problem=said[:200] or "it closed without a word")
    if "size limit exceeded" in said:
        return Scan(ScanVerdict.NOT_SCANNED, TOO_LARGE)
    return Scan(ScanVerdict.NOT_SCANNED, FAILED if said else AWAY)
