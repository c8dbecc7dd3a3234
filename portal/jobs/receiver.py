"""A mail server of our own for the addresses of ``portal/mail/addresses.py``; the worker runs it if told to.

It takes nothing for anybody else, relays nothing, and says no while the sender's server still listens: no
mail of ours goes to whoever was only pretended to have written.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import structlog
from aiosmtpd.smtp import SMTP, Envelope, Session

from portal.db import Database, is_unreachable
from portal.errors import RefusalError
from portal.settings import Settings
from portal.storage import DocumentStore
from portal.workflows import incoming

LARGEST = 25_000_000  # bytes
MOST_SESSIONS = 50
IDLE = 60.0  # seconds

LATER = "451 4.3.0 Not now, please try again later"
NOBODY = "550 5.1.1 There is no such address here"

log = structlog.get_logger()


class Receiver:
    """What aiosmtpd asks of a handler."""

    def __init__(self, database: Database, store: DocumentStore, settings: Settings) -> None:
        self._database = database
        self._store = store
        self._settings = settings

    async def handle_RCPT(  # noqa: N802 # aiosmtpd's name and arguments
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        try:
            if not await incoming.is_ours(self._database, self._settings, address):
                return NOBODY
        except Exception as error:  # noqa: BLE001 # the sender's server gets an answer, whatever it is
            return self._answer(error)
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        content: Any = envelope.content
        try:
            # Each of them on its own: what was filed for the first is not filed again when the second fails.
            for address in envelope.rcpt_tos:
                became = await incoming.receive(
                    self._database, self._store, self._settings, address, bytes(content)
                )
                log.info("mail.in", became=became, bytes=len(content))
        except Exception as error:  # noqa: BLE001 # as above
            return self._answer(error)
        return "250 2.0.0 OK"

    def _answer(self, error: Exception) -> str:
        if isinstance(error, RefusalError) and error.status < 500:
            sentence = error.sentence.encode("ascii", "replace").decode()
            return f"550 5.7.1 {sentence}"[:500]
        if not is_unreachable(error):
            log.error("mail.in_failed", exc_info=error)
        return LATER


@asynccontextmanager
async def listening(database: Database, store: DocumentStore, settings: Settings) -> AsyncIterator[int]:
    """Take mail in while inside; give the port."""
    handler = Receiver(database, store, settings)
    open_sessions: set[SMTP] = set()

    def session() -> SMTP:
        made = SMTP(
            handler,
            hostname=settings.inbound_domain,
            ident="ESMTP",
            data_size_limit=LARGEST,
            enable_SMTPUTF8=True,
            timeout=IDLE,
            loop=asyncio.get_running_loop(),
        )
        for each in [each for each in open_sessions if each.transport is None]:
            open_sessions.discard(each)
        open_sessions.add(made)
        return made

    host, _, port = settings.inbound_listen.rpartition(":")
    loop = asyncio.get_running_loop()
    server = await loop.create_server(session, host.strip("[]"), int(port), backlog=MOST_SESSIONS)
    bound: int = server.sockets[0].getsockname()[1]
    log.info("mail.listening", host=host, port=bound, domain=settings.inbound_domain)
    try:
        yield bound
    finally:
        server.close()
        for each in open_sessions:
            transport: Any = each.transport
            if transport is not None:
                with suppress(AttributeError):  # Python 3.11.2 drops a closed TLS connection twice
                    transport.abort()
        with suppress(TimeoutError):
            await asyncio.wait_for(server.wait_closed(), 5)
