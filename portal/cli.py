"""The command `assay`: one sub-command each for what an administrator, a scheduler or a demo needs."""

import argparse
import asyncio
import sys
from collections.abc import Sequence

from portal import logs, settings
from portal.commands import COMMANDS
from portal.embedded import EmbeddedError
from portal.errors import RefusalError
from portal.settings import SettingsError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a sub-command; problems that have a sentence end with it and status 1, without a traceback."""
    parser = argparse.ArgumentParser(prog="assay", description="Supplier quality portal")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    given = sys.argv[1:] if arguments is None else list(arguments)
    for command in COMMANDS:
        sub = commands.add_parser(command.name, help=command.help, description=command.help)
        if command.name in given[:1]:
            # Only the one that is called is loaded: a help text must not wait for a web server's imports.
            command.arguments(sub)
    chosen = parser.parse_args(given)
    called = next(command for command in COMMANDS if command.name == chosen.command)
    try:
        config = settings.read()
        logs.configure(config.log_format)
        return called.run(chosen, config)
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
