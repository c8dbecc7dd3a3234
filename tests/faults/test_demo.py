"""`assay demo` as a person runs it: started, started twice, stopped, killed, begun again."""

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import asyncpg
import httpx
import pytest

from portal import embedded, sample
from portal.commands.demo import ports
from portal.errors import NotReadyError
from tests.faults.processes import HERE, processes_below

# In one process: the second test finds the data of the first, or loads it anew where that did not run.
pytestmark = [pytest.mark.faults, pytest.mark.xdist_group("demo command")]
KEEP = """
    INSERT INTO commodity (code, name, created_at, updated_at, version)
    VALUES ('KEPT', 'Kept by a person', now(), now(), 1)
"""
KEPT = "SELECT count(*) FROM commodity WHERE code = 'KEPT'"
PATIENCE = 180  # seconds for a first start on a machine with much else to do


class Demo:
    """One `assay demo` in a process of its own; `said` grows while it speaks."""

    def __init__(self, data: Path, *arguments: str, **environment: str) -> None:
        self.data = data
        self.said = ""
        env = {name: value for name, value in os.environ.items() if not name.startswith("ASSAY_")}
        env |= {"ASSAY_DATA_DIR": str(data), "PYTHONPATH": str(HERE.parent.parent), **environment}
        env.pop("PYTHONDONTWRITEBYTECODE", None)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "portal.cli", "demo", "--no-browser", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=env,
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        for line in self.process.stdout:
            self.said += line

    def until(self, words: str) -> "Demo":
        deadline = time.monotonic() + PATIENCE
        while words not in self.said:
            assert self.process.poll() is None, self.said
            assert time.monotonic() < deadline, self.said
            time.sleep(0.05)
        return self

    def ready(self) -> "Demo":
        return self.until("Ctrl-C stops it")

    @property
    def address(self) -> str:
        return re.search(r"http://127\.0\.0\.1:\d+", self.said)[0]

    def end(self, number: signal.Signals) -> int:
        self.process.send_signal(number)
        return self.wait()

    def wait(self) -> int:
        status = self.process.wait(PATIENCE)
        self._reader.join()
        self.process.stdout.close()
        return status

    def left(self) -> list[int]:
        """Processes that work for this demo, after a moment to end."""
        deadline = time.monotonic() + 20
        while (found := _told_of(self.data)) and time.monotonic() < deadline:
            time.sleep(0.1)
        return found + processes_below(self.data)

    def child(self, name: str) -> int:
        """The process that the demo itself started for `assay NAME`."""
        children = [pid for pid in _told_of(self.data) if _parent(pid) == self.process.pid]
        return next(pid for pid in children if f"\0{name}\0" in _command(pid))

    def command_of(self, name: str) -> str:
        return _command(self.child(name))


def _command(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_bytes().decode()


def _parent(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def _told_of(data: Path) -> list[int]:
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            told = (process / "environ").read_bytes().split(b"\0")
            if f"ASSAY_DATA_DIR={data}".encode() in told:
                found.append(int(process.name))
    return found


@pytest.fixture(scope="session")
def bytecode(tmp_path_factory):
    """Where none may be written beside the sources, each of the many processes would compile all again."""
    return str(tmp_path_factory.mktemp("bytecode"))


@pytest.fixture(scope="module")
def home():
    """Where the demos of all tests keep their data: loading the sample takes long."""
    with tempfile.TemporaryDirectory(prefix="assay-demos-") as name:
        Path(name).chmod(0o755)  # the account that PostgreSQL runs as passes through
        yield Path(name)


@pytest.fixture
def demos(home, bytecode):
    started: list[Demo] = []

    def start(*arguments: str, name: str = "data", **environment: str) -> Demo:
        started.append(Demo(home / name, *arguments, PYTHONPYCACHEPREFIX=bytecode, **environment))
        return started[-1]

    yield start
    for demo in started:
        if demo.process.poll() is None:
            demo.process.kill()
        demo.process.wait()
        demo._reader.join()
        for pid in _told_of(demo.data):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


async def ask(data: Path, statement: str) -> object:
    connection = await asyncpg.connect(embedded.attach(data / "postgres"))
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


async def test_from_the_first_start_to_a_fresh_one(demos):
    # What the environment says about real servers is not for a demo.
    first = demos(
        DATABASE_URL="postgresql://real.invalid/assay",
        ASSAY_SMTP_URL="smtp://real.invalid",
        ASSAY_MAIL_FROM="real@real.invalid",
    ).ready()
    assert sample.PASS_PHRASE in first.said
    assert all(one.email in first.said for one in sample.SIGN_INS)
    async with httpx.AsyncClient(base_url=first.address, trust_env=False) as browser:
        assert "Sample data" in (await browser.get("/sign-in")).text
        answer = await browser.post(
            "/sign-in", data={"email": sample.SIGN_INS[0].email, "password": sample.PASS_PHRASE}
        )
        assert answer.status_code == 303
        assert f"assay_{httpx.URL(first.address).port}" in answer.headers["set-cookie"]
    await ask(first.data, KEEP)

    for arguments in ((), ("--fresh",)):
        second = demos(*arguments)
        assert second.wait() == 1
        assert f"already runs at {first.address}" in second.said

    elsewhere = demos(name="elsewhere").until("Making up suppliers")
    assert f"--port\0{httpx.URL(first.address).port}" not in elsewhere.command_of("serve")
    assert elsewhere.end(signal.SIGHUP) == 0
    assert elsewhere.left() == []
    with embedded.start(elsewhere.data / "postgres"):
        assert (await ask(elsewhere.data, "SELECT count(*) FROM supplier")) == 0  # nothing half loaded

    assert first.end(signal.SIGINT) == 0
    assert "The data stays" in first.said
    assert first.left() == []
    assert not (first.data / "demo-running.json").exists()

    again = demos("--port", "0").ready()
    assert "Making" not in again.said
    assert (await ask(again.data, KEPT)) == 1
    assert again.end(signal.SIGTERM) == 0
    assert again.left() == []

    fresh = demos("--fresh").ready()
    assert (await ask(fresh.data, KEPT)) == 0
    assert (await ask(fresh.data, "SELECT count(*) FROM supplier")) > 50
    assert fresh.end(signal.SIGINT) == 0


async def test_whatever_is_killed_it_is_said_and_nothing_stays_behind(demos):
    demo = demos(name="begun").until("Making the database")
    assert demo.end(signal.SIGTERM) == 0
    assert demo.left() == []

    for command, name in (("serve", "website"), ("worker", "worker")):
        demo = demos().ready()
        os.kill(demo.child(command), signal.SIGKILL)
        assert demo.wait() == 1
        assert f"The {name} was killed by signal 9" in demo.said
        assert demo.left() == []

    demo = demos().ready()
    demo.process.kill()
    demo.wait()
    assert demo.left() == []

    with embedded.start(demo.data / "postgres"):
        await ask(demo.data, "UPDATE organisation SET is_synthetic = false")
    refused = demos()
    assert refused.wait() == 1
    assert "holds real data" in refused.said
    (demo.data / "demo-data").unlink()
    refused = demos("--fresh")
    assert refused.wait() == 1
    assert "was not made by assay demo, so it stays" in refused.said
    assert (demo.data / "postgres").is_dir()


def test_a_port_that_somebody_listens_on_is_not_taken_whatever_they_share():
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind((ports.HOST, 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(NotReadyError, match=f"Port {port} is in use"), ports.take(port):
            pass


def test_a_port_is_kept_from_others_and_left_to_a_server_that_shares():
    with ports.take(0) as port:
        with pytest.raises(NotReadyError), ports.take(port):
            pass
        with socket.socket() as server:
            server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            server.bind((ports.HOST, port))
            server.listen()
            with socket.create_connection((ports.HOST, port), timeout=5):
                pass
    with ports.take(port) as again:  # although a connection was closed there a moment ago
        assert again == port


def test_a_port_out_of_range_is_refused_in_words(demos):
    demo = demos("--port", "70000")
    assert demo.wait() == 1
    assert "--port 70000 is no port" in demo.said
