"""Work on files gives way to pages that are being made in the same process: somebody waits for those."""

import asyncio
from contextlib import suppress

_PATIENCE = 0.05  # seconds that a step waits for pages: where they never end, files go on slowly


class _Pages:
    """How many pages are being made, and whether there is none."""

    def __init__(self) -> None:
        self.count = 0
        self.none = asyncio.Event()
        self.none.set()


_PAGES = _Pages()


class Page:
    """A page that is being made, until its first byte."""

    def __init__(self, *, counts: bool) -> None:
        self._is_made = not counts
        if counts:
            _PAGES.count += 1
            _PAGES.none.clear()

    def made(self) -> None:
        if not self._is_made:
            self._is_made = True
            _PAGES.count -= 1
            if not _PAGES.count:
                _PAGES.none.set()


async def let_pages_go() -> None:
    """Wait until no page is being made, but not for ever."""
    if _PAGES.count:
        with suppress(TimeoutError):
            await asyncio.wait_for(_PAGES.none.wait(), _PATIENCE)
