"""A form with files, any number of them, as one stream: each goes where it is kept while it arrives.

    sent = await sent_files.read(request, keep)

The token is in the address: the body must not be read before it has been checked. The route handler states
``request_max_body_size=None``: the limits are ours, with sentences.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from typing import Any, Generic, NamedTuple, TypeVar

from litestar import Request
from litestar.datastructures import FormMultiDict
from multipart import MultipartSegment  # type: ignore[import-untyped] # it ships no types

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
    request: Request[Any, Any, Any], keep: Keep[Kept], *, limit: int, most_files: int = 1
) -> Sent[Kept]:
    """Read a form to its end.

    Args:
        request: multipart, or an ordinary form, which then has no files.
        keep: is called for each file, in the order of the form.
        limit: bytes of one file.
        most_files: further ones are refused.

    Raises:
        TooLargeError: the form announces, or has, more than so many files can have.
        BadInputError: it broke off in the middle.
    """
    if not arriving.boundary(request):
        return Sent(await request.form(), [], [])
    announced = request.content_length
    if announced is not None and announced > limit * most_files + _LARGEST_FIELDS:
        raise TooLargeError(too_large(limit))
    form = _Form(request, limit)
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
                    if error.status not in {413, 422}:
                        raise
                    refused.append(Refused(part.filename, error.sentence, error.status))
    return Sent(FormMultiDict(fields), kept, refused)


def too_large(limit: int) -> str:
    return _(
        "This file is larger than %(limit)s. Make it smaller, or send it in parts.", limit=filesize(limit)
    )


class _Form:
    """The parts of a form, one after another; whatever of a part nobody read is passed over."""

    def __init__(self, request: Request[Any, Any, Any], limit: int) -> None:
        self._events = _parsed(request)
        self._limit = limit
        self._is_open = False

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
                yield event
            else:
                raise _broken()


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


def _broken() -> BadInputError:
    return BadInputError(_(arriving.BROKEN))
