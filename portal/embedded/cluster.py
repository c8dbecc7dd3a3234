"""Making the database, once.

Nobody is trusted: every connection is checked with SCRAM against a generated password, kept with mode 0600 in
`passwords`. Beside the superuser `postgres` there is `assay`, which owns the database `assay`, may create
databases and roles and is no superuser: as on a managed server, and row-level policies hold for it. For a
third, `assay_app`, there is a password only: the portal's migrations make that role, which owns nothing.
"""

import json
import os
import secrets
import shutil
import sys
from pathlib import Path

from portal.embedded import account as accounts
from portal.embedded.account import Account
from portal.embedded.binaries import Binaries
from portal.embedded.errors import EmbeddedError, disk_full, sentence
from portal.embedded.place import Home

NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
REWRITE = os.O_WRONLY | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
FULL = "No space left on device"
ROLES = ("assay", "assay_app", "postgres")


def make(home: Home, binaries: Binaries, account: Account, *, durable: bool) -> None:
    """Builds the cluster beside its place and moves it there when it is whole.

    Not `durable`: without waiting for the disk, which is most of the time.

    Raises:
        EmbeddedError: the disk is full or read-only, or PostgreSQL's programs fail.
    """
    if home.draft.exists():  # an earlier start was interrupted
        shutil.rmtree(home.draft)
    passwords = {name: secrets.token_urlsafe(32) for name in ROLES}
    try:
        home.draft.mkdir(mode=0o700)
        if account.dropped:
            os.chown(home.draft, account.uid, account.gid)
        _write_private(home.passwords, json.dumps(passwords))
        _initdb(home, binaries, account, durable=durable)
        _first_objects(home, binaries, account, passwords, durable=durable)
        home.draft.rename(home.cluster)
        _sync_folder(home.folder)
    except OSError as error:
        shutil.rmtree(home.draft, ignore_errors=True)
        raise sentence(error, home.asked) from None
    except BaseException:
        shutil.rmtree(home.draft, ignore_errors=True)
        raise


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _write_private(path: Path, text: str) -> None:
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, NEW_FILE, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def _initdb(home: Home, binaries: Binaries, account: Account, *, durable: bool) -> None:
    locale = ["--locale=C.UTF-8" if sys.platform == "linux" else "--locale=C"]  # macOS has no C.UTF-8
    if binaries.major >= 17:  # 16 has no provider of its own; there C.UTF-8 is the C library's
        locale += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    answer = accounts.run(
        account,
        binaries.initdb,
        *locale,
        "--encoding=UTF8",
        "--lc-messages=C",
        "--data-checksums",
        "--username=postgres",
        "--auth=reject",  # until the passwords are in
        f"--pgdata={home.draft}",
        *([] if durable else ["--no-sync"]),
    )
    _expect_success(answer.returncode, answer.stdout, home, "initdb")


def _first_objects(
    home: Home, binaries: Binaries, account: Account, passwords: dict[str, str], *, durable: bool
) -> None:
    # In single-user mode nobody can connect yet, so there is no moment without a password.
    answer = accounts.run(
        account,
        binaries.postgres,
        "--single",
        "-D",
        str(home.draft),
        "-c",
        "exit_on_error=on",
        "-c",
        f"fsync={'on' if durable else 'off'}",
        "postgres",
        stdin=f"ALTER ROLE postgres PASSWORD '{passwords['postgres']}'\n"
        f"CREATE ROLE assay LOGIN CREATEDB CREATEROLE PASSWORD '{passwords['assay']}'\n"
        "CREATE DATABASE assay OWNER assay\n",
    )
    output = answer.stdout
    for password in passwords.values():
        output = output.replace(password, "…")
    _expect_success(answer.returncode, output, home, "postgres --single")
    with os.fdopen(os.open(home.draft / "pg_hba.conf", REWRITE), "w", encoding="ascii") as file:
        file.write("local all all scram-sha-256\n")
        file.flush()
        os.fsync(file.fileno())


def _expect_success(status: int, output: str, home: Home, program: str) -> None:
    if status == 0:
        return
    if FULL in output:
        raise disk_full(home.asked)
    last = "\n".join(output.strip().splitlines()[-8:])
    raise EmbeddedError(f"The database in {home.asked} could not be made; {program} said:\n{last}")


def refuse_other_version(home: Home, binaries: Binaries) -> None:
    """Compares before PostgreSQL would refuse in its own words.

    Raises:
        EmbeddedError: the cluster was made by another major version, or is damaged.
    """
    try:
        made_by = (home.cluster / "PG_VERSION").read_text(encoding="ascii").strip()
    except FileNotFoundError:
        raise EmbeddedError(
            f"{home.cluster} holds no PG_VERSION, so it is no whole database. Restore it from a backup, or "
            "choose another data folder."
        ) from None
    except OSError as error:
        raise sentence(error, home.asked) from None
    if made_by != str(binaries.major):
        raise EmbeddedError(
            f"The database in {home.asked} was made by PostgreSQL {made_by}, but the programs found "
            f"({binaries.origin}, {binaries.folder}) are PostgreSQL {binaries.major}. Set PGBIN to the bin "
            f"folder of PostgreSQL {made_by}; or dump it with those and load the dump on a new data folder."
        )


def complete_passwords(home: Home) -> None:
    """Add what a database lacks that was made when there were fewer roles."""
    try:
        known = json.loads(home.passwords.read_text(encoding="utf-8"))
        missing = {name: secrets.token_urlsafe(32) for name in ROLES if name not in known}
        if missing:
            draft = home.passwords.with_name(f"{home.passwords.name}.new")
            _write_private(draft, json.dumps(known | missing))
            draft.replace(home.passwords)
    except OSError as error:
        raise sentence(error, home.asked) from None
    except (ValueError, TypeError):
        raise _damaged(home) from None


def password_of(home: Home, role: str) -> str:
    try:
        return str(json.loads(home.passwords.read_text(encoding="utf-8"))[role])
    except OSError as error:
        raise sentence(error, home.asked) from None
    except (ValueError, KeyError):
        raise _damaged(home) from None


def _damaged(home: Home) -> EmbeddedError:
    return EmbeddedError(f"{home.passwords} is damaged. Restore it from a backup.")
