import asyncio
import os
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def assay(fresh, tmp_path):
    """Start `assay` with its words as a process of its own, on this test's database."""

    async def start(*words, **env):
        url = fresh.url.set(drivername="postgresql").render_as_string(hide_password=False)
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "portal.cli",
            *words,
            cwd=ROOT,
            env={**os.environ, "DATABASE_URL": url, "ASSAY_DATA_DIR": str(tmp_path / "assay"), **env},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )

    return start


@pytest.fixture
def said(assay):
    """Run `assay` to its end: exit status, standard output, standard error."""

    async def run(*words, **env):
        process = await assay(*words, **env)
        out, err = await asyncio.wait_for(process.communicate(), 60)
        return process.returncode, out.decode(), err.decode()

    return run
