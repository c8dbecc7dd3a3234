"""Every sub-command of `assay`; a new one adds a line here."""

from portal.commands import demo, doctor, imports, invite, migrate, scorecards, serve, trail, worker
from portal.commands.command import Command

COMMANDS: list[Command] = [
    demo.COMMAND,
    serve.COMMAND,
    worker.COMMAND,
    migrate.COMMAND,
    invite.COMMAND,
    imports.COMMAND,
    scorecards.COMMAND,
    trail.COMMAND,
    doctor.COMMAND,
]
