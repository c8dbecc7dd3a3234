"""A form with files, any number of them, as one stream: each goes where it is kept while it arrives.

    sent = await sent_files.read(request, db, keep, limit=…)
    await once.begin(request, db, who)

The token is in the address: the body must not be read before it has been checked. The route handler states
``request_max_body_size=None``: the limits are ours, with sentences.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from typing import Any, Generic, NamedTuple, TypeVar

from litestar import Request
from litestar.datastructures import FormMultiDict
from multipart import MultipartSegment  # type: ignore[import-untyped] # it ships no types
from sqlalchemy.ext.asyncio import AsyncSession

from portal.db import let_go
from portal.errors import BadInputError, RefusalError, TooLargeError
from portal.languages import _
from portal.web import parts as arriving
from portal.web.filters import filesize

_LARGEST_FIELD = 65_536
_LARGEST_FIELDS = 1_000_000  # bytes of all fields together

Kept = TypeVar("Kept")
Keep = Callable[[str, AsyncIterator[bytes]], Awaitable[Kept]]
"""Keeps one file by its name and content; what it refuses is told beside the file, and the rest goes on."""


class Refused(NamedTuple):
    name: str
    sentence: str
    status: int


class Sent(NamedTuple, Generic[Kept]):
    """What a form held: its fields, the files that were kept, and those that were refused."""

    data: FormMultiDict
    kept: list[Kept]
    refused: list[Refused]


async def read(
    request: Request[Any, Any, Any],
    db: AsyncSession,
    keep: Keep[Kept],
    *,
    limit: int,
    most_files: int = 1,
) -> Sent[Kept]:
    """Read a form to its end.

    A file may take minutes to arrive; as many as there are connections to the database would else stop
    everybody. So the request gives its own back first, and the request's key with it, which the caller takes
    again.

    Args:
        request: multipart, or an ordinary form, which then has no files.
        db: has only read so far.
        keep: is called for each file, in the order of the form.
        limit: bytes of one file.
        most_files: further ones are refused.

    Raises:
        TooLargeError: the form announces, or has, more than so many files can have.
        BadInputError: it broke off in the middle.
    """
    await let_go(db)
    if not arriving.boundary(request):
        return Sent(await request.form(), [], [])
    most = limit * most_files + _LARGEST_FIELDS
    if request.content_length is not None and request.content_length > most:
        raise TooLargeError(too_large(limit))
    form = _Form(request, limit, most)
    fields: list[tuple[str, Any]] = []
    kept: list[Kept] = []
    refused: list[Refused] = []
    room = _LARGEST_FIELDS
    async with aclosing(form.parts()) as parts:
        async for part in parts:
            if part.filename is None:
                value = await form.field()
                room -= len(value)
                if room < 0:
                    raise BadInputError(_("This form holds too much text."))
                fields.append((part.name, value))
            elif part.filename:
                try:
                    if len(kept) >= most_files:
                        raise BadInputError(_("Send at most %(most)s files at once.", most=most_files))
                    kept.append(await keep(part.filename, form.content()))
                except RefusalError as error:
                    if error.status not in {413, 422} or form.is_full:
                        raise
                    refused.append(Refused(part.filename, error.sentence, error.status))
    return Sent(FormMultiDict(fields), kept, refused)


def too_large(limit: int) -> str:
    return _(
        "This file is larger than %(limit)s. Make it smaller, or send it in parts.", limit=filesize(limit)
    )


class _Form:
    """The parts of a form, one after another; whatever of a part nobody read is passed over."""

    def __init__(self, request: Request[Any, Any, Any], limit: int, most: int) -> None:
        self._events = _parsed(request)
        self._limit = limit
        self._room = most  # whoever does not say how much comes could else send without end
        self._is_open = False

    @property
    def is_full(self) -> bool:
        return self._room < 0

    async def parts(self) -> AsyncGenerator[MultipartSegment, None]:
        async with aclosing(self._events) as events:
            async for event in events:
                if isinstance(event, MultipartSegment):
                    self._is_open = True
                    yield event
                    if self._is_open:
                        await self._pass_over()

    async def field(self) -> str:
        value = bytearray()
        async for chunk in self._rest():
            value += chunk
            if len(value) > _LARGEST_FIELD:
                raise BadInputError(_("A field of this form is too long."))
        return value.decode("utf-8", "replace")

    async def content(self) -> AsyncIterator[bytes]:
        size = 0
        async for chunk in self._rest():
            size += len(chunk)
            if size > self._limit:
                raise TooLargeError(too_large(self._limit))
            yield chunk

    async def _pass_over(self) -> None:
        async for _chunk in self._rest():
            pass

    async def _rest(self) -> AsyncIterator[bytes]:
        while self._is_open:
            event = await anext(self._events, None)
            if event is None:
                self._is_open = False
            elif event is not _END:
                self._room -= len(event)
                if self.is_full:
                    raise TooLargeError(too_large(self._limit))
                yield event
            else:
                raise BadInputError(_(arriving.BROKEN))


_END = object()


async def _parsed(request: Request[Any, Any, Any]) -> AsyncGenerator[Any, None]:
    """Give segments, their chunks, and None after each; _END when the form ends inside of one."""
    inside = False
    async with aclosing(arriving.parsed(request)) as events:
        async for event in events:
            inside = event is not None
            yield event
    if inside:
        yield _END
