"""compose.yaml says what production needs. No container engine runs it here: it is read, not started."""

import re
from pathlib import Path

import pytest

yaml = pytest.importorskip("yaml")
ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "compose.yaml").read_text(encoding="utf-8")
COMPOSE = yaml.safe_load(TEXT)
SECRETS = (
    *("POSTGRES_PASSWORD", "ASSAY_APP_PASSWORD", "ASSAY_SECRET_KEY"),
    *("ASSAY_S3_ACCESS_KEY", "ASSAY_S3_SECRET_KEY"),
)


def test_every_service_that_stays_up_has_a_health_check_or_is_the_worker():
    for name, service in COMPOSE["services"].items():
        if service.get("restart") != "no" and name != "worker":
            assert service["healthcheck"]["test"], name


def test_no_secret_has_a_default():
    for secret in SECRETS:
        uses = re.findall(rf"\$\{{{secret}[^}}]*\}}", TEXT)
        assert uses, secret
        assert all(":?" in use for use in uses), uses


def test_the_portal_settings_are_settings_that_exist():
    example = set(
        re.findall(r"^([A-Z][A-Z0-9_]+)=", (ROOT / ".env.example").read_text(encoding="utf-8"), re.MULTILINE)
    )
    for name in ("migrate", "web", "worker"):
        assert set(COMPOSE["services"][name]["environment"]) <= example


def test_only_the_migration_knows_the_owner_of_the_tables():
    for name in ("web", "worker"):
        told = COMPOSE["services"][name]["environment"]
        assert "POSTGRES_PASSWORD" not in str(told)
        assert "ASSAY_MIGRATION_URL" not in told
        assert told["DATABASE_URL"].startswith("postgresql://assay_app:")
    assert "//assay:" in COMPOSE["services"]["migrate"]["environment"]["ASSAY_MIGRATION_URL"]


def test_web_and_worker_start_after_the_migration():
    for name in ("web", "worker"):
        after = COMPOSE["services"][name]["depends_on"]["migrate"]
        assert after["condition"] == "service_completed_successfully"


def test_nothing_is_published_beyond_this_machine():
    for name, service in COMPOSE["services"].items():
        for port in service.get("ports", []):
            assert port.startswith("127.0.0.1:"), name
