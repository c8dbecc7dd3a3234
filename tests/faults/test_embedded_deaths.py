"""What is killed here really dies: the server, the portal, the processes a stale file names."""

import os
import signal
import subprocess
import threading
from contextlib import contextmanager

import pytest

from portal.embedded import (
    EmbeddedError,
    account,
    find_binaries,
    leftovers,
    place,
    start,
)
from portal.embedded import server as servers
from tests.faults.processes import (
    alive,
    ask,
    server_account,
)

pytestmark = pytest.mark.faults


async def test_a_killed_server_is_noticed_and_recovers(made):
    with start(made) as server:
        await ask(server, "CREATE TABLE kept AS SELECT 42 AS answer")
        first = server.pid
        os.kill(first, signal.SIGKILL)
        assert server.wait(10)
        assert not server.running
    assert leftovers.read(server.home.pid_file).pid == first
    with start(made) as server:
        assert leftovers.read(server.home.pid_file).pid == server.pid != first
        assert await ask(server, "SELECT answer FROM kept") == 42
    assert not server.home.pid_file.exists()


async def test_a_killed_portal_takes_its_server_with_it(made, portals):
    portal = portals(made)
    await ask(portal.said["dsn"], "CREATE TABLE kept AS SELECT 42 AS answer")
    portal.kill()
    with start(made) as server:  # at once, while the old one may still be shutting down
        assert not alive(portal.said["pid"])
        assert await ask(server, "SELECT answer FROM kept") == 42
        assert "received fast shutdown request" in server.log_tail(lines=100)
        assert "not properly shut down" not in server.log_tail(lines=100)


def test_a_portal_killed_while_it_makes_the_database_leaves_no_half(folder, portals):
    portal = portals(folder / "data")
    while not (folder / "data" / "cluster.new" / "PG_VERSION").exists():
        assert portal.process.poll() is None
    portal.kill()
    assert not (folder / "data" / "cluster").exists()
    with start(folder / "data", for_tests=True) as server:
        assert server.running
    assert not server.home.draft.exists()


def test_it_outlives_the_thread_that_started_it(made):
    held = []
    thread = threading.Thread(target=lambda: held.append(start(made, for_tests=True)))
    thread.start()
    thread.join()
    assert not held[0].wait(0.5)
    assert held[0].running
    held[0].stop()
    assert not held[0].running


def test_a_server_that_does_not_listen_is_stopped_all_the_same(made, monkeypatch):
    monkeypatch.setattr(servers, "PATIENCE", {signal.SIGINT: 0.2, signal.SIGQUIT: 0.2, signal.SIGKILL: 10.0})
    with start(made, for_tests=True) as server:
        os.kill(server.pid, signal.SIGSTOP)
    assert not server.running


def write_pid_file(home: place.Home, pid: int) -> None:
    """As a server that was killed leaves it, but with the number of `pid`."""
    lines = [str(pid), str(home.cluster), "1700000000", "5432", "/nowhere", "", "  1  1", "ready   "]
    home.pid_file.write_text("\n".join(lines) + "\n")
    os.chown(home.pid_file, home.cluster.stat().st_uid, home.cluster.stat().st_gid)
    home.pid_file.chmod(0o600)


@contextmanager
def dead():
    process = subprocess.Popen(["true"])
    process.wait()
    yield process.pid


@contextmanager
def zombie():
    process = subprocess.Popen(["true"], **server_account())
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    yield process.pid
    process.wait()


@contextmanager
def busy():
    process = subprocess.Popen(["sleep", "60"], **server_account())
    yield process.pid
    assert process.poll() is None, "a stranger was killed"
    process.kill()
    process.wait()


@contextmanager
def nameless():
    yield 0


@pytest.mark.parametrize("left_by", [dead, zombie, busy, nameless])
def test_a_stale_pid_file_is_no_obstacle(made, left_by):
    home = place.find(made)
    with left_by() as pid:
        write_pid_file(home, pid)
        if not pid:
            home.pid_file.write_text("")
        with start(made, for_tests=True) as server:
            assert leftovers.read(home.pid_file).pid == server.pid


def test_the_ready_of_another_process_is_not_ours(made):
    home = place.find(made)
    write_pid_file(home, os.getpid())
    assert leftovers.read(home.pid_file).status == "ready"
    assert not servers.EmbeddedServer(home, made, -1, home.log)._is_ready()


def test_a_server_that_nobody_owns_is_named_and_left_alone(made, monkeypatch):
    monkeypatch.setattr(leftovers, "PATIENCE", 0.3)
    home = place.find(made)
    postgres = find_binaries(os.environ).postgres
    words = [
        "-D",
        str(home.cluster),
        "-c",
        "listen_addresses=",
        "-c",
        f"unix_socket_directories={home.cluster}",
    ]
    who = account.choose(home.cluster.stat().st_uid)
    stranger = subprocess.Popen(
        account.command(who, postgres, *words, when_orphaned=signal.SIGQUIT),
        stderr=subprocess.DEVNULL,
        cwd="/",
    )
    while (found := leftovers.read(home.pid_file)) is None or found.status != "ready":
        assert stranger.poll() is None
    with pytest.raises(EmbeddedError, match=rf"still runs .* \(pid .*\b{stranger.pid}\b"):
        start(made)
    assert stranger.poll() is None
    stranger.send_signal(signal.SIGINT)
    assert stranger.wait(10) == 0
