"""A portal reduced to its database: starts it, says in one line how that went, waits to be killed."""

import json
import sys
from pathlib import Path

from portal.embedded import EmbeddedError, start


def say(**words):
    sys.stdout.write(json.dumps(words) + "\n")
    sys.stdout.flush()


try:
    with start(Path(sys.argv[1]), for_tests=True) as server:
        say(pid=server.pid, dsn=server.dsn(), log=str(server.log))
        sys.stdin.read()
except EmbeddedError as refusal:
    say(refused=type(refusal).__name__, sentence=str(refusal))
