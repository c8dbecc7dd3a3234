"""Settings and .env.example name the same variables; a bad value gets a sentence."""

import re
from pathlib import Path

import pytest

from portal import settings

ROOT = Path(__file__).resolve().parents[2]
VARIABLE = re.compile(r'"((?:ASSAY|DATABASE)_[A-Z0-9_]+)"')


def test_every_setting_stands_in_the_example_and_nothing_else_does():
    read = set(VARIABLE.findall((ROOT / "portal/settings.py").read_text(encoding="utf-8")))
    shown = set(
        re.findall(r"^([A-Z][A-Z0-9_]+)=", (ROOT / ".env.example").read_text(encoding="utf-8"), re.MULTILINE)
    )
    assert read == shown


def test_the_example_is_a_valid_configuration():
    lines = (ROOT / ".env.example").read_text(encoding="utf-8").splitlines()
    env = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    assert settings.read(env) == settings.read({})


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("ASSAY_BASE_URL", "assay.example.com", "https://assay.example.com"),
        ("ASSAY_BASE_URL", "https://a.example/path", "https://assay.example.com"),
        ("DATABASE_URL", "mysql://x", "postgresql://"),
        ("ASSAY_POOL_SIZE", "many", "1 to 200"),
        ("ASSAY_POOL_SIZE", "0", "1 to 200"),
        ("ASSAY_SECRET_KEY", "too-short", "openssl rand"),
        ("ASSAY_OIDC_ISSUER", "http://login.example", "https://login.norrland.example"),
        ("ASSAY_OIDC_ISSUER", "https://login.example?x=1", "https://login.norrland.example"),
        ("ASSAY_LOG_FORMAT", "xml", "json, console"),
    ],
)
def test_a_value_that_makes_no_sense_is_refused_with_what_would_be_right(name, value, says):
    with pytest.raises(settings.SettingsError, match=re.escape(says)) as refused:
        settings.read({name: value})
    assert name in str(refused.value)


@pytest.mark.parametrize("given", ["postgres://u@h/d", "postgresql://u@h/d", "postgresql+asyncpg://u@h/d"])
def test_every_spelling_of_a_database_address_is_understood(given):
    assert settings.read({"DATABASE_URL": given}).database_url == "postgresql+asyncpg://u@h/d"
