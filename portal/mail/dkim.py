"""Sign mails, so that whoever gets one can tell that it is ours and unchanged (RFC 6376)."""

import asyncio

import dkim  # type: ignore[import-untyped] # it ships no types

from portal.settings import Dkim

# What a reader sees, and what makes a mail program act. Signed twice where a second one could be added.
_HEADERS = [
    *(b"From", b"To", b"Reply-To", b"Subject", b"Date", b"Message-ID", b"MIME-Version", b"Content-Type"),
    *(b"List-Unsubscribe", b"List-Unsubscribe-Post", b"From", b"Subject"),
]


async def signed(content: bytes, with_key: Dkim | None) -> bytes:
    """Give a mail with its signature before it; unchanged when there is no key."""
    if with_key is None:
        return content
    header = await asyncio.to_thread(
        dkim.sign,
        content,
        with_key.selector.encode(),
        with_key.domain.encode(),
        with_key.key,
        canonicalize=(b"relaxed", b"relaxed"),
        include_headers=_HEADERS,
    )
    return bytes(header) + content
