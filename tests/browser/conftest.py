"""A real server with the sample data, and Chromium driven by Playwright.

Playwright's own browser cannot be fetched everywhere, so the system's Chromium is used. Where there is
none the tests skip and say which command would enable them.
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.async_api import Browser, ConsoleMessage, Page, async_playwright, expect

ROOT = Path(__file__).resolve().parents[2]
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# No guess at how long something takes, only the end of waiting: the machine may be busy.
expect.set_options(timeout=60_000)
DESKTOP, PHONE = (1440, 900), (390, 844)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/browser" in item.path.as_posix():
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def chromium() -> str:
    found = os.environ.get("ASSAY_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if not found:
        pytest.skip("Chromium is not installed; as root, apt-get install chromium enables the browser tests")
    return found


@pytest.fixture(scope="session")
def live(demo_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a running portal with the sample data, started as in production."""
    with portal(demo_url, tmp_path_factory.mktemp("live")) as address:
        yield address


@contextmanager
def portal(
    database_url: str, folder: Path, *, worker: bool = False, settings: dict[str, str] | None = None
) -> Iterator[str]:
    """Run the website, and a worker where jobs are wanted, over a migrated database."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    env = {
        **os.environ,
        "DATABASE_URL": database_url.replace("postgresql+asyncpg://", "postgresql://"),
        "ASSAY_BASE_URL": address,
        "ASSAY_DATA_DIR": str(folder),
        "ASSAY_DEVELOPMENT": "1",
        **(settings or {}),
    }
    commands = [["serve", "--port", str(port)], *([["worker"]] if worker else [])]
    with (folder / "log").open("wb") as log:
        processes = [
            subprocess.Popen(
                [sys.executable, "-m", "portal.cli", *each], cwd=ROOT, env=env, stdout=log, stderr=log
            )
            for each in commands
        ]
    try:
        _wait_until_ready(address, processes[0], folder / "log")
        yield address
    finally:
        for process in processes:
            process.send_signal(signal.SIGTERM)
        for process in processes:
            process.wait(timeout=60)


def _wait_until_ready(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + 180
    while time.monotonic() < end:
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(f"{address}/health/ready", timeout=2):
                return
        except OSError:
            time.sleep(0.1)
    pytest.fail(f"The portal did not start:\n{log.read_text()[-2000:]}")


@pytest.fixture(scope="session")
async def chrome(chromium: str) -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield browser
        await browser.close()


@dataclass
class Visitor:
    """A page of a signed-in person, and everything that the browser complained about meanwhile."""

    page: Page
    address: str
    complaints: list[str] = field(default_factory=list)

    async def go(self, path: str) -> None:
        answer = await self.page.goto(self.address + path)
        assert answer is not None
        assert answer.status < 400, f"{path} answered {answer.status}"

    async def is_no_wider_than_the_screen(self) -> bool:
        return bool(await self.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


Open = Callable[..., Awaitable[Visitor]]


@pytest.fixture
async def visitor(live: str, chrome: Browser) -> AsyncIterator[Open]:
    """Sign people in by the form; size, and JavaScript off, where the story wants it."""
    contexts = []

    async def visit(
        email: str = "",
        password: str = "",
        *,
        size: tuple[int, int] = DESKTOP,
        javascript: bool = True,
        at: str = live,
    ) -> Visitor:
        context = await chrome.new_context(
            viewport={"width": size[0], "height": size[1]},
            java_script_enabled=javascript,
            locale="en-GB",
            timezone_id="Europe/Berlin",
            # A colour half way between light and dark is nobody's.
            reduced_motion="reduce",
        )
        contexts.append(context)
        page = await context.new_page()
        found = Visitor(page, at)

        def note(message: ConsoleMessage) -> None:
            if message.type in {"error", "warning"}:
                found.complaints.append(message.text)

        page.on("console", note)
        page.on("pageerror", lambda error: found.complaints.append(str(error)))
        if email:
            await found.go("/sign-in")
            await page.get_by_label("Work e-mail").fill(email)
            await page.get_by_label("Password").fill(password)
            await page.get_by_role("button", name="Sign in").click()
            await page.wait_for_url(lambda url: "/sign-in" not in url)
        return found

    yield visit
    for context in contexts:
        await context.close()
