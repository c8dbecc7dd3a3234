"""Every sub-command of `assay`; a new one adds a line here."""

from portal.commands.command import Command

COMMANDS = (
    Command("demo", "Try everything with made-up data on this machine.", "demo"),
    Command("serve", "Serve the website.", "serve"),
    Command("worker", "Run jobs: imports, recounts, what is due by night.", "worker"),
    Command("migrate", "Bring the database to the version of this program.", "migrate"),
    Command("invite", "Invite an administrator: the way into an empty portal.", "invite"),
    Command("import", "Import deliveries, inspections or nonconformances from a file.", "imports"),
    Command("scorecards", "Rate suppliers, rebuild or recount the monthly sums.", "scorecards"),
    Command("trail", "Seal, verify or export what happened to every record.", "trail"),
    Command("doctor", "Say what is configured, reachable and too old, and what to do.", "doctor"),
)
