"""Closed while the mail server is away, so that a worker's other jobs do not wait behind its time-outs."""

from datetime import datetime, timedelta

from portal import clock

FIRST = timedelta(seconds=30)
LONGEST = timedelta(minutes=5)
ONE_TRIES = timedelta(minutes=3)  # longer than a try may take
BEHIND_ONE = timedelta(seconds=15)


class Gate:
    """Each worker has one. After a fault it stays closed for a while; then one mail goes first, and the
    others wait for what comes of it.
    """

    def __init__(self) -> None:
        self._pause = FIRST
        self._closed_until: datetime | None = None
        self._one_tries = False

    def wait(self) -> timedelta:
        """Say how long a mail has to wait; zero lets it through."""
        now = clock.now()
        if self._closed_until is None:
            return timedelta()
        if now < self._closed_until:
            return BEHIND_ONE if self._one_tries else self._closed_until - now
        self._closed_until, self._one_tries = now + ONE_TRIES, True
        return timedelta()

    def close(self) -> None:
        """Wait longer after each fault; those that were under way together count as one."""
        now = clock.now()
        if self._closed_until is not None and now < self._closed_until and not self._one_tries:
            return
        self._closed_until, self._one_tries = now + self._pause, False
        self._pause = min(self._pause * 2, LONGEST)

    def open(self) -> None:
        self._pause, self._closed_until, self._one_tries = FIRST, None, False
