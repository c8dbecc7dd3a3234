"""A file out of a form, as a stream: it goes where it is kept without being collected here first."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Any

from litestar import Request
from multipart import MultipartSegment  # type: ignore[import-untyped] # it ships no types

from portal.errors import BadInputError, TooLargeError
from portal.languages import N_
from portal.web import parts
from portal.web.filters import filesize

_LARGEST_FIELD = 65_536
_AROUND = 65_536  # bytes of a form besides its file


class Upload:
    """A form whose last field is a file. ``begin`` reads up to the file, ``chunks`` gives what it holds.

    The route handler must state ``request_max_body_size=None``: the limit is ours, with a sentence.
    """

    def __init__(self, request: Request[Any, Any, Any], *, limit: int) -> None:
        self._request = request
        self._limit = limit
        self._events: AsyncGenerator[Any, None] | None = None
        self.fields: dict[str, str] = {}
        self.file_name = ""

    async def begin(self) -> None:
        """Read the fields before the file; afterwards ``file_name`` is "" when none was chosen.

        Raises:
            TooLargeError: the form says that it is larger than the limit.
            BadInputError: it is no form with a file.
        """
        if not parts.boundary(self._request):
            raise BadInputError(N_("Choose a file and send the form again."))
        announced = self._request.content_length
        if announced is not None and announced > self._limit + _AROUND:
            raise self._too_large()
        self._events = parts.parsed(self._request)
        name, value = "", bytearray()
        async for event in self._events:
            if isinstance(event, MultipartSegment):
                name, value = event.name, bytearray()
                if event.filename is not None:
                    self.file_name = event.filename
                    return
            elif event:
                value += event
                if len(value) > _LARGEST_FIELD:
                    raise BadInputError(N_("A field of this form is too long."))
            else:
                self.fields[name] = value.decode("utf-8", "replace")

    async def chunks(self) -> AsyncIterator[bytes]:
        """Give the file's content, which ends with the form.

        Raises:
            TooLargeError: there is more of it than the limit.
            BadInputError: the sender went away in the middle.
        """
        if self._events is None or not self.file_name:
            return
        size = 0
        async with aclosing(self._events) as events:
            async for event in events:
                if event is None:
                    return
                size += len(event)
                if size > self._limit:
                    raise self._too_large()
                yield bytes(event)
        raise BadInputError(parts.BROKEN)

    def _too_large(self) -> TooLargeError:
        return TooLargeError(f"This file is larger than {filesize(self._limit)}.")
