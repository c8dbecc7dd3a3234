import asyncio
import os
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def environment(fresh, tmp_path):
    """What `assay` finds: this test's database, and a folder of its own."""
    url = fresh.url.set(drivername="postgresql").render_as_string(hide_password=False)
    return {**os.environ, "DATABASE_URL": url, "ASSAY_DATA_DIR": str(tmp_path / "assay")}


@pytest.fixture
def assay(environment):
    """Start `assay` with its words as a process of its own, on this test's database."""

    async def start(*words, **env):
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "portal.cli",
            *words,
            cwd=ROOT,
            env={**environment, **env},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )

    return start


@pytest.fixture
def said(environment, nursery, tmp_path):
    """Run `assay` to its end: exit status, standard output, standard error."""

    async def run(*words, **env):
        out, err = tmp_path / "out", tmp_path / "err"
        for file in (out, err):
            file.unlink(missing_ok=True)
        words = ("-m", "portal.cli", *words)
        process = await nursery.start(*words, env={**environment, **env}, out=out, err=err)
        status = await asyncio.wait_for(process.wait(), 60)
        return status, out.read_text(), err.read_text()

    return run
