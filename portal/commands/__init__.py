"""Every sub-command of `assay`; a new one adds a line here."""

from portal.commands import doctor, migrate, serve, worker
from portal.commands.command import Command

COMMANDS: list[Command] = [
    serve.COMMAND,
    worker.COMMAND,
    migrate.COMMAND,
    doctor.COMMAND,
]
