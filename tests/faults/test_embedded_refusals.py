"""What cannot work says why, and leaves what it found as it was."""

import os
import subprocess
from contextlib import contextmanager
from pathlib import Path

import pytest

from portal.embedded import (
    EmbeddedError,
    erase,
    find_binaries,
    place,
    start,
)
from tests.faults.processes import (
    ask,
    fill_up,
    mode,
    needs_root,
    sockets_of,
)

pytestmark = pytest.mark.faults


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
