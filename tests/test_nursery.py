"""Processes that tests start: several at once, and what becomes of them when the test process is gone."""

import asyncio
import os
import signal

import pytest

from tests.nursery import Nursery

SAY = "import os, sys, time; print(sys.argv[1], os.getpid(), flush=True); time.sleep(float(sys.argv[2]))"


async def test_many_wishes_at_once_each_get_their_own_process(nursery, tmp_path):
    script = tmp_path / "say.py"
    script.write_text(SAY)

    async def ask(word):
        out, err = tmp_path / f"{word}.out", tmp_path / f"{word}.err"
        # A wish of some size takes more than one piece.
        env = {**os.environ, "PADDING": word * 50_000}
        child = await nursery.start(str(script), word, "0", env=env, out=out, err=err)
        assert await child.wait() == 0
        assert out.read_text() == f"{word} {child.pid}\n"
        return child.pid

    assert len(set(await asyncio.gather(*(ask(f"w{number}") for number in range(12))))) == 12


async def test_closing_ends_the_parent_and_its_processes_even_in_the_middle_of_a_wish(tmp_path):
    script = tmp_path / "say.py"
    script.write_text(SAY)
    nursery = Nursery()
    child = await nursery.start(str(script), "long", "600", env=dict(os.environ), err=tmp_path / "err")
    nursery._door.sendall((1000).to_bytes(4, "big") + b"half")
    await asyncio.to_thread(nursery.close)
    assert nursery._process.returncode == 0
    assert await child.wait() == -signal.SIGKILL
    with pytest.raises(ProcessLookupError):
        os.kill(child.pid, 0)
