import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from portal.embedded import account, binaries, find_binaries, place, temporary
from tests.faults.processes import HERE, ROOT, Ordinary, Portal, processes_below

REPOSITORY = str(HERE.parent.parent)


@pytest.fixture(autouse=True)
def own_state(monkeypatch):
    """What root puts into /var/lib goes to a folder of the test."""
    folder = Path(tempfile.mkdtemp(prefix="assay-state-"))
    folder.chmod(0o755)
    monkeypatch.setattr(binaries, "STATE", folder)
    monkeypatch.setattr(place, "STATE", folder)
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def folder():
    """A fresh folder that every account may pass through; nothing may run in it afterwards."""
    fresh = Path(tempfile.mkdtemp(prefix="assay-faults-"))
    fresh.chmod(0o755)
    yield fresh
    left = processes_below(fresh)
    for pid in left:
        os.kill(pid, signal.SIGKILL)
    shutil.rmtree(fresh)
    assert not left, f"left running: {left}"


@pytest.fixture(scope="session")
def once_made():
    with temporary() as server:
        server.stop()
        yield server.home.folder


@pytest.fixture
def made(folder, once_made):
    """A data folder with a database, for tests in which making it is not the point."""
    subprocess.run(["cp", "-a", once_made, folder / "data"], check=True)
    return folder / "data"


@pytest.fixture
def portals():
    """Starts `supervisor.py` in a process of its own, on request as an ordinary account."""
    started: list[Portal] = []

    def start(folder: Path, *, ordinary: Ordinary | None = None) -> Portal:
        python, env, extra = (
            sys.executable,
            os.environ | {"PYTHONPATH": os.pathsep.join([REPOSITORY, *sys.path])},
            {},
        )
        script = HERE / "supervisor.py"
        if ordinary:
            python, script, extra = ordinary.python, ordinary.source / "supervisor.py", ordinary.credentials
            env = {"PATH": os.defpath, "PGBIN": str(ordinary.programs), "PYTHONPATH": str(ordinary.source)}
        portal = Portal(
            subprocess.Popen(
                [python, script, folder],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                cwd="/",
                env=env,
                **extra,
            )
        )
        started.append(portal)
        return portal

    yield start
    for portal in started:
        portal.close()


@pytest.fixture
def ordinary(folder, own_state):
    """Ourselves; or, when we are root, `nobody`, with any Python that `nobody` may run."""
    source = folder / "source"
    shutil.copytree(Path(REPOSITORY) / "portal" / "embedded", source / "portal" / "embedded")
    shutil.copy(HERE / "supervisor.py", source)
    found = find_binaries(os.environ)
    if not ROOT:
        return Ordinary(os.geteuid(), os.getegid(), sys.executable, source, found.folder)
    entry = pwd.getpwnam("nobody")
    nobody = account.Account(entry.pw_uid, entry.pw_gid, dropped=True)
    check = "import sys; sys.exit(sys.version_info < (3, 11))"
    for python in (sys.executable, *(f"/usr/bin/python3{minor}" for minor in ("", ".11", ".12", ".13"))):
        if account.run(nobody, Path(python), "-c", check).returncode == 0:
            programs = binaries.within_reach(found, nobody).folder
            return Ordinary(nobody.uid, nobody.gid, python, source, programs)
    pytest.skip("nobody may run none of this machine's Pythons; run the tests as a normal user")
