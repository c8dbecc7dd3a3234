"""The command `assay`: one sub-command each for what an administrator, a scheduler or a demo needs."""

import argparse
import asyncio
import sys
from collections.abc import Callable, Sequence

from portal import logs, settings
from portal.commands import COMMANDS
from portal.embedded import EmbeddedError
from portal.errors import RefusalError
from portal.settings import Settings, SettingsError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a sub-command; problems that have a sentence end with it and status 1, without a traceback."""
    parser = argparse.ArgumentParser(prog="assay", description="Supplier quality portal")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for command in COMMANDS:
        sub = commands.add_parser(command.name, help=command.help, description=command.help)
        command.arguments(sub)
        sub.set_defaults(run=command.run)
    chosen = parser.parse_args(arguments)
    run: Callable[[argparse.Namespace, Settings], int] = chosen.run
    try:
        config = settings.read()
        logs.configure(config.log_format)
        return run(chosen, config)
    except (SettingsError, EmbeddedError) as problem:
        print(f"assay: {problem}", file=sys.stderr)
    except RefusalError as refused:
        print(f"assay: {refused.sentence}", file=sys.stderr)
    except asyncio.CancelledError:
        print("assay: stopped.", file=sys.stderr)
    except KeyboardInterrupt:
        return 130
    return 1


if __name__ == "__main__":
    sys.exit(main())
