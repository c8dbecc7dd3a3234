"""Python processes that start at once: forked from one that has imported the portal already.

Importing takes seconds of processor time, and many tests start processes. What they get is a process like any
other: its own environment, files and signals, killed by its number. Only the import is shared.

    nursery = Nursery()
    child = await nursery.start("-m", "portal.cli", "doctor", env={…}, out=path, err=path)
    child.send_signal(signal.SIGTERM)
    status = await child.wait()  # as asyncio's processes: negative for a signal
"""

import asyncio
import contextlib
import faulthandler
import importlib
import json
import os
import runpy
import selectors
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
_LONGEST = 1_000_000  # bytes of a wish: words and environment
_PATIENCE = 30  # seconds for the parent to end; a test run that waits for ever tells nobody what failed


class Child:
    """A process that was asked for; ``returncode`` is None until somebody has waited for its end."""

    def __init__(self, pid: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._reader, self._writer = reader, writer
        self._end = asyncio.create_task(self._follow())

    async def wait(self) -> int:
        return await asyncio.shield(self._end)

    def send_signal(self, number: int) -> None:
        if self.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    async def _follow(self) -> int:
        status = await self._reader.readline()
        self.returncode = int(status) if status else -signal.SIGKILL  # its parent went and took it along
        self._writer.close()
        return self.returncode


class Nursery:
    """The parent of such processes, started with the first of them."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._door: socket.socket | None = None
        self._turn = threading.Lock()  # wishes of two threads must not run into each other

    async def start(self, *words: str, env: dict[str, str], out: Path | None = None, err: Path) -> Child:
        """Run ``python words…`` in the project's folder; what it prints goes to the files."""
        ours, theirs = socket.socketpair()
        wish = json.dumps({"words": words, "env": env, "out": str(out or os.devnull), "err": str(err)})
        with theirs:
            await asyncio.to_thread(self._ask, wish.encode(), theirs.fileno(), err)
        reader, writer = await asyncio.open_connection(sock=ours)
        return Child(int(await reader.readline()), reader, writer)

    def _open(self) -> None:
        self._door, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, __file__, str(theirs.fileno())],
                cwd=ROOT,
                env={**os.environ, "PYTHONPATH": str(ROOT)},
                pass_fds=[theirs.fileno()],
            )

    def _ask(self, wish: bytes, line: int, err: Path) -> None:
        err.touch()  # whoever looks at once finds it empty, not missing
        with self._turn:
            if self._process is None:
                self._open()
            socket.send_fds(self._door, [len(wish).to_bytes(4, "big")], [line])
            self._door.sendall(wish)

    def close(self) -> None:
        if self._process is not None:
            self._door.close()
            try:
                self._process.wait(_PATIENCE)
            except subprocess.TimeoutExpired:
                self._process.kill()
                raise


def _serve(door: socket.socket) -> None:
    """Fork a child for each wish until nobody can wish any more."""
    from portal.commands import COMMANDS  # noqa: PLC0415 - what takes long is imported here, once

    for module in ["portal.jobs.registry", *(f"portal.commands.{each.module}" for each in COMMANDS)]:
        importlib.import_module(module)
    woken, wake = socket.socketpair()
    woken.setblocking(False)
    wake.setblocking(False)
    signal.set_wakeup_fd(wake.fileno())
    signal.signal(signal.SIGCHLD, lambda *_: None)
    lines: dict[int, socket.socket] = {}
    with selectors.DefaultSelector() as waiting:
        waiting.register(door, selectors.EVENT_READ)
        waiting.register(woken, selectors.EVENT_READ)
        while True:
            for key, _ in waiting.select():
                if key.fileobj is woken:
                    woken.recv(4096)
                    _tell_ends(lines)
                elif not _take_in(door, lines):
                    for pid in lines:
                        os.kill(pid, signal.SIGKILL)
                        os.waitpid(pid, 0)
                    return


def _take_in(door: socket.socket, lines: dict[int, socket.socket]) -> bool:
    head, fds, _, _ = socket.recv_fds(door, 4, 1)
    wish = b""
    while len(wish) < int.from_bytes(head, "big"):
        if not (more := door.recv(min(_LONGEST, int.from_bytes(head, "big") - len(wish)))):
            return False
        wish += more
    if not wish:
        return False
    line = socket.socket(fileno=fds[0])
    pid = os.fork()
    if pid == 0:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for each in (door, line, *lines.values()):
            each.close()
        _become(json.loads(wish))
    lines[pid] = line
    line.sendall(f"{pid}\n".encode())
    return True


def _tell_ends(lines: dict[int, socket.socket]) -> None:
    while lines:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if not pid:
            return
        with contextlib.suppress(BrokenPipeError), lines.pop(pid) as line:
            line.sendall(f"{os.waitstatus_to_exitcode(status)}\n".encode())


def _become(wish: dict[str, object]) -> None:
    """Be the process that was wished for, and end as it does."""
    for number, path in ((1, wish["out"]), (2, wish["err"])):
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        os.dup2(file, number)
        os.close(file)
    os.environ.clear()
    os.environ.update(wish["env"])
    faulthandler.enable()
    words = wish["words"]
    status = 0
    try:
        if words[0] == "-m":
            sys.argv = words[1:]
            runpy.run_module(words[1], run_name="__main__", alter_sys=True)
        else:
            sys.argv = words
            sys.path.insert(0, str(Path(words[0]).parent))
            runpy.run_path(words[0], run_name="__main__")
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:  # noqa: BLE001 - as the interpreter itself would
        sys.excepthook(*sys.exc_info())
        status = 1
    with contextlib.suppress(OSError):
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(status)


if __name__ == "__main__":
    _serve(socket.socket(fileno=int(sys.argv[1])))
