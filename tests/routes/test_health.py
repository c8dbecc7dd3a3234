from contextlib import AsyncExitStack

from sqlalchemy import text

from portal.db import Database
from portal.settings import Settings
from tests.conftest import visits


async def test_liveness_answers_without_a_session(site):
    answer = await (await site(None)).get("/health/live")
    assert (answer.status_code, answer.json()) == (200, {"status": "alive"})


async def test_readiness_names_the_version_of_the_database(fresh, owner, settings):
    async with AsyncExitStack() as stack:
        browser = await (await visits(stack, fresh, settings))(None)
        answer = await browser.get("/health/ready")
        assert answer.status_code == 200
        assert answer.json()["status"] == "ready"
        async with owner.connection() as connection:
            await connection.execute(text("UPDATE alembic_version SET version_num = '0000'"))
        answer = await browser.get("/health/ready")
        assert answer.status_code == 503
        assert "Run assay migrate" in answer.json()["reason"]
        assert answer.headers["retry-after"] == "5"


async def test_without_the_database_it_lives_but_is_not_ready(settings):
    away = Database("postgresql+asyncpg://nobody@127.0.0.1:9/none", settings)
    async with AsyncExitStack() as stack:
        browser = await (await visits(stack, away, settings))(None)
        assert (await browser.get("/health/live")).status_code == 200
        assert (await browser.get("/health/ready")).status_code == 503
        page = await browser.get("/sign-in")
        assert page.status_code == 503
        assert page.headers["retry-after"] == "5"
        assert "database" in page.text


async def test_every_answer_carries_the_security_headers_also_a_404(site):
    browser = await site(None)
    for path in ("/sign-in", "/nowhere", "/health/live", "/static/portal.css", "/"):
        headers = (await browser.get(path)).headers
        assert "default-src 'none'" in headers["content-security-policy"], path
        assert headers["x-content-type-options"] == "nosniff", path
        assert len(headers["x-request-id"]) == 16, path


async def test_an_error_page_shows_the_request_id(site):
    answer = await (await site(None)).get("/nowhere")
    assert answer.status_code == 404
    assert answer.headers["x-request-id"] in answer.text


def test_the_cookie_name_is_bound_to_the_host_over_https():
    assert Settings(base_url="https://assay.example.com").cookie_name == "__Host-assay"
    assert Settings(base_url="http://127.0.0.1:8001").cookie_name == "assay_8001"
