"""The website and the worker as processes of their own, watched, and never left behind."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from portal import settings
from portal.embedded.account import LAUNCHER

STARTS_WITHIN = 90.0  # seconds, on a slow machine that has much else to do
PATIENCE = 20.0  # seconds to finish what is in flight


class EndedError(Exception):
    """Something that should run has ended; the sentence says what, and where to read why."""


class Child:
    def __init__(self, name: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
        self.name = name
        self.process = process
        self.log = log

    def check(self) -> None:
        status = self.process.poll()
        if status is not None:
            how = f"was killed by signal {-status}" if status < 0 else f"ended with status {status}"
            raise EndedError(f"The {self.name} {how}. Its log is {self.log}." + self._last_words())

    def wait_for(self, is_ready: Callable[[], bool]) -> None:
        """Wait until it is ready.

        Raises:
            EndedError: it ended, or took too long.
        """
        deadline = time.monotonic() + STARTS_WITHIN
        while not is_ready():
            self.check()
            if time.monotonic() > deadline:
                raise EndedError(
                    f"The {self.name} was not ready after {STARTS_WITHIN:.0f} seconds. Its log is {self.log}."
                    + self._last_words()
                )
            time.sleep(0.05)

    def signal(self, number: signal.Signals) -> None:
        """To all its processes: each child leads a group of its own."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, number)

    def _last_words(self) -> str:
        with contextlib.suppress(OSError):
            lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-5:]
            return "".join(f"\n  {line}" for line in lines)
        return ""


class Children:
    def __init__(self, environment: dict[str, str], logs: Path) -> None:
        self._environment = {**os.environ, **environment}
        self._logs = logs
        self._all: list[Child] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self, name: str, *arguments: str) -> Child:
        """Start `assay …` so that it is told to end when we are gone, however we went."""
        log = self._logs / f"{name}.log"
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW
        # The launcher arranges for the signal and becomes the program; -1: it stays the user we are.
        launched = [str(LAUNCHER), str(os.getpid()), str(int(signal.SIGTERM)), "-1", "-1"]
        with os.fdopen(os.open(log, flags, 0o600), "wb") as output:
            process = subprocess.Popen(  # noqa: S603 - our own program and arguments, no shell
                [sys.executable, "-I", "-S", *launched, sys.executable, "-m", "portal.cli", *arguments],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd=settings.ROOT,
                env=self._environment,
                start_new_session=True,  # the terminal's Ctrl-C is for us, who then stop them in order
            )
        child = Child(name, process, log)
        self._all.append(child)
        return child

    def check(self) -> None:
        for child in self._all:
            child.check()

    def stop(self, is_impatient: Callable[[], bool] = lambda: False) -> None:
        """Let all finish; whoever is not done in time, or when it gets urgent, is killed."""
        for child in self._all:
            if child.process.poll() is None:
                child.process.terminate()
        deadline = time.monotonic() + PATIENCE
        while any(child.process.poll() is None for child in self._all):
            if time.monotonic() > deadline or is_impatient():
                break
            time.sleep(0.05)
        for child in self._all:
            child.signal(signal.SIGKILL)  # also what a child that was killed itself has left running
            child.process.wait()
        self._all.clear()
