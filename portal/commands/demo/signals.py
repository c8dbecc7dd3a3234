"""Ctrl-C, `kill` and a closed terminal: all of them ask for an orderly end."""

import signal
import threading
from types import FrameType, TracebackType
from typing import Self

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class StoppedError(BaseException):
    """Raised where the demo is just starting, so that whatever was begun is undone on the way out.

    Not an Exception: nobody who handles problems may take it for one.
    """


class Signals:
    """While something is being started a signal raises StoppedError; afterwards it is only noted."""

    def __init__(self) -> None:
        self.count = 0
        self._asked = threading.Event()
        self._raises = True
        self._before: dict[signal.Signals, object] = {}

    def __enter__(self) -> Self:
        for number in ENDING:
            self._before[number] = signal.signal(number, self._note)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)  # type: ignore[arg-type] # what signal.signal gave us

    def be_quiet(self) -> None:
        self._raises = False

    def wait(self, seconds: float) -> bool:
        """Wait, but not longer than until the end is asked for; whether it was."""
        self._raises = False
        return self._asked.wait(seconds)

    def _note(self, _number: int, _frame: FrameType | None) -> None:
        self.count += 1
        self._asked.set()
        if self._raises:
            self._raises = False
            raise StoppedError
