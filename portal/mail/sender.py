"""Hand one mail to the mail server, and say what became of it."""

import asyncio
import contextlib
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import aiosmtplib
from aiosmtplib import (
    SMTPDataError,
    SMTPException,
    SMTPRecipientRefused,
    SMTPResponseException,
)

from portal.mail.render import one_line
from portal.settings import Smtp

# Seconds. A server may look at a mail for a while before it takes it.
TO_CONNECT = 15.0
TO_ANSWER = 30.0
TO_TAKE = 60.0
TO_PART = 2.0

# Answers that speak of our set-up: unknown command or order, sign in first, wrong password, encrypt first.
_OURS = {500, 501, 502, 503, 504, 523, 530, 534, 535, 538}
_LONGEST_ANSWER = 500
_STARTTLS = {"required": True, "offered": None, "never": False, "always": False}


@dataclass(frozen=True, slots=True)
class Envelope:
    """``sender`` and ``recipient`` are bare addresses; ``hello`` is what we call ourselves."""

    sender: str
    recipient: str
    content: bytes
    hello: str = "localhost"


@dataclass(frozen=True, slots=True)
class Taken:
    """The server has said that it has the mail."""

    answer: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The server will never take this mail for this address."""

    answer: str


@dataclass(frozen=True, slots=True)
class Later:
    """Not now. ``is_away``: no other mail would fare better."""

    answer: str
    is_away: bool = False


@dataclass(frozen=True, slots=True)
class Unknown:
    """The connection broke while the content went over: the server may have it."""

    answer: str


Outcome = Taken | Refused | Later | Unknown


async def hand_over(
    server: Smtp, envelope: Envelope, before_content: Callable[[], Awaitable[None]]
) -> Outcome:
    """Try once. ``before_content`` runs when the address is accepted and the content goes next."""
    try:
        client = await _connected(server, envelope.hello)
    except (SMTPException, OSError, TimeoutError, ssl.SSLError) as error:
        return Later(
            f"The mail server {server.host}:{server.port} could not be used: {_said(error)}", is_away=True
        )
    try:
        return await _speak(client, envelope, before_content)
    finally:
        with contextlib.suppress(SMTPException, OSError, TimeoutError):
            await client.quit(timeout=TO_PART)
        client.close()


async def _connected(server: Smtp, hello: str) -> aiosmtplib.SMTP:
    client = aiosmtplib.SMTP(
        hostname=server.host,
        port=server.port,
        username=server.user or None,
        password=server.password or None,
        local_hostname=hello,
        timeout=TO_ANSWER,
        use_tls=server.tls == "always",
        start_tls=_STARTTLS[server.tls],
    )
    try:
        async with asyncio.timeout(TO_CONNECT):
            await client.connect()
    except BaseException:
        client.close()
        raise
    return client


async def _speak(
    client: aiosmtplib.SMTP, envelope: Envelope, before_content: Callable[[], Awaitable[None]]
) -> Outcome:
    options, encoding = [], "ascii"
    if not envelope.recipient.isascii():
        if not client.supports_extension("smtputf8"):
            return Refused("Our mail server cannot write to an address with letters beyond a to z.")
        options, encoding = ["SMTPUTF8"], "utf-8"
    try:
        await client.mail(envelope.sender, options=options, encoding=encoding)
        await client.rcpt(envelope.recipient, encoding=encoding)
    except SMTPRecipientRefused as error:
        return _by_code(error)
    except (SMTPException, OSError, TimeoutError) as error:
        return Later(f"The mail server did not let us send: {_said(error)}", is_away=True)
    await before_content()
    try:
        answer = await client.data(envelope.content, timeout=TO_TAKE)
    except SMTPDataError as error:
        return _by_code(error)
    except (SMTPException, OSError, TimeoutError) as error:
        return Unknown(f"The connection broke while the mail went over: {_said(error)}")
    return Taken(_said_in(answer.code, answer.message))


def _by_code(error: SMTPResponseException) -> Outcome:
    if error.code >= 500 and error.code not in _OURS:
        return Refused(_said(error))
    return Later(_said(error), is_away=error.code in _OURS | {421})


def _said(error: BaseException) -> str:
    if isinstance(error, SMTPResponseException):
        return _said_in(error.code, error.message)
    return one_line(str(error) or type(error).__name__)[:_LONGEST_ANSWER]


def _said_in(code: int, message: str) -> str:
    return f"{code} {one_line(message)}"[:_LONGEST_ANSWER]
