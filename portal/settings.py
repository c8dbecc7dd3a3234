"""One frozen object, read once from the environment. Every variable stands in .env.example."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import parseaddr
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

# It becomes part of the pages' Content-Security-Policy, so nothing else may be in it.
_ORIGIN = re.compile(r"https?://(\[[0-9a-f:]+\]|[A-Za-z0-9.-]+)(:\d{1,5})?")
ROOT = Path(__file__).resolve().parent.parent


class SettingsError(Exception):
    """A variable holds what it can't hold; the message names it and says what would be right."""


@dataclass(frozen=True, slots=True)
class S3:
    bucket: str
    endpoint: str | None
    region: str
    access_key: str | None
    secret_key: str | None
    public_url: str = ""  # where browsers reach it; empty: they send through the portal


@dataclass(frozen=True, slots=True)
class Smtp:
    """The mail server. ``tls``: always from the first byte, required or offered by STARTTLS, or never."""

    host: str
    port: int
    user: str = ""
    password: str = field(default="", repr=False)
    tls: str = "offered"


@dataclass(frozen=True, slots=True)
class Oidc:
    """The company's own sign-in (OpenID Connect), for staff.

    ``strong`` holds the acr and amr values that count as a second factor; empty: none does.
    """

    issuer: str
    client_id: str
    client_secret: str = field(default="", repr=False)
    name: str = "company account"
    strong: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Dkim:
    """How mails are signed: the key's PEM text, and where its other half is published."""

    selector: str
    domain: str
    key: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Settings:
    """What a process is told. Paths are absolute; ``database_url`` None means the embedded server."""

    base_url: str = "http://127.0.0.1:8000"
    database_url: str | None = None
    migration_url: str | None = None  # of the tables' owner; only assay migrate takes it
    data_dir: Path = ROOT / ".assay"
    pool_size: int = 10
    pool_timeout: float = 3.0  # seconds that a request waits for a connection before it answers 503
    statement_timeout: int = 15  # seconds
    max_form_bytes: int = 1_000_000
    max_import_bytes: int = 2_000_000_000
    max_document_bytes: int = 50_000_000
    supplier_quota_bytes: int = 5_000_000_000  # of all documents of one supplier
    files_url: str = ""  # an origin of its own for what people download; empty: the portal's
    clamd: str = ""  # host:port or the path of a socket; empty: documents are not scanned for viruses
    session_idle_hours: int = 12
    session_days: int = 14
    require_second_factor: bool = True  # of staff
    secret_keys: tuple[str, ...] = field(default=(), repr=False)  # none: a file in the data folder
    trusted_proxies: frozenset[str] = field(default_factory=frozenset)
    development: bool = False
    log_format: str = "json"
    metrics_token: str | None = None
    ocr_languages: str = ""  # of scanned certificates, as tesseract names them; "": they are not read
    s3: S3 | None = None
    smtp: Smtp | None = None
    oidc: Oidc | None = None
    dkim: Dkim | None = None
    inbound_domain: str = ""  # of the addresses at which answers and delivery reports arrive
    inbound_listen: str = ""  # host:port where the worker takes mail in
    inbound_token: str | None = field(default=None, repr=False)  # of whoever brings mail by HTTP
    mail_from: str = ""  # "Norrland suppliers <suppliers@norrland.example>"; only without smtp is it empty

    @property
    def is_https(self) -> bool:
        return self.base_url.startswith("https://")

    @property
    def cookie_name(self) -> str:
        """``__Host-`` needs HTTPS. Over HTTP the port is in the name: two copies share a host."""
        return "__Host-assay" if self.is_https else f"assay_{urlsplit(self.base_url).port or 80}"

    def idle_since(self, now: datetime) -> datetime:
        """Sessions last seen before this instant have been left alone for too long."""
        return now - timedelta(hours=self.session_idle_hours)

    @property
    def documents_dir(self) -> Path:
        return self.data_dir / "documents"


def read(env: Mapping[str, str] | None = None) -> Settings:
    """Read the settings; raise SettingsError with a sentence for a value that makes no sense."""
    env = os.environ if env is None else env
    return Settings(
        base_url=_base_url(env),
        database_url=_database_url(env, "DATABASE_URL"),
        migration_url=_database_url(env, "ASSAY_MIGRATION_URL"),
        data_dir=Path(env.get("ASSAY_DATA_DIR") or ROOT / ".assay").expanduser().absolute(),
        pool_size=_number(env, "ASSAY_POOL_SIZE", 10, 1, 200),
        statement_timeout=_number(env, "ASSAY_STATEMENT_TIMEOUT", 15, 1, 600),
        max_import_bytes=_number(env, "ASSAY_MAX_IMPORT_MB", 2000, 1, 100_000) * 1_000_000,
        max_document_bytes=_number(env, "ASSAY_MAX_DOCUMENT_MB", 50, 1, 5000) * 1_000_000,
        supplier_quota_bytes=_number(env, "ASSAY_SUPPLIER_QUOTA_MB", 5000, 1, 10_000_000) * 1_000_000,
        files_url=_files_url(env),
        clamd=_clamd(env),
        session_idle_hours=_number(env, "ASSAY_SESSION_IDLE_HOURS", 12, 1, 24 * 30),
        session_days=_number(env, "ASSAY_SESSION_DAYS", 14, 1, 365),
        require_second_factor=_one_of(env, "ASSAY_REQUIRE_SECOND_FACTOR", _unless_developing(env), ("0", "1"))
        == "1",
        secret_keys=_secret_keys(env),
        trusted_proxies=frozenset(env.get("ASSAY_TRUSTED_PROXIES", "").replace(",", " ").split()),
        development=env.get("ASSAY_DEVELOPMENT", "") == "1",
        log_format=_one_of(env, "ASSAY_LOG_FORMAT", "json", ("json", "console")),
        metrics_token=env.get("ASSAY_METRICS_TOKEN") or None,
        ocr_languages=_ocr_languages(env),
        s3=_s3(env),
        smtp=(smtp := _smtp(env)),
        oidc=_oidc(env),
        mail_from=_mail_from(env, required=smtp is not None),
        dkim=_dkim(env),
        inbound_domain=(domain := _inbound_domain(env)),
        inbound_listen=_inbound_listen(env, domain),
        inbound_token=env.get("ASSAY_INBOUND_TOKEN") or None,
    )


def _unless_developing(env: Mapping[str, str]) -> str:
    """While developing and in the demo one signs in with a password alone."""
    return "0" if env.get("ASSAY_DEVELOPMENT", "") == "1" else "1"


def _base_url(env: Mapping[str, str]) -> str:
    value = (env.get("ASSAY_BASE_URL") or "http://127.0.0.1:8000").rstrip("/")
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path:
        raise SettingsError(
            f"ASSAY_BASE_URL is “{value}”. Give the address people type, for example https://assay.example.com."
        )
    return value


def _database_url(env: Mapping[str, str], name: str) -> str | None:
    value = env.get(name, "").strip()
    if not value:
        return None
    scheme, found, rest = value.partition("://")
    if not found or scheme.partition("+")[0] not in {"postgres", "postgresql"}:
        raise SettingsError(
            f"{name} must start with postgresql://. Without DATABASE_URL the embedded PostgreSQL is used."
        )
    return f"postgresql+asyncpg://{rest}"


def _number(env: Mapping[str, str], name: str, default: int, low: int, high: int) -> int:
    value = env.get(name, "").strip()
    if not value:
        return default
    if not value.isascii() or not value.isdigit() or not low <= int(value) <= high:
        raise SettingsError(f"{name} is “{value}”. Give a whole number from {low} to {high}.")
    return int(value)


def _one_of(env: Mapping[str, str], name: str, default: str, options: tuple[str, ...]) -> str:
    value = env.get(name) or default
    if value not in options:
        raise SettingsError(f"{name} is “{value}”. Give one of: {', '.join(options)}.")
    return value


def _secret_keys(env: Mapping[str, str]) -> tuple[str, ...]:
    keys = tuple(env.get("ASSAY_SECRET_KEY", "").split())
    if any(len(key) < 32 for key in keys):
        raise SettingsError(
            "ASSAY_SECRET_KEY holds a key of less than 32 characters. Make one with: openssl rand -base64 32"
        )
    return keys


def _ocr_languages(env: Mapping[str, str]) -> str:
    value = env.get("ASSAY_OCR_LANGUAGES", "").strip()
    if value and not re.fullmatch(r"[a-z]{3}(_[a-z]+)?(\+[a-z]{3}(_[a-z]+)?)*", value):
        raise SettingsError(
            f"ASSAY_OCR_LANGUAGES is “{value}”. Give languages as tesseract names them, for example eng+deu."
        )
    return value


def _s3(env: Mapping[str, str]) -> S3 | None:
    bucket = env.get("ASSAY_S3_BUCKET", "").strip()
    if not bucket:
        return None
    return S3(
        bucket=bucket,
        endpoint=env.get("ASSAY_S3_ENDPOINT") or None,
        region=env.get("ASSAY_S3_REGION") or "us-east-1",
        access_key=env.get("ASSAY_S3_ACCESS_KEY") or None,
        secret_key=env.get("ASSAY_S3_SECRET_KEY") or None,
        public_url=_public_url(env),
    )


def _public_url(env: Mapping[str, str]) -> str:
    value = env.get("ASSAY_S3_PUBLIC_URL", "").strip().rstrip("/")
    if value and not _ORIGIN.fullmatch(value):
        raise SettingsError(
            f"ASSAY_S3_PUBLIC_URL is “{value}”. Give the store's address as browsers reach it, for example"
            " https://store.assay.example.net, or leave it empty: files then come through the portal."
        )
    return value


def _files_url(env: Mapping[str, str]) -> str:
    value = env.get("ASSAY_FILES_URL", "").strip().rstrip("/")
    parts = urlsplit(value)
    if value and (parts.scheme not in {"http", "https"} or not parts.hostname or parts.path):
        raise SettingsError(
            f"ASSAY_FILES_URL is “{value}”. Give a second address of the portal, for example"
            " https://files.assay.example.net, or leave it empty."
        )
    return value


def _clamd(env: Mapping[str, str]) -> str:
    value = env.get("ASSAY_CLAMD", "").strip()
    host, _, port = value.rpartition(":")
    if value and not value.startswith("/") and not (host and port.isascii() and port.isdigit()):
        raise SettingsError(
            f"ASSAY_CLAMD is “{value}”. Give the scanner's address as host:3310, or the path of its socket."
        )
    return value


def _smtp(env: Mapping[str, str]) -> Smtp | None:
    value = env.get("ASSAY_SMTP_URL", "").strip()
    if not value:
        return None
    wrong = SettingsError(
        "ASSAY_SMTP_URL must look like smtps://user:password@host:465 or smtp://host:587?starttls=required."
        " Write letters such as @ and / in the password as %40 and %2F."
    )
    try:
        parts = urlsplit(value)
        port = parts.port
    except ValueError:
        raise wrong from None
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname or parts.path not in {"", "/"}:
        raise wrong
    if parts.scheme == "smtps":
        tls = "always"
    else:
        # A password never travels in the clear unless somebody asks for exactly that.
        default = "required" if parts.password else "offered"
        tls = parse_qs(parts.query).get("starttls", [default])[0]
    if tls not in {"always", "required", "offered", "never"} or (tls == "always" and parts.scheme == "smtp"):
        raise SettingsError("ASSAY_SMTP_URL: starttls is one of required, offered and never.")
    return Smtp(
        host=parts.hostname,
        port=port or {"always": 465, "required": 587}.get(tls, 25),
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        tls=tls,
    )


def _oidc(env: Mapping[str, str]) -> Oidc | None:
    issuer = env.get("ASSAY_OIDC_ISSUER", "").strip()
    if not issuer:
        return None
    parts = urlsplit(issuer)
    here = parts.hostname in {"127.0.0.1", "localhost", "::1"}
    if (
        not parts.hostname
        or parts.query
        or parts.fragment
        or not (parts.scheme == "https" or (parts.scheme == "http" and here))
    ):
        raise SettingsError(
            f"ASSAY_OIDC_ISSUER is “{issuer}”. Give the issuer as the provider writes it, for example"
            " https://login.norrland.example/realms/norrland."
        )
    client_id = env.get("ASSAY_OIDC_CLIENT_ID", "").strip()
    if not client_id:
        raise SettingsError("ASSAY_OIDC_CLIENT_ID is empty. Give the id under which the provider knows us.")
    return Oidc(
        issuer=issuer,
        client_id=client_id,
        client_secret=env.get("ASSAY_OIDC_CLIENT_SECRET", ""),
        name=env.get("ASSAY_OIDC_NAME", "").strip() or "company account",
        strong=frozenset(env.get("ASSAY_OIDC_SECOND_FACTOR", "").split()),
    )


def _mail_from(env: Mapping[str, str], *, required: bool) -> str:
    value = env.get("ASSAY_MAIL_FROM", "").strip()
    if not value and not required:
        return ""
    if not re.fullmatch(r"[\x21-\x7e]+@[^@\s]+", parseaddr(value)[1]) or not value.isprintable():
        raise SettingsError(
            f"ASSAY_MAIL_FROM is “{value}”. Give the sender of all mails, for example"
            " Norrland suppliers <suppliers@norrland.example>."
        )
    return value


def _dkim(env: Mapping[str, str]) -> Dkim | None:
    file = env.get("ASSAY_DKIM_KEY_FILE", "").strip()
    if not file:
        return None
    domain, selector = env.get("ASSAY_DKIM_DOMAIN", "").strip(), env.get("ASSAY_DKIM_SELECTOR", "").strip()
    if not domain or not selector:
        raise SettingsError("ASSAY_DKIM_KEY_FILE needs ASSAY_DKIM_DOMAIN and ASSAY_DKIM_SELECTOR as well.")
    try:
        key = Path(file).read_bytes()
    except OSError as error:
        raise SettingsError(f"ASSAY_DKIM_KEY_FILE: {file} cannot be read ({error.strerror}).") from None
    if b"PRIVATE KEY" not in key:
        raise SettingsError(f"ASSAY_DKIM_KEY_FILE: {file} holds no private key in PEM form.")
    return Dkim(selector, domain, key)


def _inbound_domain(env: Mapping[str, str]) -> str:
    value = env.get("ASSAY_INBOUND_DOMAIN", "").strip().lower()
    if value and not re.fullmatch(r"[a-z0-9]([a-z0-9.-]{0,250}[a-z0-9])?", value):
        raise SettingsError(
            f"ASSAY_INBOUND_DOMAIN is “{value}”. Give the part after the @, for example in.norrland.example."
        )
    return value


def _inbound_listen(env: Mapping[str, str], domain: str) -> str:
    value = env.get("ASSAY_INBOUND_LISTEN", "").strip()
    host, _, port = value.rpartition(":")
    if value and (not host or not port.isascii() or not port.isdigit() or int(port) > 65535):
        raise SettingsError(f"ASSAY_INBOUND_LISTEN is “{value}”. Give host:port, for example 127.0.0.1:2525.")
    if value and not domain:
        raise SettingsError("ASSAY_INBOUND_LISTEN needs ASSAY_INBOUND_DOMAIN as well.")
    return value
