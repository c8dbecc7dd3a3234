"""A mail server on loopback that does what a test says, and keeps what it took."""

import asyncio
import contextlib
import socket
from contextlib import asynccontextmanager
from email import message_from_bytes, policy

from aiosmtpd.smtp import SMTP

from portal.settings import Smtp

OK = "250 OK"


class Postbox:
    """Answers are taken from ``rcpt`` and ``data`` one after the other, then everything is accepted.

    An answer is a line, or a coroutine function of the server that gives one.
    """

    def __init__(self):
        self.rcpt = []
        self.data = []
        self.taken = []
        self.sessions = 0
        self.hellos = []
        self.senders = []

    async def handle_EHLO(self, server, session, envelope, hostname, responses):  # noqa: N802 # aiosmtpd's name
        self.sessions += 1
        self.hellos.append(hostname)
        session.host_name = hostname
        return responses

    async def handle_MAIL(self, server, session, envelope, address, options):  # noqa: N802
        self.senders.append(address)
        envelope.mail_from = address
        return OK

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802
        answer = await self._next(self.rcpt, server)
        if answer.startswith("2"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        self.taken.append(message_from_bytes(envelope.content, policy=policy.default))
        answer = await self._next(self.data, server)
        if not answer.startswith("2"):
            self.taken.pop()
        return answer

    @staticmethod
    async def _next(answers, server):
        answer = answers.pop(0) if answers else OK
        return await answer(server) if callable(answer) else answer

    @property
    def ids(self):
        return [mail["Message-ID"] for mail in self.taken]


async def drop(server):
    """Take the content and break the connection instead of an answer."""
    server.transport.abort()
    return OK


async def hang(server):
    await asyncio.sleep(3600)


@asynccontextmanager
async def listening(box, *, tls=None, tls_always=False, port=0, **options):
    """Give the Smtp settings of a running server."""
    sessions = []

    def session():
        options.setdefault("enable_SMTPUTF8", True)
        sessions.append(SMTP(box, hostname="mail.test", tls_context=None if tls_always else tls, **options))
        return sessions[-1]

    loop = asyncio.get_running_loop()
    server = await loop.create_server(session, "127.0.0.1", port, ssl=tls if tls_always else None)
    try:
        yield Smtp("127.0.0.1", server.sockets[0].getsockname()[1], tls="never")
    finally:
        server.close()
        for each in sessions:
            if each.transport is not None:
                with contextlib.suppress(AttributeError):  # Python 3.11.2 drops a closed TLS connection twice
                    each.transport.abort()
            if each._handler_coroutine is not None:
                each._handler_coroutine.cancel()
        await server.wait_closed()


def nobody():
    """Give the settings of a port where nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return Smtp("127.0.0.1", probe.getsockname()[1], tls="never")
