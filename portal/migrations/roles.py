"""The roles that policies are written for, and who may take them. They belong to the server, not to one
database, so migrations rely on them and this makes them, each time anew where something is missing.
"""

import base64
import hashlib
import hmac
import secrets
import unicodedata

from sqlalchemy import URL, Connection, text
from sqlalchemy.exc import ProgrammingError

from portal.access.roles import APP, GATE, STAFF, TAKEN
from portal.errors import NotReadyError

_ROUNDS = 4096
_FORBIDDEN = "42501"


def prepare(connection: Connection) -> None:
    """Make the roles; whoever migrates sees every row, as the policies force even the tables' owner."""
    for role in (APP, *TAKEN):
        if not _exists(connection, role):
            _run(connection, f"CREATE ROLE {role} NOLOGIN")
    for role in TAKEN:
        # Taken on purpose, never had by the way.
        _grant(connection, role, APP, inherit=False)
    _grant(connection, STAFF, _me(connection), inherit=True)
    # It locks the secrets of authenticator apps anew, which are read at the gate.
    _grant(connection, GATE, _me(connection), inherit=False)


def admit(connection: Connection, url: URL) -> None:
    """Let the login of an address work with the data, making it if need be; its password is the address's."""
    login = url.username or _me(connection)
    owns = login == _me(connection)
    if not _exists(connection, login):
        _run(connection, f"CREATE ROLE {_quoted(connection, login)} NOLOGIN")
    if url.password and not owns and _rules(connection, login):
        secret = _scram(str(url.password))
        _run(connection, f"ALTER ROLE {_quoted(connection, login)} LOGIN PASSWORD '{secret}'")
    if login != APP:
        # One login for everything still takes the roles that see less.
        _grant(connection, APP, login, inherit=not owns)


def _grant(connection: Connection, role: str, to: str, *, inherit: bool) -> None:
    has = connection.execute(
        text(
            "SELECT true FROM pg_auth_members WHERE roleid = CAST(CAST(:role AS text) AS regrole)"
            " AND member = (SELECT oid FROM pg_roles WHERE rolname = :to)"
            " AND inherit_option = :inherit AND set_option"
        ),
        {"role": role, "to": to, "inherit": inherit},
    ).first()
    if not has:
        _run(
            connection,
            f"GRANT {role} TO {_quoted(connection, to)} WITH INHERIT {str(inherit).upper()}, SET TRUE",
        )


def _run(connection: Connection, statement: str) -> None:
    try:
        connection.exec_driver_sql(statement)
    except ProgrammingError as error:
        if getattr(error.orig, "sqlstate", None) != _FORBIDDEN:
            raise
        shown = statement.partition(" PASSWORD ")[0]
        raise NotReadyError(
            f"The database role “{_me_after(connection)}” may not do this: {shown}. Let a superuser run it once,"
            " or give that role CREATEROLE, then run assay migrate again."
        ) from None


def _me_after(connection: Connection) -> str:
    connection.rollback()
    return _me(connection)


def _me(connection: Connection) -> str:
    return str(connection.execute(text("SELECT current_user")).scalar_one())


def _exists(connection: Connection, role: str) -> bool:
    found = connection.execute(text("SELECT true FROM pg_roles WHERE rolname = :role"), {"role": role})
    return found.first() is not None


def _rules(connection: Connection, role: str) -> bool:
    """Whether we may give that role a password: we made it, or are a superuser."""
    found = connection.execute(
        text(
            "SELECT rolsuper OR pg_has_role(current_user, CAST(:role AS name), 'MEMBER WITH ADMIN OPTION')"
            " FROM pg_roles WHERE rolname = current_user"
        ),
        {"role": role},
    )
    return bool(found.scalar_one())


def _quoted(connection: Connection, role: str) -> str:
    return connection.dialect.identifier_preparer.quote_identifier(role)


def _scram(password: str) -> str:
    """What PostgreSQL keeps of a password (RFC 5803): the password itself is neither sent nor logged."""
    salt = secrets.token_bytes(16)
    salted = hashlib.pbkdf2_hmac("sha256", unicodedata.normalize("NFKC", password).encode(), salt, _ROUNDS)
    client = hmac.digest(salted, b"Client Key", "sha256")
    stored = base64.b64encode(hashlib.sha256(client).digest()).decode()
    server = base64.b64encode(hmac.digest(salted, b"Server Key", "sha256")).decode()
    return f"SCRAM-SHA-256${_ROUNDS}:{base64.b64encode(salt).decode()}${stored}:{server}"
